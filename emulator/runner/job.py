"""The process that runs one job."""

import json
import threading
import traceback
from functools import partial
from pathlib import Path

from emulator.runner.pipeline import PipelineRun
from emulator.runner.processes import Guard
from emulator.runner.registration import register
from emulator.runner.run import EXECUTION_LOG, Run, tell
from emulator.runner.steps import StepCanceled, StepFailed, run_step
from emulator.runner.web_inputs import with_web_inputs
from emulator.state.workspace import Workspace
from emulator.wire.names import Names


def main(state: str, name: str, names: str) -> None:
    """Run the job ``name`` of the workspace in ``state`` to its end; the job's lock was inherited.

    ``names`` are the workspace's own, as JSON.
    """
    # The guard comes first, so that it holds the job's lock and nothing of the state.
    guard = Guard()
    run = Run(guard, Workspace(Path(state), Names(**json.loads(names))), name)
    watcher = threading.Thread(target=run.watch_for_cancel, daemon=True)
    watcher.start()
    try:
        _run_job(run, name)
    except Exception as error:
        traceback.print_exc()
        run.end(name, "Failed", {"code": "ServiceError", "message": f"{type(error).__name__}: {error}"})
    finally:
        run.finish()
        watcher.join()
        run.guard.dismiss()


def _run_job(run: Run, name: str) -> None:
    job = run.begin()
    plan = run.plan()
    log = run.log(name, EXECUTION_LOG)
    for note in job["notes"]:
        tell(log, note)
    try:
        if "command" in plan:
            node, stopped = plan["command"], run.canceled.is_set
            bound = with_web_inputs(run, plan["inputs"], stopped, partial(tell, log))
            outputs = run_step(run, name, node, bound, stopped)
            register(run, name, node, outputs)
        else:
            outputs = PipelineRun(run, name, plan["graph"], plan["inputs"], log, run.canceled.is_set).execute()
    except StepCanceled:
        run.end(name, "Canceled")
    except StepFailed as error:
        run.end(name, "Failed", error.body, outputs=error.outputs)
    else:
        run.end(name, "Completed", None, outputs=outputs)
