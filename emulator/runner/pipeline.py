"""A pipeline on its way: steps in dependency order, independent ones at the same time."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from emulator.runner.filling import filled
from emulator.runner.registration import register
from emulator.runner.reuse import forget, remember, reusable, step_key
from emulator.runner.run import Run, tell
from emulator.runner.steps import StepCanceled, StepFailed, run_step
from emulator.runner.web_inputs import with_web_inputs
from emulator.state import keys
from emulator.state.addresses import datastore_path
from emulator.state.plans import Bound, CommandNode, Graph, Node, PipelineNode
from emulator.state.records import Job, Output
from emulator.wire.errors import ServiceError

_PARALLEL_STEPS = 8


class PipelineRun:
    """The steps of one pipeline, run as soon as what they need is there."""

    def __init__(
        self,
        run: Run,
        parent: str,
        graph: Graph,
        inputs: dict[str, Bound],
        log: Path,
        stopped: Callable[[], bool],
    ) -> None:
        self.run, self.parent, self.graph, self.inputs, self.log = run, parent, graph, inputs, log
        self.stopped_from_outside = stopped
        self.outputs: dict[str, dict[str, Output]] = {}
        self.failures: list[StepFailed] = []

    def stopped(self) -> bool:
        """Say whether steps are to stop: on cancellation, or at once when one failed and the others need not go on."""
        failed_fast = bool(self.failures) and not self.graph["continue_on_step_failure"]
        return failed_fast or self.stopped_from_outside()

    def execute(self) -> dict[str, Output]:
        """Run all steps; return the pipeline's outputs by name.

        Raises:
            StepFailed: a step failed; with ``continue_on_step_failure`` after the others are done.
            StepCanceled: the job was canceled.
        """
        waiting = dict(self.graph["nodes"])
        running: dict[Future[dict[str, Output]], str] = {}
        failed: set[str] = set()
        with ThreadPoolExecutor(_PARALLEL_STEPS) as pool:
            while waiting or running:
                stop = self.stopped()
                for name in [] if stop else list(waiting):
                    needs = set(self.graph["needs"][name])
                    if needs & failed:
                        failed.add(name)
                        del waiting[name]
                    elif needs <= self.outputs.keys():
                        running[pool.submit(self._run_node, name, waiting.pop(name))] = name
                if not running:
                    if stop:
                        break
                    continue
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    self._collect(running.pop(future), future, failed)
        outputs = {
            name: self.outputs[source["node"]][source["output"]]
            for name, source in self.graph["outputs"].items()
            if source["node"] in self.outputs
        }
        if self.stopped_from_outside():
            raise StepCanceled
        if self.failures:
            raise StepFailed(self.failures[0].body, outputs)
        return outputs

    def _collect(self, name: str, future: "Future[dict[str, Output]]", failed: set[str]) -> None:
        try:
            self.outputs[name] = future.result()
        except StepFailed as error:
            failed.add(name)
            self.failures.append(error)
        except StepCanceled:
            failed.add(name)

    def _bound(self, node: Node) -> dict[str, Bound]:
        bound: dict[str, Bound] = {}
        for port, binding in node["inputs"].items():
            if "parent" in binding:
                if binding["parent"] in self.inputs:
                    bound[port] = self.inputs[binding["parent"]]
            elif "node" in binding:
                produced = self.outputs[binding["node"]].get(binding["output"])
                if produced is None:
                    message = f"Step {binding['node']} has no output {binding['output']}."
                    raise StepFailed({"code": "UserError", "message": message}, {})
                path = str(datastore_path(self.run.workspace, produced["uri"]))
                bound[port] = {"path": path, "identity": produced["uri"], "kind": produced["type"]}
            elif "template" in binding:
                texts, names = binding["template"]
                values = [self._text(name) for name in names]
                text = texts[0] + "".join(value + rest for value, rest in zip(values, texts[1:], strict=True))
                bound[port] = {"value": text}
            else:
                bound[port] = binding
        return bound

    def _text(self, name: str) -> str:
        """Return the literal input ``name``, or nothing where it is no literal."""
        given = self.inputs.get(name)
        return given["value"] if given and "value" in given else ""

    def _filled(self, node: CommandNode) -> CommandNode:
        try:
            return filled(node, self._text)
        except ServiceError as error:
            raise StepFailed({"code": "UserError", "message": str(error)}) from None

    def _run_node(self, name: str, node: CommandNode | PipelineNode) -> dict[str, Output]:
        given = self._bound(node)
        child = str(uuid.uuid4())
        if "plan" in node:
            return self._run_nested(name, child, node, given)
        self._record(child, name, node)
        try:
            node = self._filled(node)
            bound = with_web_inputs(self.run, given, self.stopped, lambda text: tell(self.log, f"{name}: {text}"))
            key = step_key(node, bound)
            earlier = reusable(self.run, key) if node["deterministic"] and not self.graph["force_rerun"] else None
            if earlier:
                self._mark_reused(child, earlier)
            how = f"reusing the outputs of {earlier['name']}" if earlier else f"running as {child}"
            tell(self.log, f"{name}: {how}")
            outputs = earlier["outputs"] if earlier else run_step(self.run, child, node, bound, self.stopped)
            register(self.run, child, node, outputs)
        except StepCanceled:
            self.run.end(child, "Canceled")
            tell(self.log, f"{name}: canceled")
            raise
        except StepFailed as error:
            self.run.end(child, "Failed", error.body)
            tell(self.log, f"{name}: failed. {error.body['message']}")
            raise
        self.run.end(child, "Completed", outputs=outputs)
        if not node["deterministic"]:
            forget(self.run, key)
        elif not earlier:
            remember(self.run, key, child)
        tell(self.log, f"{name}: completed")
        return outputs

    def _run_nested(self, name: str, child: str, node: PipelineNode, bound: dict[str, Bound]) -> dict[str, Output]:
        self._record(child, name, node)
        graph: Graph = {
            **node["plan"],
            "force_rerun": self.graph["force_rerun"],
            "continue_on_step_failure": self.graph["continue_on_step_failure"],
        }
        try:
            outputs = PipelineRun(self.run, child, graph, bound, self.log, self.stopped).execute()
        except StepCanceled:
            self.run.end(child, "Canceled")
            raise
        except StepFailed as error:
            self.run.end(child, "Failed", error.body, outputs=error.outputs)
            raise
        self.run.end(child, "Completed", outputs=outputs)
        return outputs

    def _record(self, child: str, name: str, node: CommandNode | PipelineNode) -> None:
        parent = self.run.store.find(keys.job(self.parent), KeyError(self.parent))
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
            "azureml.pipeline": self.parent,
            "azureml.pipelinerunid": self.parent,
            "azureml.DevPlatv2": "true",
        }
        document: Job = {
            "name": child,
            "kind": "Step" if node["kind"] == "command" else "PipelineStep",
            "display": node["display"],
            "component": node["component_name"],
            "experiment": parent["experiment"],
            "tags": {"azureml.nodeid": properties["azureml.nodeid"], "azureml.pipeline": self.parent},
            "properties": properties,
            "status": "Running",
            "created": now,
            "started": now,
            "ended": None,
            "parent": self.parent,
            "root": self.run.root,
            "target": parent["target"],
            "error": None,
            "outputs": {},
            "requested": {},
            "node": name,
        }
        self.run.store.put(keys.job(child), document, collection=keys.steps(self.parent))

    def _mark_reused(self, child: str, earlier: Job) -> None:
        said = {
            "azureml.isreused": "true",
            "azureml.reusedrunid": earlier["name"],
            "azureml.reusednodeid": earlier["properties"].get("azureml.nodeid", ""),
            "azureml.reusedpipeline": earlier["parent"] or "",
            "azureml.reusedpipelinerunid": earlier["parent"] or "",
        }
        with self.run.store.transaction():
            known = self.run.store.find(keys.job(child), KeyError(child))["properties"]
            self.run.store.change(keys.job(child), properties={**known, **said})
