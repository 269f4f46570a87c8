"""Jobs of a model's deployment: a pipeline whose only step runs the scoring script on mini-batches of files.

The names of the step, of its output and of the pipeline's parameters are those of recorded jobs.
"""

import json

from emulator.jobs.display_names import made_up_name
from emulator.jobs.inputs import bind_inputs, locate_data
from emulator.jobs.outputs import output_port
from emulator.jobs.parallel import COMMAND, SETTINGS_VARIABLE
from emulator.jobs.programs import command_of
from emulator.jobs.scoring_models import mlflow_environment, stored_model
from emulator.state.plans import MODEL_INPUT, Bound, CommandNode, PipelinePlan
from emulator.state.workspace import Workspace
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

STEP, OUTPUT = "batchscoring", "score"
# What the service shows for fields that a deployment does not set (recorded in test_batch_job_download).
DEFAULTS: JsonObject = {
    "errorThreshold": -1,
    "retrySettings": {"maxRetries": 3, "timeout": "PT30S"},
    "miniBatchSize": 10,
    "maxConcurrencyPerInstance": 1,
    "outputAction": "AppendRow",
    "outputFileName": "predictions.csv",
    "loggingLevel": "Info",
}
_OVERRIDES = ("errorThreshold", "retrySettings", "miniBatchSize", "outputFileName", "outputAction", "loggingLevel")


def deployed_settings(deployment: JsonObject) -> JsonObject:
    """Return the settings of a deployment, with the service's defaults."""
    given = {name: deployment[name] for name in DEFAULTS if deployment.get(name) is not None}
    retries = {**DEFAULTS["retrySettings"], **(given.get("retrySettings") or {})}
    return {**DEFAULTS, **given, "retrySettings": retries}


def plan_scoring(workspace: Workspace, deployment: JsonObject, invocation: JsonObject) -> PipelinePlan:
    """Return the plan of a job that scores the input of ``invocation``, which may change settings of the deployment.

    Raises:
        ServiceError: the invocation has not one input of data, or names something that does not exist.
    """
    changes = {name: invocation[name] for name in _OVERRIDES if invocation.get(name) is not None}
    settings = deployed_settings({**deployment, **changes})
    instances = (invocation.get("compute") or {}).get("instanceCount") or (deployment.get("resources") or {}).get(
        "instanceCount"
    )
    data = bind_inputs(workspace, invocation.get("inputData") or {}, None)
    if len(data) != 1 or any("value" in bound for bound in data.values()):
        raise bad_request("A deployment of a model takes one input of data.", "ArgumentInvalid")
    place, file = _output(invocation, settings)
    model, folder = stored_model(workspace, str((deployment.get("model") or {}).get("assetId") or ""))
    code = deployment.get("codeConfiguration")
    variables = {str(key): str(value) for key, value in (deployment.get("environmentVariables") or {}).items()}
    parameters: dict[str, Bound] = {
        "run_max_try": {"value": str(settings["retrySettings"]["maxRetries"])},
        "run_invocation_timeout": {"value": f"{duration_seconds(settings['retrySettings']['timeout']) or 0:g}"},
        "mini_batch_size": {"value": str(settings["miniBatchSize"])},
        "error_threshold": {"value": str(settings["errorThreshold"])},
        "logging_level": {"value": str(settings["loggingLevel"]).upper()},
        "process_count_per_node": {"value": str(settings["maxConcurrencyPerInstance"])},
        "legacy_model_job": {"value": "False"},
        "NodeCount": {"value": str(instances or 1)},
        "append_row_file_name": {"value": file},
    }
    program = {
        "command": COMMAND,
        "code": code["codeId"] if code else None,
        "environment": deployment.get("environmentId") or mlflow_environment(workspace, model),
    }
    name = next(iter(data))
    node: CommandNode = {
        "kind": "command",
        "display": made_up_name(),
        "component_id": "",
        "component_name": STEP,
        "inputs": {"input": {"parent": name}, MODEL_INPUT: locate_data(workspace, folder, "path", "model")},
        "outputs": {OUTPUT: output_port(workspace, "uri_folder", {"uri": place} if place else {})},
        **command_of(workspace, program),
        "deterministic": False,
        "environment_variables": {
            **variables,
            SETTINGS_VARIABLE: _settings(code["scoringScript"] if code else None, parameters, settings),
        },
        "timeout": None,
        "spread": None,
        "parallel": True,
    }
    return {
        "graph": {
            "nodes": {STEP: node},
            "needs": {STEP: []},
            "outputs": {},
            "continue_on_step_failure": False,
            "force_rerun": True,
        },
        "inputs": {**data, **parameters},
    }


def _settings(script: str | None, parameters: dict[str, Bound], settings: JsonObject) -> str:
    values = {name: bound["value"] for name, bound in parameters.items() if "value" in bound}
    appends = snake(str(settings["outputAction"])) == "append_row"
    return json.dumps(
        {
            "input": "input",
            # A model without a script is one of MLflow, for which Azure writes the script.
            "entry_script": script,
            "size": values["mini_batch_size"],
            "instances": values["NodeCount"],
            "concurrency": values["process_count_per_node"],
            "retries": values["run_max_try"],
            "timeout": float(values["run_invocation_timeout"]),
            "error_threshold": values["error_threshold"],
            "mini_batch_error_threshold": "-1",
            "append_to": OUTPUT if appends else None,
            "append_file": values["append_row_file_name"],
            "output_folder": OUTPUT,
            "model": MODEL_INPUT,
        }
    )


def _output(invocation: JsonObject, settings: JsonObject) -> tuple[str | None, str]:
    """Return the address of the output folder, or None for the default one, and the name of the file in it."""
    file = str(settings["outputFileName"])
    for given in (invocation.get("outputData") or {}).values():
        uri = str(given.get("uri") or "")
        if uri and snake(str(given.get("jobOutputType"))) == "uri_file":
            folder, _, name = uri.rpartition("/")
            return f"{folder}/", name
        if uri:
            return uri, file
    return None, file
