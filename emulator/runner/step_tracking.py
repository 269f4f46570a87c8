"""The environment variables by which MLflow in a step finds its run, its tracking server and its token."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from emulator.wire.azure_hosts import NO_PROXY
from emulator.wire.names import API, Names
from emulator.wire.tokens import issue_token

IN_STEP = str(Path(__file__).resolve().parents[1] / "in_step")
_TOKEN_SECONDS = 14 * 24 * 3600.0


def tracking_variables(names: Names, job: str, experiment: str) -> dict[str, str]:
    """Return the variables for tracking in the step ``job``; the names are those of Azure.

    The token is valid for days, because MLflow's plugin renews a token before its end through another API.
    """
    token, expires = issue_token(names, "https://ml.azure.com", _TOKEN_SECONDS)
    return {
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_EMULATOR_NAMES": json.dumps(asdict(names)),
        "AZUREML_CURRENT_CLOUD": "AzureCloud",
        "AZUREML_EXPERIMENT_NAME": experiment,
        "AZUREML_RUN_TOKEN": token,
        "AZUREML_RUN_TOKEN_EXPIRY": str(expires),
        "AZUREML_SERVICE_ENDPOINT": f"https://{API}",
        "AZUREML_WORKSPACE_ID": names.workspace_id,
        # No telemetry: it would send requests to the makers of the libraries.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_EXPERIMENT_NAME": experiment,
        "MLFLOW_RUN_ID": job,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_TRACKING_URI": names.tracking_uri,
    }


def no_proxy_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the ``NO_PROXY`` variables of ``environment`` with the hosts of Azure added: a proxy would reach them."""
    own = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = own if own.strip() == "*" else ",".join(filter(None, (own, NO_PROXY)))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def python_path(own: str | None) -> str:
    """Return the ``PYTHONPATH`` of a step: the folder that connects it to the workspace, then its ``own`` value."""
    return os.pathsep.join(filter(None, (IN_STEP, own)))
