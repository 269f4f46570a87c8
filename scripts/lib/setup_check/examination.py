"""Check a set-up: the machine always, variables and Azure where a variable of Azure is set."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.lib.data.source import default_path
from scripts.lib.repository.problem import find_problem
from scripts.lib.setup_check.azure import PLACE, check_azure
from scripts.lib.setup_check.check import Check, result
from scripts.lib.workspace.connection import Target, connect

IDENTITY = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")


def check_setup(environment: Mapping[str, str], endpoint: str) -> list[Check]:
    """Return the checks of this machine, of the variables where one of Azure is set, and of the workspace."""
    checks = list(check_machine(environment, endpoint))
    if any(check.name == "state folder" and check.status == "missing" for check in checks):
        return checks
    if not any(environment.get(name) for name in PLACE + IDENTITY):
        return [*checks, *check_azure(connect(Target()), environment, endpoint)]
    variables = list(check_variables(environment))
    checks += variables
    if not any(check.status == "missing" for check in variables):
        checks += check_azure(connect(Target(*(environment[name] for name in PLACE))), environment, endpoint)
    return checks


def check_machine(environment: Mapping[str, str], endpoint: str) -> Iterator[Check]:
    """Check what every command needs, wherever it runs."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield result("Python", sys.version_info >= (3, 10), version, "install Python 3.10 or newer")
    git = shutil.which("git")
    yield result("git", git is not None, git or "not on PATH", "install git: evidence names the commit")
    state = Path(environment.get("AZUREML_LOCAL_STATE") or ".azureml-local")
    holder = next(folder for folder in (state, *state.absolute().parents) if folder.exists())
    usable = os.access(holder, os.W_OK) and holder.is_dir()
    yield result("state folder", usable, str(state), f"make {holder} writable, or set AZUREML_LOCAL_STATE")
    problem = find_problem(endpoint)
    data = default_path(problem)
    yield result(
        "data", data.exists(), os.path.relpath(data), f"put the data at {data}, or python -m scripts.fetch_data"
    )


def check_variables(environment: Mapping[str, str]) -> Iterator[Check]:
    """Check the variables that name a workspace; inside GitHub Actions also those of the identity."""
    needed = PLACE + IDENTITY if environment.get("GITHUB_ACTIONS") else PLACE
    for name in needed:
        value = environment.get(name, "")
        fix = f"export {name}=VALUE; for the workflows: gh variable set {name} --body VALUE"
        yield result(name, bool(value), value or "not set", fix)
    if environment.get("GITHUB_ACTIONS"):
        granted = bool(environment.get("ACTIONS_ID_TOKEN_REQUEST_URL"))
        yield result("id-token", granted, "granted" if granted else "not granted", "grant the job id-token: write")
