"""A pipeline on its way: steps in dependency order, independent ones at the same time."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from emulator.runner.registration import register
from emulator.runner.reuse import forget, remember, reusable, step_key
from emulator.runner.run import Run, tell
from emulator.runner.steps import StepCanceled, StepFailed, run_step
from emulator.runner.web_inputs import with_web_inputs

_PARALLEL_STEPS = 8


class PipelineRun:
    """The steps of one pipeline, run as soon as what they need is there."""

    def __init__(
        self,
        run: Run,
        parent: str,
        plan: dict[str, Any],
        inputs: dict[str, Any],
        log: Path,
        stopped: Callable[[], bool],
    ) -> None:
        self.run, self.parent, self.plan, self.inputs, self.log = run, parent, plan, inputs, log
        self.stopped_from_outside = stopped
        self.outputs: dict[str, dict[str, Any]] = {}
        self.failures: list[StepFailed] = []

    def stopped(self) -> bool:
        """Say whether steps are to stop: on cancellation, or at once when one failed and the others need not go on."""
        failed_fast = bool(self.failures) and not self.plan["continue_on_step_failure"]
        return failed_fast or self.stopped_from_outside()

    def execute(self) -> dict[str, Any]:
        """Run all steps; return the pipeline's outputs by name.

        Raises:
            StepFailed: a step failed; with ``continue_on_step_failure`` after the others are done.
            StepCanceled: the job was canceled.
        """
        waiting = dict(self.plan["nodes"])
        running: dict[Future[dict[str, Any]], str] = {}
        failed: set[str] = set()
        with ThreadPoolExecutor(_PARALLEL_STEPS) as pool:
            while waiting or running:
                stop = self.stopped()
                for name in [] if stop else list(waiting):
                    needs = set(self.plan["needs"][name])
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
            for name, source in self.plan["outputs"].items()
            if source["node"] in self.outputs
        }
        if self.stopped_from_outside():
            raise StepCanceled
        if self.failures:
            raise StepFailed(self.failures[0].body, outputs)
        return outputs

    def _collect(self, name: str, future: "Future[dict[str, Any]]", failed: set[str]) -> None:
        try:
            self.outputs[name] = future.result()
        except StepFailed as error:
            failed.add(name)
            self.failures.append(error)
        except StepCanceled:
            failed.add(name)

    def _bound(self, node: dict[str, Any]) -> dict[str, Any]:
        bound = {}
        for port, binding in node["inputs"].items():
            if "parent" in binding:
                if binding["parent"] in self.inputs:
                    bound[port] = self.inputs[binding["parent"]]
            elif "node" in binding:
                produced = self.outputs[binding["node"]].get(binding["output"])
                if produced is None:
                    message = f"Step {binding['node']} has no output {binding['output']}."
                    raise StepFailed({"code": "UserError", "message": message}, {})
                path = str(self.run.places.of_uri(produced["uri"]))
                bound[port] = {"path": path, "identity": produced["uri"], "kind": produced["type"]}
            elif "template" in binding:
                texts, names = binding["template"]
                values = [str(self.inputs.get(name, {}).get("value", "")) for name in names]
                text = texts[0] + "".join(value + rest for value, rest in zip(values, texts[1:], strict=True))
                bound[port] = {"value": text}
            else:
                bound[port] = binding
        return bound

    def _run_node(self, name: str, node: dict[str, Any]) -> dict[str, Any]:
        bound = self._bound(node)
        child = str(uuid.uuid4())
        if node["kind"] == "pipeline":
            return self._run_nested(name, child, node, bound)
        self._record(child, name, node)
        try:
            bound = with_web_inputs(self.run, bound, self.stopped, lambda text: tell(self.log, f"{name}: {text}"))
            key = step_key(node, bound)
            earlier = reusable(self.run, key) if node["deterministic"] and not self.plan["force_rerun"] else None
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

    def _run_nested(self, name: str, child: str, node: dict[str, Any], bound: dict[str, Any]) -> dict[str, Any]:
        self._record(child, name, node)
        whole = {key: self.plan[key] for key in ("force_rerun", "continue_on_step_failure")}
        plan = {**node["plan"], **whole}
        graph = PipelineRun(self.run, child, plan, bound, self.log, self.stopped)
        try:
            outputs = graph.execute()
        except StepCanceled:
            self.run.end(child, "Canceled")
            raise
        except StepFailed as error:
            self.run.end(child, "Failed", error.body, outputs=error.outputs)
            raise
        self.run.end(child, "Completed", outputs=outputs)
        return outputs

    def _record(self, child: str, name: str, node: dict[str, Any]) -> None:
        parent = self.run.store.get(f"jobs/{self.parent}") or {}
        now = time.time()
        properties = {
            "azureml.runsource": "azureml.StepRun" if node["kind"] == "command" else "azureml.PipelineRun",
            "azureml.nodeid": uuid.uuid4().hex[:8],
            "ContentSnapshotId": node.get("code_hash", ""),
            "StepType": "PythonScriptStep",
            "ComputeTargetType": "AmlCompute",
            "azureml.moduleid": node["component_id"].rpartition("/")[2],
            "azureml.moduleName": node["component_name"],
            "azureml.moduleVersion": node["component_id"].rpartition("/")[2],
            "azureml.pipeline": self.parent,
            "azureml.pipelinerunid": self.parent,
            "azureml.DevPlatv2": "true",
        }
        document = {
            "name": child,
            "kind": "Step" if node["kind"] == "command" else "PipelineStep",
            "display": node["display"],
            "component": node["component_name"],
            "experiment": parent.get("experiment"),
            "tags": {"azureml.nodeid": properties["azureml.nodeid"], "azureml.pipeline": self.parent},
            "properties": properties,
            "status": "Running",
            "created": now,
            "started": now,
            "ended": None,
            "parent": self.parent,
            "root": self.run.root,
            "target": parent.get("target"),
            "error": None,
            "outputs": {},
            "asked": {},
            "node": name,
        }
        self.run.store.put(f"jobs/{child}", document, collection=f"children/{self.parent}")

    def _mark_reused(self, child: str, earlier: dict[str, Any]) -> None:
        said = {
            "azureml.isreused": "true",
            "azureml.reusedrunid": earlier["name"],
            "azureml.reusednodeid": earlier["properties"].get("azureml.nodeid", ""),
            "azureml.reusedpipeline": earlier["parent"] or "",
            "azureml.reusedpipelinerunid": earlier["parent"] or "",
        }
        with self.run.store.transaction():
            known = (self.run.store.get(f"jobs/{child}") or {})["properties"]
            self.run.store.change(f"jobs/{child}", properties={**known, **said})
