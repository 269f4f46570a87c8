"""Inputs at http(s) addresses: brought here when their step is about to start, not when its job is submitted."""

from collections.abc import Callable, Mapping

from emulator.runner.processes import Stopped
from emulator.runner.run import Run
from emulator.runner.steps import StepCanceled, StepFailed
from emulator.runner.web_files import Unavailable
from emulator.state.plans import Bound, Data, Literal

_FOLDERS = ("uri_folder", "mltable", "mlflow_model", "triton_model")


def with_web_inputs(
    run: Run, bound: Mapping[str, Bound], stopped: Callable[[], bool], say: Callable[[str], None]
) -> dict[str, Literal | Data]:
    """Return ``bound`` with a file here for each input that lies on a web server; ``say`` writes to the job's log.

    Raises:
        StepFailed: such an input is a folder, or its file did not come.
        StepCanceled: ``stopped`` said so before the file was here.
    """
    return {name: _here(run, name, binding, stopped, say) for name, binding in bound.items()}


def _here(
    run: Run, name: str, binding: Bound, stopped: Callable[[], bool], say: Callable[[str], None]
) -> Literal | Data:
    if "url" not in binding:
        return binding
    url, kind = binding["url"], binding["kind"]
    # What follows may be a signature that opens the file to who reads it.
    shown = url.partition("?")[0]
    if kind in _FOLDERS:
        # So ends such a step on Azure: Azure/azure-sdk-for-python#27318.
        raise _failed(
            f"Input {name}: {shown} is of type {kind}, and there are no folders to read on a web server. Name one file"
            " with type uri_file, or upload the folder as a data asset."
        )
    try:
        file = run.web_files.fetch(url, stopped)
    except Unavailable as error:
        raise _failed(
            f"Input {name}: {shown} could not be read: {error}. Check that this machine can open the address without"
            " signing in, or upload the file as a data asset."
        ) from None
    except Stopped:
        raise StepCanceled from None
    say(f"input {name} is {shown}, {file.size} bytes, SHA-256 {file.digest}")
    return {"path": str(file.path), "identity": f"{url} SHA-256 {file.digest}", "kind": kind}


def _failed(message: str) -> StepFailed:
    return StepFailed({"code": "UserError", "message": message})
