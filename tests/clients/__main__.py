"""Run the line of each version of the clients against one served workspace and write its table."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import generated
from tests.clients.matrix import Row, clients, install, run, table
from tests.notebook.runner import REPOSITORY
from tests.notebook.served import served_workspace

DOCUMENT = REPOSITORY / "docs" / "emulator_clients.md"
PROGRAM = "make clients"


def main() -> int:
    """Run all clients, or those named; return 1 where one cannot be installed, and then leave the table as it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="only clients with TEXT in their name; no table"
    )
    asked = parser.parse_args()
    chosen = [each for each in clients() if not asked.only or any(text in each.tag for text in asked.only)]
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="clients-") as folder,
        served_workspace(Path(folder), lambda request, response: None) as served,
    ):
        for client in chosen:
            try:
                python = install(client)
            except subprocess.CalledProcessError as error:
                print(f"{client.tag} cannot be installed: {error}", file=sys.stderr)
                return 1
            row = run(client, python, served)
            rows.append(row)
            failed = {deed: error for deed, error in row.errors.items() if error}
            print(f"{row.package} {row.version}: {failed or 'all done'}", flush=True)
    if not asked.only:
        generated.write(DOCUMENT, PROGRAM, table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
