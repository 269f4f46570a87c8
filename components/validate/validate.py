"""Validate the rows of a folder where they lie, by the release line's own code."""

import argparse
import sys
from pathlib import Path
from types import ModuleType

from refusal import Refused, require_one_process

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Parse the arguments and validate; what is wrong with the data is told in the output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV or Parquet files")
    parser.add_argument("--called", required=True, help="what people call the data")
    parser.add_argument("--before", type=Path, help="profile of earlier data to compare with")
    parser.add_argument("--validation", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    try:
        require_one_process("Validating rows")
    except Refused as refusal:
        sys.exit(f"validate refused its input: {refusal}")
    _find_rooms()
    from scripts.lib.data.in_place import validate_here

    validate_here(arguments.data, arguments.called, HERE / "datapackage.json", arguments.before, arguments.validation)


def _find_rooms() -> None:
    """Let the rooms of ``scripts/lib`` that lie beside this file be imported by the names that they have there."""
    for name in ("scripts", "scripts.lib"):
        package = ModuleType(name)
        package.__path__ = [str(HERE)]
        sys.modules[name] = package


if __name__ == "__main__":
    main()
