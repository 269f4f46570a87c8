"""Run the public samples of a checkout of azureml-examples against the embedded workspace and write docs/samples.md."""

import argparse
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.notebook.runner import REPOSITORY
from tests.samples import report
from tests.samples.outcomes import KINDS, Outcome, fault_of, reasons, stale
from tests.samples.run_sample import run_sample
from tests.samples.selection import NoCheckout, Sample, find_checkout, samples_of

RESULTS = REPOSITORY / ".cache" / "samples"
REGISTRIES = Path(__file__).with_name("registries")


def main() -> int:
    """Run the samples; return 1 if one fails by our fault or a reason is stale, 2 if they cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.samples", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="only samples with TEXT in their path; no table"
    )
    parser.add_argument("--workers", type=int, default=1, help="samples at the same time")
    parser.add_argument("--seconds", type=float, default=600, help="time limit of a sample")
    parser.add_argument("--again", action="store_true", help="run also those that have run before")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the workspaces of samples in this folder")
    arguments = parser.parse_args()
    try:
        checkout = find_checkout()
        samples = samples_of(checkout)
        if not arguments.only:
            report.refuse_poorer(samples)
    except (NoCheckout, report.Poorer) as error:
        print(error, file=sys.stderr)
        return 2
    chosen = [each for each in samples if not arguments.only or any(text in each.path for text in arguments.only)]
    os.environ["AZUREML_EMULATOR_REGISTRIES"] = str(REGISTRIES)
    RESULTS.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(arguments.workers) as pool:
        outcomes = list(pool.map(lambda each: _outcome(each, checkout, arguments), chosen))
    known = reasons()
    outdated = stale(outcomes, known) if not arguments.only else []
    ours = [each for each in outcomes if each.kind == "failed" and fault_of(each, known) == "ours"]
    if not arguments.only:
        report.write(report.render(outcomes, known))
    counts = Counter(each.kind for each in outcomes)
    print(", ".join(f"{counts[kind]} {kind}" for kind in KINDS) + f"; {len(ours)} failed by our fault")
    for line in outdated:
        print(f"stale reason: {line}")
    return int(bool(ours or outdated))


def _outcome(sample: Sample, checkout: Path, arguments: argparse.Namespace) -> Outcome:
    """Return the outcome of an earlier run, or run the sample and store its outcome."""
    name = sample.path.replace("/", "+")
    stored = RESULTS / f"{name}.json"
    if stored.exists() and not arguments.again:
        return Outcome(**json.loads(stored.read_text()))
    keep = arguments.keep.resolve() / name if arguments.keep else None
    outcome = run_sample(sample, checkout, arguments.seconds, keep)
    stored.write_text(json.dumps(outcome.record(), indent=1))
    print(
        f"{time.strftime('%H:%M:%S')} {outcome.kind}: {sample.path} ({outcome.seconds} s) {outcome.reason}", flush=True
    )
    return outcome


if __name__ == "__main__":
    sys.exit(main())
