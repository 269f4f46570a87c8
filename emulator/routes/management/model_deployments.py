"""Deployments of models under batch endpoints: what a request must have, and what responses show."""

from emulator.jobs.programs import command_of
from emulator.jobs.scoring import deployed_settings
from emulator.jobs.scoring_models import is_mlflow, stored_model
from emulator.state.workspace import Workspace
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject
from emulator.wire.names import pascal, snake

_ACTIONS = ("AppendRow", "SummaryOnly")


def check_model_deployment(workspace: Workspace, requested: JsonObject) -> None:
    """Check a request for a deployment of a model.

    Raises:
        ServiceError: the model, the code or the environment does not exist, or the model needs a script and has none.
    """
    model, _ = stored_model(workspace, str((requested.get("model") or {}).get("assetId") or ""))
    code = requested.get("codeConfiguration")
    if not code and not is_mlflow(model[2]):
        raise bad_request(f"codeConfiguration is required for model {model[0]}, which is not an MLflow model.")
    if code and not code.get("scoringScript"):
        raise bad_request("codeConfiguration.scoringScript is required.", "ArgumentBlankOrEmpty")
    action = requested.get("outputAction")
    if action and pascal(snake(str(action))) not in _ACTIONS:
        raise bad_request(f"outputAction {action} is none of {', '.join(_ACTIONS)}.", "ArgumentInvalid")
    if code and not requested.get("environmentId") and not is_mlflow(model[2]):
        raise bad_request("environmentId is required for a deployment with a scoring script.", "ArgumentBlankOrEmpty")
    if requested.get("environmentId"):
        code_id = code["codeId"] if code else None
        command_of(workspace, {"command": "", "code": code_id, "environment": requested["environmentId"]})


def model_fields(requested: JsonObject) -> JsonObject:
    """Return the fields that a response about a deployment of a model shows."""
    settings = deployed_settings(requested)
    resources = {"instanceCount": 1, "instanceType": None, **(requested.get("resources") or {}), "properties": None}
    return {
        "codeConfiguration": requested.get("codeConfiguration"),
        "environmentId": requested.get("environmentId"),
        "environmentVariables": requested.get("environmentVariables") or {},
        "compute": requested.get("compute"),
        "errorThreshold": settings["errorThreshold"],
        "retrySettings": settings["retrySettings"],
        "miniBatchSize": settings["miniBatchSize"],
        "loggingLevel": str(settings["loggingLevel"]).capitalize(),
        "model": requested.get("model"),
        "maxConcurrencyPerInstance": settings["maxConcurrencyPerInstance"],
        "outputAction": pascal(snake(str(settings["outputAction"]))),
        "outputFileName": settings["outputFileName"],
        "resources": resources,
    }
