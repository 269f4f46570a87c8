"""The documents of a pipeline's steps: each step is stored as a job of its own."""

import time
import uuid

from emulator.runner.context import JobContext
from emulator.state import keys
from emulator.state.plans import CommandNode, PipelineNode
from emulator.state.records import Job


def record_step(context: JobContext, parent: str, step: str, name: str, node: CommandNode | PipelineNode) -> None:
    """Store the step ``name`` of the pipeline ``parent`` as a running job with the id ``step``."""
    pipeline = context.store.find(keys.job(parent), KeyError(parent))
    now = time.time()
    properties = {
        "azureml.runsource": "azureml.StepRun" if node["kind"] == "command" else "azureml.PipelineRun",
        "azureml.nodeid": uuid.uuid4().hex[:8],
        "ContentSnapshotId": "" if "plan" in node else node["code_hash"],
        "StepType": "PythonScriptStep",
        "ComputeTargetType": "AmlCompute",
        "azureml.moduleid": node["component_id"].rpartition("/")[2],
        "azureml.moduleName": node["component_name"],
        "azureml.moduleVersion": node["component_id"].rpartition("/")[2],
        "azureml.pipeline": parent,
        "azureml.pipelinerunid": parent,
        "azureml.DevPlatv2": "true",
    }
    if "plan" not in node and node["parallel"]:
        properties["azureml.parallelrunstep"] = "true"
    document: Job = {
        "name": step,
        "kind": "Step" if node["kind"] == "command" else "PipelineStep",
        "display": node["display"],
        "component": node["component_name"],
        "experiment": pipeline["experiment"],
        "tags": {"azureml.nodeid": properties["azureml.nodeid"], "azureml.pipeline": parent},
        "properties": properties,
        "status": "Running",
        "created": now,
        "started": now,
        "ended": None,
        "parent": parent,
        "root": context.job,
        "target": pipeline["target"],
        "error": None,
        "outputs": {},
        "requested": {},
        "node": name,
    }
    context.store.put(keys.job(step), document, collection=keys.steps(parent))


def mark_reused(context: JobContext, step: str, earlier: Job) -> None:
    """Add to the step with the id ``step`` the properties that name the ``earlier`` step whose outputs it reuses."""
    added = {
        "azureml.isreused": "true",
        "azureml.reusedrunid": earlier["name"],
        "azureml.reusednodeid": earlier["properties"].get("azureml.nodeid", ""),
        "azureml.reusedpipeline": earlier["parent"] or "",
        "azureml.reusedpipelinerunid": earlier["parent"] or "",
    }
    with context.store.transaction():
        properties = context.store.find(keys.job(step), KeyError(step))["properties"]
        context.store.change(keys.job(step), properties={**properties, **added})
