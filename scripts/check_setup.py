"""Say whether this set-up is complete, and what to do where it is not."""

import os

import click

from scripts.lib import results
from scripts.lib.doctor.azure import PLACE
from scripts.lib.doctor.check import as_result, render, require_complete
from scripts.lib.doctor.examination import diagnose
from scripts.lib.doctor.subjects import subjects


@click.command()
@click.option("--subscription-id", envvar="AZURE_SUBSCRIPTION_ID", help="Subscription of the workspace.")
@click.option("--resource-group", envvar="AZURE_RESOURCE_GROUP", help="Resource group of the workspace.")
@click.option("--workspace-name", envvar="AZURE_ML_WORKSPACE", help="Name of the workspace.")
def main(subscription_id: str | None, resource_group: str | None, workspace_name: str | None) -> None:
    """Examine machine, variables, sign-in, workspace, rights and quota; exit 8 when something is missing.

    Example: python -m scripts.check_setup
    """
    place = (subscription_id or "", resource_group or "", workspace_name or "")
    environment = {**os.environ, **dict(zip(PLACE, place, strict=True))}
    checks = diagnose(environment)
    registered = subjects(environment)
    for check in checks:
        results.tell(f"{check.status:8}{check.name}: {check.found}")
    results.emit(as_result(checks, registered), render(checks, registered))
    require_complete(checks)


if __name__ == "__main__":
    main()
