"""Outputs with a name become assets when the step that makes them is done."""

from emulator.runner.run import Run
from emulator.runner.steps import StepFailed
from emulator.state.addresses import long_data_uri
from emulator.state.plans import CommandNode
from emulator.state.records import Output
from emulator.state.versions import ContentFixed, record_version
from emulator.wire.http import JsonObject

_MODELS = ("mlflow_model", "custom_model", "triton_model")


def register(run: Run, job: str, node: CommandNode, outputs: dict[str, Output]) -> None:
    """Register those outputs of a step for which the job asks for it, as data or models.

    Raises:
        StepFailed: the version that was asked for exists with other content.
    """
    for port, target in node["outputs"].items():
        if not target.get("asset_name"):
            continue
        kind, uri = target["type"], long_data_uri(run.workspace.names, outputs[port]["uri"])
        common: JsonObject = {
            "description": None,
            "tags": {},
            "properties": {},
            "isArchived": False,
            "isAnonymous": False,
        }
        if kind in _MODELS:
            special = {"flavors": {}, "modelType": kind, "modelUri": uri, "jobName": job}
        else:
            special = {"dataUri": uri, "dataType": kind}
        try:
            record_version(
                run.store,
                "models" if kind in _MODELS else "data",
                target["asset_name"],
                target.get("asset_version"),
                {**common, **special},
                {},
            )
        except ContentFixed as error:
            raise StepFailed({"code": "UserError", "message": f"Output {port}: {error}"}) from None
