"""Inputs at http(s) addresses: they are downloaded just before their step starts, not when the job is submitted."""

from collections.abc import Callable, Mapping

from emulator.runner.context import JobContext
from emulator.runner.processes import Stopped
from emulator.runner.steps import StepCanceled, StepFailed
from emulator.runner.web_client import Unavailable
from emulator.state.plans import Bound, Data, Literal

_FOLDERS = ("uri_folder", "mltable", "mlflow_model", "triton_model")


def download_web_inputs(
    context: JobContext, inputs: Mapping[str, Bound], stopped: Callable[[], bool], log: Callable[[str], None]
) -> dict[str, Literal | Data]:
    """Return ``inputs`` with a local file in place of each address on a web server; ``log`` gets a message for each.

    Raises:
        StepFailed: such an input is a folder, or its file could not be downloaded.
        StepCanceled: ``stopped`` returned true before the end of the download.
    """
    return {name: _local(context, name, binding, stopped, log) for name, binding in inputs.items()}


def _local(
    context: JobContext, name: str, binding: Bound, stopped: Callable[[], bool], log: Callable[[str], None]
) -> Literal | Data:
    if "url" not in binding:
        return binding
    url, kind = binding["url"], binding["kind"]
    # The query may be a signature, which would give access to every reader of the message.
    shown = url.partition("?")[0]
    if kind in _FOLDERS:
        # Such a step fails on Azure too: Azure/azure-sdk-for-python#27318.
        raise _failed(
            f"Input {name}: {shown} is of type {kind}, and there are no folders to read on a web server. Name one file"
            " with type uri_file, or upload the folder as a data asset."
        )
    try:
        file = context.web_files.fetch(url, stopped)
    except Unavailable as error:
        raise _failed(
            f"Input {name}: {shown} could not be read: {error}. Check that this machine can open the address without"
            " signing in, or upload the file as a data asset."
        ) from None
    except Stopped:
        raise StepCanceled from None
    log(f"input {name} is {shown}, {file.size} bytes, SHA-256 {file.digest}")
    return {"path": str(file.path), "identity": f"{url} SHA-256 {file.digest}", "kind": kind}


def _failed(message: str) -> StepFailed:
    return StepFailed({"code": "UserError", "message": message})
