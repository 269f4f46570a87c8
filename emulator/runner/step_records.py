"""The documents of a pipeline's steps: each step is stored as a job of its own."""

import json
import time
import uuid

from emulator.runner.context import JobContext
from emulator.state import keys
from emulator.state.plans import MODEL_INPUT, CommandNode, PipelineNode, SweepNode
from emulator.state.records import SCORING_SCRIPT, Job
from emulator.wire.http import JsonObject


def record_step(
    context: JobContext,
    parent: str,
    step: str,
    name: str,
    node: CommandNode | PipelineNode | SweepNode,
    earlier: Job | None = None,
) -> None:
    """Store the step ``name`` of the pipeline ``parent`` as a running job with the id ``step``.

    ``earlier`` is the step whose outputs it reuses.
    """
    properties = {
        "azureml.runsource": "azureml.PipelineRun" if "plan" in node else "azureml.StepRun",
        "azureml.nodeid": uuid.uuid4().hex[:8],
        "ContentSnapshotId": node["code_hash"] if "command" in node else "",
        "StepType": "HyperDriveStep" if "trial" in node else "PythonScriptStep",
        "ComputeTargetType": "AmlCompute",
        "azureml.moduleid": node["component_id"].rpartition("/")[2],
        "azureml.moduleName": node["component_name"],
        "azureml.moduleVersion": node["component_id"].rpartition("/")[2],
        "azureml.pipeline": parent,
        "azureml.pipelinerunid": parent,
        "azureml.DevPlatv2": "true",
        **(_reuse(earlier) if earlier else {}),
    }
    if "command" in node and node["parallel"]:
        properties["azureml.parallelrunstep"] = "true"
    tags = {"azureml.nodeid": properties["azureml.nodeid"], "azureml.pipeline": parent}
    if MODEL_INPUT in node["inputs"]:
        _describe_scoring(properties, tags, context.store.find(keys.job(parent), KeyError(parent)))
    document = _started(context, parent, step, node["display"])
    document["kind"] = "PipelineStep" if "plan" in node else "Step"
    document["component"] = node["component_name"]
    document["tags"] = tags
    document["properties"] = properties
    document["node"] = name
    context.store.put(keys.job(step), document, collection=keys.steps(parent))


def _describe_scoring(properties: dict[str, str], tags: dict[str, str], parent: Job) -> None:
    """Give the step of a deployed model the properties and tags that the service gives it; it has no component.

    They are those of test_batch_job_download: the id of the step begins the one of its module.
    """
    module = str(uuid.uuid4())
    del properties["azureml.moduleVersion"], properties["azureml.DevPlatv2"]
    properties["azureml.moduleid"] = module
    properties["azureml.nodeid"] = tags["azureml.nodeid"] = module[:8]
    properties["azureml.pipelineid"] = parent["properties"]["azureml.pipelineid"]
    tags.update({"mlflow.source.type": "JOB", "mlflow.source.name": SCORING_SCRIPT})


def record_trial(context: JobContext, parent: str, trial: str, node: CommandNode, values: dict[str, str]) -> None:
    """Store a trial of the sweep ``parent``, with ``values`` of its parameters, as a running command job."""
    requested: JsonObject = {
        "command": node["command"],
        "environmentId": node["environment"],
        "environmentVariables": node["environment_variables"],
        "inputs": {name: {"jobInputType": "literal", "value": value} for name, value in values.items()},
        "outputs": {name: {"jobOutputType": port["type"]} for name, port in node["outputs"].items()},
    }
    document = _started(context, parent, trial, trial)
    named = {f"hyperparameters.{name}": value for name, value in values.items()}
    document["tags"] = {**named, "hyperparameters": json.dumps(values)}
    document["properties"] = {"azureml.runsource": "azureml.scriptrun", "ContentSnapshotId": node["code_hash"]}
    document["requested"] = requested
    context.store.put(keys.job(trial), document, collection=keys.steps(parent))


def _started(context: JobContext, parent: str, name: str, display: str) -> Job:
    """Return the document of a job that starts now as a part of ``parent``: a command, unless changed."""
    of = context.store.find(keys.job(parent), KeyError(parent))
    now = time.time()
    return {
        "name": name,
        "kind": "Command",
        "display": display,
        "experiment": of["experiment"],
        "tags": {},
        "properties": {},
        "status": "Running",
        "created": now,
        "started": now,
        "ended": None,
        "parent": parent,
        "root": context.job,
        "target": of["target"],
        "error": None,
        "outputs": {},
        "requested": {},
    }


def record_best(context: JobContext, sweep: str, trial: str, score: float) -> None:
    """Add to the sweep with the id ``sweep`` the properties that name its best trial; the SDK reads them."""
    _add_properties(
        context,
        sweep,
        {
            "score": str(score),
            "best_child_run_id": trial,
            "best_metric_status": "Succeeded",
            "best_data_container_id": f"dcid.{trial}",
        },
    )


def mark_reused(context: JobContext, step: str, earlier: Job) -> None:
    """Add to the step with the id ``step`` the properties that name the ``earlier`` step whose outputs it reuses."""
    _add_properties(context, step, _reuse(earlier))


def _reuse(earlier: Job) -> dict[str, str]:
    return {
        "azureml.isreused": "true",
        "azureml.reusedrunid": earlier["name"],
        "azureml.reusednodeid": earlier["properties"].get("azureml.nodeid", ""),
        "azureml.reusedpipeline": earlier["parent"] or "",
        "azureml.reusedpipelinerunid": earlier["parent"] or "",
    }


def _add_properties(context: JobContext, job: str, added: dict[str, str]) -> None:
    with context.store.transaction():
        properties = context.store.find(keys.job(job), KeyError(job))["properties"]
        context.store.change(keys.job(job), properties={**properties, **added})
