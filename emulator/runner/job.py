"""Run one job from its start to its end; this is the body of the runner's process."""

import json
import threading
import traceback
from functools import partial
from pathlib import Path

from emulator.runner.context import EXECUTION_LOG, JobContext, write_log
from emulator.runner.pipeline import PipelineExecution
from emulator.runner.processes import Guard
from emulator.runner.registration import register_outputs
from emulator.runner.steps import StepCanceled, StepFailed, run_step
from emulator.runner.sweep import SweepExecution
from emulator.runner.web_inputs import download_web_inputs
from emulator.state.workspace import Workspace
from emulator.wire.names import Names


def main(state: str, name: str, names: str) -> None:
    """Run the job ``name`` of the workspace in the folder ``state`` to its end.

    ``names`` are the names of the workspace as JSON. The process has inherited the lock of the job.
    """
    # The guard is made first, so that it inherits the job's lock but no open file of the state.
    guard = Guard()
    context = JobContext(guard, Workspace(Path(state), Names(**json.loads(names))), name)
    watcher = threading.Thread(target=context.watch_for_cancel, daemon=True)
    watcher.start()
    try:
        _run_job(context, name)
    except Exception as error:
        traceback.print_exc()
        context.record_end(name, "Failed", {"code": "ServiceError", "message": f"{type(error).__name__}: {error}"})
    finally:
        context.stop_watching()
        context.cleaning.shutdown()
        watcher.join()
        context.guard.dismiss()


def _run_job(context: JobContext, name: str) -> None:
    plan = context.plan()
    log = context.create_logs(name) if "graph" in plan else context.log_file(name, EXECUTION_LOG)
    if "graph" in plan:
        write_log(log, f"The pipeline has {len(plan['graph']['nodes'])} steps.")
    # A run that has started has its logs.
    job = context.record_start()
    for note in job["notes"]:
        write_log(log, note)
    try:
        if "command" in plan:
            node, stopped = plan["command"], context.canceled.is_set
            inputs = download_web_inputs(context, plan["inputs"], stopped, partial(write_log, log))
            outputs = run_step(context, name, node, inputs, stopped)
            register_outputs(context, name, node, outputs)
        elif "sweep" in plan:
            sweep, stopped = plan["sweep"], context.canceled.is_set
            inputs = download_web_inputs(context, plan["inputs"], stopped, partial(write_log, log))
            outputs = SweepExecution(context, name, sweep, inputs, stopped).run()
            register_outputs(context, name, sweep["trial"], outputs)
        else:
            execution = PipelineExecution(context, name, plan["graph"], plan["inputs"], log, context.canceled.is_set)
            outputs = execution.run()
    except StepCanceled:
        context.record_end(name, "Canceled")
    except StepFailed as error:
        context.record_end(name, "Failed", error.body, outputs=error.outputs)
    else:
        context.record_end(name, "Completed", None, outputs=outputs)
