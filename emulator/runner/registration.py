"""Register outputs of a step as assets, where the job gives them a name."""

from emulator.runner.context import JobContext
from emulator.runner.steps import StepFailed
from emulator.state.addresses import long_data_uri
from emulator.state.plans import CommandNode
from emulator.state.records import Output
from emulator.state.versions import MODEL_TYPES, ContentFixed, record_version
from emulator.wire.http import JsonObject


def register_outputs(context: JobContext, job: str, node: CommandNode, outputs: dict[str, Output]) -> None:
    """Register the outputs of the step ``job`` that have an asset name, as data or models; note which in ``outputs``.

    Raises:
        StepFailed: the version that the job names exists with different content.
    """
    for port, target in node["outputs"].items():
        if not target.get("asset_name"):
            continue
        kind, uri = target["type"], long_data_uri(context.workspace.names, outputs[port]["uri"])
        common: JsonObject = {
            "description": None,
            # Recorded for data alone.
            "tags": {} if kind in MODEL_TYPES else None,
            "properties": {} if kind in MODEL_TYPES else None,
            "isArchived": False,
            "isAnonymous": False,
        }
        if kind in MODEL_TYPES:
            special = {"flavors": {}, "modelType": kind, "modelUri": uri, "jobName": job}
        else:
            special = {"dataUri": uri, "dataType": kind}
        try:
            recorded = record_version(
                context.store,
                "models" if kind in MODEL_TYPES else "data",
                target["asset_name"],
                target.get("asset_version"),
                {**common, **special},
                {},
            )
        except ContentFixed as error:
            raise StepFailed({"code": "UserError", "message": f"Output {port}: {error}"}) from None
        outputs[port] = {**outputs[port], "asset": (target["asset_name"], recorded.version)}
