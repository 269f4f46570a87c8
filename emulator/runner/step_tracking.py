"""What a step's process is told, so that MLflow in it finds its run, its tracking server and its token."""

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
    """Return the environment variables that Azure gives a step for tracking; the names are those of Azure.

    The token is long-lived, because the plugin renews one that is about to end through an API of its own.
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
        # They would tell their makers, from a thread of their own, that somebody runs a step.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_EXPERIMENT_NAME": experiment,
        "MLFLOW_RUN_ID": job,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_TRACKING_URI": names.tracking_uri,
    }


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return variables by which no proxy of ``environment`` is asked for a host of Azure: it would reach it."""
    asked = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    every = asked if asked.strip() == "*" else ",".join(filter(None, (asked, NO_PROXY)))
    return {"no_proxy": every, "NO_PROXY": every}


def python_path(asked: str | None) -> str:
    """Return the step's ``PYTHONPATH``: the folder that joins it to the workspace, then what the step asks for."""
    return os.pathsep.join(filter(None, (IN_STEP, asked)))
