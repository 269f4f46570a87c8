"""Run the steps of a pipeline in the order of their dependencies, and independent steps at the same time."""

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from emulator.runner.context import EXECUTION_LOG, JobContext, write_log
from emulator.runner.registration import register_outputs
from emulator.runner.reuse import delete_reuse, find_reusable, step_key, store_reuse
from emulator.runner.step_inputs import fill_texts, resolve_inputs
from emulator.runner.step_records import mark_reused, record_step
from emulator.runner.steps import StepCanceled, StepFailed, run_step
from emulator.runner.sweep import SweepExecution
from emulator.runner.web_inputs import download_web_inputs
from emulator.state.plans import PARENT_NAME, Bound, CommandNode, Data, Graph, Literal, PipelineNode, SweepNode
from emulator.state.records import Job, Output

_PARALLEL_STEPS = 8


class PipelineExecution:
    """One execution of the pipeline ``graph`` with ``inputs``; ``job`` is the id of the pipeline's job or step.

    ``log`` is the file for messages; ``stopped`` returns true when the pipeline must stop.
    """

    def __init__(
        self,
        context: JobContext,
        job: str,
        graph: Graph,
        inputs: dict[str, Bound],
        log: Path,
        stopped: Callable[[], bool],
    ) -> None:
        self._context, self._job, self._graph, self._log = context, job, graph, log
        self._inputs: dict[str, Bound] = {**inputs, PARENT_NAME: {"value": job}}
        self._stopped_by_caller = stopped
        self._outputs: dict[str, dict[str, Output]] = {}
        self._failures: list[StepFailed] = []

    def _stopped(self) -> bool:
        """Return whether the steps must stop: the pipeline must, or a step failed and the others need not continue."""
        failed_fast = bool(self._failures) and not self._graph["continue_on_step_failure"]
        return failed_fast or self._stopped_by_caller()

    def run(self) -> dict[str, Output]:
        """Run all steps; return the pipeline's outputs by name.

        Raises:
            StepFailed: a step failed; with ``continue_on_step_failure``, after the other steps have ended.
            StepCanceled: the job was canceled.
        """
        waiting = dict(self._graph["nodes"])
        running: dict[Future[dict[str, Output]], str] = {}
        failed: set[str] = set()
        with ThreadPoolExecutor(_PARALLEL_STEPS) as pool:
            while waiting or running:
                stop = self._stopped()
                for name in [] if stop else list(waiting):
                    needs = set(self._graph["needs"][name])
                    if needs & failed:
                        failed.add(name)
                        del waiting[name]
                    elif needs <= self._outputs.keys():
                        running[pool.submit(self._run_node, name, waiting.pop(name))] = name
                if not running:
                    if stop:
                        break
                    continue
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    self._collect(running.pop(future), future, failed)
        outputs = {
            name: self._outputs[source["node"]][source["output"]]
            for name, source in self._graph["outputs"].items()
            if source["node"] in self._outputs
        }
        if self._stopped_by_caller():
            raise StepCanceled
        if self._failures:
            raise StepFailed(self._failures[0].body, outputs)
        return outputs

    def _collect(self, name: str, future: "Future[dict[str, Output]]", failed: set[str]) -> None:
        try:
            self._outputs[name] = future.result()
        except StepFailed as error:
            failed.add(name)
            self._failures.append(error)
        except StepCanceled:
            failed.add(name)

    def _run_node(self, name: str, node: CommandNode | PipelineNode | SweepNode) -> dict[str, Output]:
        """Run the step ``name``; return its outputs by name."""
        inputs = resolve_inputs(self._context.workspace, node, self._inputs, self._outputs)
        step = str(uuid.uuid4())
        # Of two equal steps the second is there when its turn comes, and says at once that it reuses the first.
        waits = "command" in node and not any("url" in given for given in inputs.values())
        if not waits:
            self._record(step, name, node)
        try:
            if "plan" in node:
                outputs = self._run_nested(step, node, inputs)
            elif "trial" in node:
                outputs = self._run_sweep(name, step, node, inputs)
            else:
                outputs = self._run_command(name, step, node, inputs, recorded=not waits)
        except StepCanceled:
            self._context.record_end(step, "Canceled")
            if "plan" not in node:
                self._write(f"{name}: canceled")
            raise
        except StepFailed as error:
            self._context.record_end(step, "Failed", error.body, outputs=error.outputs)
            if "plan" not in node:
                self._write(f"{name}: failed. {error.body['message']}")
            raise
        return outputs

    def _record(
        self, step: str, name: str, node: CommandNode | PipelineNode | SweepNode, earlier: Job | None = None
    ) -> None:
        record_step(self._context, self._job, step, name, node, earlier)
        self._context.create_logs(step)

    def _run_command(
        self, name: str, step: str, node: CommandNode, inputs: dict[str, Bound], recorded: bool
    ) -> dict[str, Output]:
        """Run a command step, or reuse the outputs of an equal step; return its outputs by name."""
        try:
            node = fill_texts(node, self._inputs)
        except StepFailed:
            if not recorded:
                self._record(step, name, node)
            raise
        local = download_web_inputs(self._context, inputs, self._stopped, lambda text: self._write(f"{name}: {text}"))
        key = step_key(node, local)
        may_reuse = node["deterministic"] and not self._graph["force_rerun"]
        with self._context.turn(key if may_reuse else step):
            earlier = find_reusable(self._context, key) if may_reuse else None
            if not recorded:
                self._record(step, name, node, earlier)
            elif earlier:
                mark_reused(self._context, step, earlier)
            write_log(self._context.log_file(step, EXECUTION_LOG), f"ReuseHash: {key}")
            return self._run_or_reuse(name, step, node, local, key, earlier)

    def _run_or_reuse(
        self,
        name: str,
        step: str,
        node: CommandNode,
        local: Mapping[str, Literal | Data],
        key: str,
        earlier: Job | None,
    ) -> dict[str, Output]:
        if earlier:
            self._write(f"{name}: reusing the outputs of {earlier['name']}")
            # The assets that the earlier job registered are its own.
            outputs = {
                port: Output(uri=output["uri"], type=output["type"]) for port, output in earlier["outputs"].items()
            }
        else:
            self._write(f"{name}: running as {step}")
            outputs = run_step(self._context, step, node, local, self._stopped)
        register_outputs(self._context, step, node, outputs)
        self._context.record_end(step, "Completed", outputs=outputs)
        if not node["deterministic"]:
            delete_reuse(self._context, key)
        elif not earlier:
            store_reuse(self._context, key, step)
        self._write(f"{name}: completed")
        return outputs

    def _run_sweep(self, name: str, step: str, node: SweepNode, inputs: dict[str, Bound]) -> dict[str, Output]:
        """Run a step that is a sweep; return the outputs of its best trial by name."""
        trial = fill_texts(node["trial"], self._inputs)
        local = download_web_inputs(self._context, inputs, self._stopped, lambda text: self._write(f"{name}: {text}"))
        self._write(f"{name}: running as {step}, a sweep")
        outputs = SweepExecution(self._context, step, {**node, "trial": trial}, local, self._stopped).run()
        register_outputs(self._context, step, trial, outputs)
        self._context.record_end(step, "Completed", outputs=outputs)
        self._write(f"{name}: completed")
        return outputs

    def _run_nested(self, step: str, node: PipelineNode, inputs: dict[str, Bound]) -> dict[str, Output]:
        """Run a step that is a pipeline; return its outputs by name."""
        graph: Graph = {
            **node["plan"],
            "force_rerun": self._graph["force_rerun"],
            "continue_on_step_failure": self._graph["continue_on_step_failure"],
        }
        outputs = PipelineExecution(self._context, step, graph, inputs, self._log, self._stopped).run()
        self._context.record_end(step, "Completed", outputs=outputs)
        return outputs

    def _write(self, message: str) -> None:
        write_log(self._log, message)
