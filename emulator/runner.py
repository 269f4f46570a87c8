"""The process that runs one job: steps in dependency order, independent ones at the same time."""

import fcntl
import sys
import threading
import time
import traceback
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from emulator.blobs import BlobStore
from emulator.launch import lock_path
from emulator.names import Names
from emulator.places import Places
from emulator.reuse import forget, remember, reusable, step_key
from emulator.steps import StepCanceled, StepFailed, run_step
from emulator.storage import Store

_CANCEL_POLL_SECONDS = 0.1
_PARALLEL_STEPS = 8


class Run:
    """One job on its way: where its state is kept, and whether it is to stop."""

    def __init__(self, state: Path, name: str) -> None:
        self.state = state
        self.store = Store(state / "workspace.db")
        self.places = Places(BlobStore(state / "blobs"), Names())
        self.root = name
        self.canceled = threading.Event()
        self._over = threading.Event()

    def watch_for_cancel(self) -> None:
        """Set ``canceled`` once somebody asks for it."""
        while not self._over.wait(_CANCEL_POLL_SECONDS):
            job = self.store.get(f"jobs/{self.root}")
            if job is None or job["status"] == "CancelRequested":
                self.canceled.set()
                return

    def finish(self) -> None:
        """Stop watching."""
        self._over.set()


def main(state: str, name: str) -> None:
    """Run the job ``name`` of the workspace in ``state`` to its end."""
    place = Path(state)
    with lock_path(place, name).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = Run(place, name)
        watcher = threading.Thread(target=run.watch_for_cancel, daemon=True)
        watcher.start()
        try:
            _run_job(run, name)
        except Exception as error:
            traceback.print_exc()
            _end(run, name, "Failed", {"code": "ServiceError", "message": f"{type(error).__name__}: {error}"})
        finally:
            run.finish()
            watcher.join()
    sys.exit(0)


def _run_job(run: Run, name: str) -> None:
    job = run.store.get(f"jobs/{name}")
    assert job is not None
    run.store.change(f"jobs/{name}", started=time.time())
    if job["status"] != "CancelRequested":
        run.store.change(f"jobs/{name}", status="Running")
    plan = job["plan"]
    log = run.places.log(name, "logs/azureml/executionlogs.txt")
    try:
        if "command" in plan:
            outputs = run_step(run, name, plan["command"], plan["command"]["inputs"])
        else:
            outputs = _Graph(run, name, plan, plan["inputs"], log, job["display"]).execute()
    except StepCanceled:
        _end(run, name, "Canceled", None)
    except StepFailed as error:
        _end(run, name, "Failed", error.body, outputs=error.outputs)
    else:
        _end(run, name, "Completed", None, outputs=outputs)


def _end(run: Run, name: str, status: str, error: dict[str, Any] | None, outputs: dict[str, Any] | None = None) -> None:
    run.store.change(f"jobs/{name}", status=status, ended=time.time(), error=error, outputs=outputs or {})


class _Graph:
    """The steps of one pipeline, run as soon as what they need is there."""

    def __init__(
        self, run: Run, parent: str, plan: dict[str, Any], inputs: dict[str, Any], log: Path, display: str
    ) -> None:
        self.run, self.parent, self.plan, self.inputs = run, parent, plan, inputs
        self.log, self.display = log, display
        self.outputs: dict[str, dict[str, Any]] = {}
        self.failures: list[StepFailed] = []

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
                stop = self.run.canceled.is_set() or (failed and not self.plan["continue_on_step_failure"])
                for name in [] if stop else list(waiting):
                    needs = set(self.plan["needs"][name])
                    if needs & failed:
                        failed.add(name)
                        del waiting[name]
                    elif needs <= self.outputs.keys():
                        running[pool.submit(self._run_node, name, waiting.pop(name))] = name
                if not running:
                    if stop or not waiting:
                        break
                    continue
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    self._collect(running.pop(future), future, failed)
        if self.run.canceled.is_set():
            raise StepCanceled
        outputs = {
            name: self.outputs[source["node"]][source["output"]]
            for name, source in self.plan["outputs"].items()
            if source["node"] in self.outputs
        }
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
                text = binding["template"]
                for source, name in binding["parents"].items():
                    text = text.replace("${{" + source + "}}", str(self.inputs[name].get("value", "")))
                bound[port] = {"value": text}
            else:
                bound[port] = binding
        return bound

    def _run_node(self, name: str, node: dict[str, Any]) -> dict[str, Any]:
        bound = self._bound(node)
        child = str(uuid.uuid4())
        if node["kind"] == "pipeline":
            return self._run_nested(name, child, node, bound)
        key = step_key(node, bound)
        earlier = reusable(self.run, key) if node["deterministic"] and not self.plan["force_rerun"] else None
        self._record(child, name, node, earlier)
        if earlier:
            self._tell(f"{name}: reused the outputs of {earlier['name']}")
            outputs: dict[str, Any] = earlier["outputs"]
            _end(self.run, child, "Completed", None, outputs=outputs)
            return outputs
        self._tell(f"{name}: running as {child}")
        try:
            outputs = run_step(self.run, child, node, bound)
        except StepCanceled:
            _end(self.run, child, "Canceled", None)
            raise
        except StepFailed as error:
            _end(self.run, child, "Failed", error.body)
            self._tell(f"{name}: failed. {error.body['message']}")
            raise
        _end(self.run, child, "Completed", None, outputs=outputs)
        if node["deterministic"]:
            remember(self.run, key, child)
        else:
            forget(self.run, key)
        self._tell(f"{name}: completed")
        return outputs

    def _run_nested(self, name: str, child: str, node: dict[str, Any], bound: dict[str, Any]) -> dict[str, Any]:
        self._record(child, name, node, None)
        plan = {**node["plan"], "force_rerun": self.plan["force_rerun"]}
        graph = _Graph(self.run, child, plan, bound, self.log, node["display"])
        try:
            outputs = graph.execute()
        except StepCanceled:
            _end(self.run, child, "Canceled", None)
            raise
        except StepFailed as error:
            _end(self.run, child, "Failed", error.body, outputs=error.outputs)
            raise
        _end(self.run, child, "Completed", None, outputs=outputs)
        return outputs

    def _record(self, child: str, name: str, node: dict[str, Any], earlier: dict[str, Any] | None) -> None:
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
            "azureml.pipeline": self.parent,
            "azureml.pipelinerunid": self.parent,
            "azureml.DevPlatv2": "true",
        }
        if earlier:
            properties |= {
                "azureml.isreused": "true",
                "azureml.reusedrunid": earlier["name"],
                "azureml.reusednodeid": earlier["properties"].get("azureml.nodeid", ""),
                "azureml.reusedpipeline": earlier["parent"] or "",
                "azureml.reusedpipelinerunid": earlier["parent"] or "",
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

    def _tell(self, message: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"[{stamp}Z] {message}\n")
