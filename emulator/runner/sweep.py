"""Run a sweep: trials with samples of its search space, several at once; the best gives the outputs."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from emulator.runner.context import JobContext
from emulator.runner.early_termination import to_stop
from emulator.runner.sampling import samples
from emulator.runner.step_records import record_best, record_trial
from emulator.runner.steps import StepCanceled, StepFailed, run_step
from emulator.state import keys
from emulator.state.plans import CommandNode, Data, Literal, SweepNode
from emulator.state.records import Output

# As many as steps of a pipeline.
_TRIALS_AT_ONCE = 8
_POLL_SECONDS = 0.2


class SweepExecution:
    """One execution of the sweep ``node`` with ``inputs``; ``job`` is the id of its job or step."""

    def __init__(
        self,
        context: JobContext,
        job: str,
        node: SweepNode,
        inputs: Mapping[str, Literal | Data],
        stopped: Callable[[], bool],
    ) -> None:
        self._context, self._job, self._node, self._inputs = context, job, node, inputs
        self._stopped_by_caller, self._sweep = stopped, node["sweep"]
        self._deadline = time.monotonic() + self._sweep["timeout"] if self._sweep["timeout"] else None
        self._running: dict[Future[dict[str, Output]], str] = {}
        self._outputs: dict[str, dict[str, Output]] = {}
        self._failures: list[StepFailed] = []
        self._ended_early: set[str] = set()
        self._checked: dict[str, int] = {}
        self._trials: list[str] = []

    def _stopped(self) -> bool:
        return self._stopped_by_caller() or self._is_late()

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    def run(self) -> dict[str, Output]:
        """Run all trials; return the outputs of the best by name.

        Raises:
            StepFailed: no trial has completed.
            StepCanceled: the job was canceled, or ran longer than its time limit.
        """
        waiting = samples(self._sweep)
        with ThreadPoolExecutor(_TRIALS_AT_ONCE) as pool:
            while True:
                while len(self._running) < min(self._sweep["concurrent"], _TRIALS_AT_ONCE) and not self._stopped():
                    values = next(waiting, None)
                    if values is None:
                        break
                    trial = f"{self._job}_{len(self._trials)}"
                    self._trials.append(trial)
                    self._running[pool.submit(self._run_trial, trial, values)] = trial
                if not self._running:
                    break
                done, _ = wait(self._running, _POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    self._collect(self._running.pop(future), future)
                self._end_early()
        if self._stopped():
            raise StepCanceled
        return self._best()

    def _run_trial(self, trial: str, values: dict[str, str]) -> dict[str, Output]:
        # As documented, the time limit of a trial cancels it; one of a command would make it fail.
        limit = self._node["trial"]["timeout"]
        deadline = None if limit is None else time.monotonic() + float(limit)
        node: CommandNode = {**self._node["trial"], "timeout": None}
        record_trial(self._context, self._job, trial, node, values)
        inputs = {**self._inputs, **{name: Literal(value=value) for name, value in values.items()}}

        def stopped() -> bool:
            is_late = deadline is not None and time.monotonic() > deadline
            return is_late or self._stopped() or trial in self._ended_early

        try:
            outputs = run_step(self._context, trial, node, inputs, stopped)
        except StepCanceled:
            self._context.record_end(trial, "Canceled")
            raise
        except StepFailed as error:
            self._context.record_end(trial, "Failed", error.body, outputs=error.outputs)
            raise
        self._context.record_end(trial, "Completed", outputs=outputs)
        return outputs

    def _collect(self, trial: str, future: "Future[dict[str, Output]]") -> None:
        try:
            self._outputs[trial] = future.result()
        except StepFailed as error:
            self._failures.append(error)
        except StepCanceled:
            pass

    def _end_early(self) -> None:
        policy = self._sweep["policy"]
        if policy is None:
            return
        series = {trial: self._values(trial) for trial in self._trials}
        running = list(self._running.values())
        self._ended_early.update(to_stop(policy, self._sweep["goal"], series, running, self._checked))

    def _values(self, trial: str) -> list[float]:
        """Return the values of the primary metric of a trial in the order in which they were logged."""
        rows = self._context.store.documents(keys.points(trial, self._sweep["metric"]))
        return [float(point["value"]) for _, point in rows]

    def _best(self) -> dict[str, Output]:
        choose = max if self._sweep["goal"] == "maximize" else min
        scores = {trial: choose(values) for trial in self._outputs if (values := self._values(trial))}
        if not self._outputs:
            reason = self._failures[0].body["message"] if self._failures else "All trials were canceled."
            raise StepFailed({"code": "UserError", "message": f"No trial of the sweep has completed. {reason}"})
        if not scores:
            message = f"No trial has logged the primary metric {self._sweep['metric']}."
            raise StepFailed({"code": "UserError", "message": message})
        best = choose(scores, key=lambda trial: scores[trial])
        record_best(self._context, self._job, best, scores[best])
        return self._outputs[best]
