"""Run the article's notebook, from a checkout of azureml-examples, against the embedded workspace."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.notebook.runner import Endpoint, Run, downloaded, run_notebook
from tests.notebook.substitutes import substitute

VARIABLE = "AZUREML_EXAMPLES"
NOTEBOOK = "sdk/python/endpoints/batch/deploy-pipelines/training-with-components/sdk-deploy-and-test.ipynb"
OUTPUTS = {"transformations_output", "model", "evaluation_results"}
_SECONDS = 900


def main() -> int:
    """Run it; return 0 when its last cell has run, the new deployment was made the default and the old one deleted."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebook", description=__doc__)
    parser.add_argument("--sample-components", action="store_true", help="run the sample's own components, not ours")
    own = parser.parse_args().sample_components
    place = Path(os.environ.get(VARIABLE, "")).expanduser() / NOTEBOOK
    if VARIABLE not in os.environ or not place.is_file():
        print(f"{VARIABLE} must name a checkout of azureml-examples; there is no {place}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        return tell(run_notebook(place, Path(folder), _SECONDS, None if own else _substitute))


def _substitute(work: Path) -> None:
    for line in substitute(work):
        print(f"in place of the sample's {line}")


def tell(run: Run) -> int:
    """Print what the notebook did; return 1 when it did not end as the article says."""
    for cell in run.cells:
        installed = f"; installed for it: {', '.join(cell['installs'])}" if cell["installs"] else ""
        print(f"cell {cell['cell']}: {'failed' if cell['error'] else 'ran'}, {cell['seconds']} s{installed}")
    print("jobs: " + ", ".join(f"{name} {status}" for name, status in run.jobs.items()))
    if run.failed:
        print(run.output[-6000:])
        return 1
    endpoint = next(iter(run.endpoints.values()))
    print(f"endpoint {endpoint.name}: default {' → '.join(endpoint.defaults)}; deleted: {', '.join(endpoint.deleted)}")
    arrived = downloaded(run)
    print("downloaded: " + ", ".join(f"{name} ({files} files)" for name, files in arrived.items()))
    return int(not (ended_well(endpoint) and set(run.jobs.values()) == {"Completed"} and set(arrived) == OUTPUTS))


def ended_well(endpoint: Endpoint) -> bool:
    """Tell whether the second deployment became the default, the first one was deleted, and then the endpoint."""
    if len(endpoint.created) != 2:
        return False
    old, new = endpoint.created
    return endpoint.defaults == [old, new] and endpoint.deleted == [old] and endpoint.removed


if __name__ == "__main__":
    sys.exit(main())
