"""Run the vendor's own tests of the pinned SDK against the embedded workspace and write docs/conformance.md."""

import argparse
import sys
import time
from collections import Counter

from tests.conformance import report, vendor
from tests.conformance.outcomes import Outcome, classify
from tests.conformance.run_suite import run_suite
from tests.conformance.suites import SUITES


def main() -> int:
    """Run all suites, or those named; return 1 where a test failed for no known reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", metavar="SUITE", help=f"one of: {', '.join(SUITES)}; all when none is named"
    )
    parser.add_argument("-k", default="", metavar="EXPRESSION", help="only tests that match, as for pytest")
    asked = parser.parse_args()
    if unknown := [name for name in asked.suites if name not in SUITES]:
        parser.error(f"no suite {', '.join(unknown)}; there are: {', '.join(SUITES)}")
    began = time.monotonic()
    try:
        checkout = vendor.checkout()
        project = vendor.unpack(vendor.fetch_sdist(), vendor.CACHE / "project")
        tools, added = vendor.install_tools(), vendor.add_configs(project, checkout)
        configs = f"{added} files of a checkout, digest {vendor.digest_of(checkout)}"
    except vendor.VendorError as error:
        print(error, file=sys.stderr)
        return 2
    outcomes: dict[str, list[Outcome]] = {}
    for suite in asked.suites or SUITES:
        records = run_suite(project, tools, SUITES[suite], asked.k)
        outcomes[suite] = [classify(record, project) for record in records]
        _tell(suite, outcomes[suite])
    if not asked.suites and not asked.k:
        report.write(report.render(outcomes, vendor.pin(), configs, time.monotonic() - began))
    return int(any(report.unexplained(tests) for tests in outcomes.values()))


def _tell(suite: str, outcomes: list[Outcome]) -> None:
    counts = Counter(outcome.kind for outcome in outcomes)
    print(f"{suite}: {len(outcomes)} tests; " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    for outcome in outcomes:
        if outcome.kind != "passed":
            print(f"  {outcome.kind}: {report.short(outcome.test)}: {outcome.reason}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
