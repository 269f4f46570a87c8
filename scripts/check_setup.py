"""Check whether the set-up is complete, and show how to complete it."""

import os

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.setup_check.azure import PLACE
from scripts.lib.setup_check.check import as_result, render, require_complete
from scripts.lib.setup_check.examination import check_setup
from scripts.lib.setup_check.subjects import subjects
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target


@command()
@problem_option
@workspace_options
def main(endpoint: str, target: Target) -> None:
    """Check what a release needs by doing it, each no with the command that mends it; exit 8 when something is missing.

    It writes a blob and deletes it; where there is no endpoint yet, it creates one and deletes it.

    Example: python -m scripts.check_setup
    """
    place = (target.subscription_id or "", target.resource_group or "", target.workspace_name or "")
    environment = {**os.environ, **dict(zip(PLACE, place, strict=True))}
    checks = check_setup(environment, endpoint)
    registered = subjects(environment)
    for check in checks:
        results.tell(f"{check.status:8}{check.name}: {check.found}")
    results.emit(as_result(checks, registered), render(checks, registered))
    require_complete(checks)


if __name__ == "__main__":
    main()
