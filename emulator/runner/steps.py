"""Run one step: the command of its component, in a process of its own with its own view of the data."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from emulator.runner.context import JobContext
from emulator.runner.environments import own_interpreter
from emulator.runner.interpreters import EnvironmentRefused
from emulator.runner.mounts import Mounts
from emulator.runner.processes import Stopped, TimedOut, execute
from emulator.runner.ranks import LOGS, NotHere
from emulator.runner.step_processes import processes_of, store_artifacts
from emulator.runner.step_tracking import IN_STEP, no_proxy_variables, python_path, tracking_variables
from emulator.state import keys
from emulator.state.addresses import datastore_path, default_output
from emulator.state.folder import has_no_space
from emulator.state.job_identity import storage_refusal
from emulator.state.plans import MODEL_INPUT, CommandNode, Data, Literal, OutputPort
from emulator.state.records import JobError, Output
from emulator.wire.errors import ServiceError

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{\{\s*(inputs|outputs)\.(\w+)(?:\.path)?\s*\}\}")
_TAIL_LINES = 20
# The variables of this process that a step inherits: where and how processes run, and no token, secret or account.
_INHERITED = re.compile(
    r"HOME|USER|LOGNAME|SHELL|TERM|TZ|TMPDIR|LANG|LANGUAGE|LC_\w+|LD_LIBRARY_PATH|VIRTUAL_ENV|PYTHON(HASHSEED|UTF8)"
    r"|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_(FILE|DIR)"
    r"|(OMP|MKL|OPENBLAS|NUMEXPR)_NUM_THREADS|CUDA_VISIBLE_DEVICES|AZUREML_EMULATOR_\w+|AZUREML_RUNNER_PYTHON"
)
_FILE_TYPES = ("uri_file",)


class StepFailed(Exception):
    """A step failed; ``body`` is the error of its job, ``outputs`` the outputs that exist already."""

    def __init__(self, body: JobError, outputs: dict[str, Output] | None = None) -> None:
        super().__init__(body["message"])
        self.body = body
        self.outputs = outputs or {}


class StepCanceled(Exception):
    """A step was stopped, or was not started, because the job must stop."""


def fill_placeholders(command: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
    """Return ``command`` with values in its placeholders, without each ``$[[…]]`` that names an input without a value.

    Raises:
        StepFailed: the command names an input or output that has no value.
    """
    values = {"inputs": inputs, "outputs": outputs}

    def section(match: re.Match[str]) -> str:
        named = _PLACEHOLDER.findall(match[1])
        return match[1] if all(name in values[kind] for kind, name in named) else ""

    def value(match: re.Match[str]) -> str:
        if match[2] not in values[match[1]]:
            message = f"The command names {match[1]}.{match[2]}, which has no value."
            raise StepFailed({"code": "UserError", "message": message})
        return values[match[1]][match[2]]

    return _PLACEHOLDER.sub(value, _OPTIONAL.sub(section, command))


def run_step(
    context: JobContext, job: str, node: CommandNode, bound: Mapping[str, Literal | Data], stopped: Callable[[], bool]
) -> dict[str, Output]:
    """Run the step ``node`` with the inputs ``bound``, as the job with the id ``job``; return its outputs by name.

    Raises:
        StepFailed: it could not start, did not end with status 0, or ran longer than its time limit.
        StepCanceled: ``stopped`` returned true.
    """
    if why := storage_refusal(context.workspace, _compute(context)):
        raise StepFailed({"code": "UserError", "message": why})
    folder = context.workspace.state / "runs" / job / "node"
    limit = None if node["timeout"] is None else float(node["timeout"])
    mounts = Mounts(folder, context.workspace.state)
    try:
        inputs = {name: _input(mounts, name, binding) for name, binding in bound.items()}
        outputs: dict[str, Output] = {}
        places: dict[str, str] = {}
        for name, port in node["outputs"].items():
            outputs[name], places[name] = _output(context, job, mounts, name, port)
        command = fill_placeholders(node["command"], inputs, places)
        programs = context.interpreters.programs(node["environment"], folder / "environment", stopped)
        environment = _environment(context, job, node, inputs, places, programs)
        processes = processes_of(context, job, node, command, environment, programs, folder)
        try:
            process, status = execute(processes, limit, stopped, context.guard)
        finally:
            store_artifacts(processes, context.log_folder(job))
        full = status != 0 and has_no_space(context.workspace.state)
        mounts.store_outputs()
    except Stopped:
        raise StepCanceled from None
    except (EnvironmentRefused, NotHere) as error:
        raise StepFailed({"code": "UserError", "message": str(error)}) from None
    except TimedOut:
        message = f"The step ran longer than its limit of {limit:g} s and was stopped."
        raise StepFailed({"code": "UserError", "message": message}) from None
    finally:
        context.cleaning.submit(mounts.close)
    if status != 0:
        lines = process.log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        message = (
            f"Execution failed. User process exited with status code {status}. Please check log file"
            f" '{LOGS}/{process.log.name}' for error details. Error: {''.join(lines[-_TAIL_LINES:])}"
        )
        if full:  # what the step said about it may be lost, too
            message += f"The step had no space left on the disk of {context.workspace.state}."
        raise StepFailed({"code": "UserError", "message": message})
    return outputs


def _compute(context: JobContext) -> str | None:
    """Return the default compute of the job, or None."""
    job = context.store.get(keys.job(context.job))
    return job["target"] if job else None


def _input(mounts: Mounts, name: str, binding: Literal | Data) -> str:
    if "path" not in binding:
        return binding["value"]
    path = Path(binding["path"])
    if not path.exists():
        raise StepFailed({"code": "UserError", "message": f"Input {name}: there is no data at {binding['identity']}."})
    return mounts.input(name, path, name == MODEL_INPUT)


def _output(context: JobContext, job: str, mounts: Mounts, name: str, port: OutputPort) -> tuple[Output, str]:
    uri = port.get("path") or default_output(job, name)
    uri = uri.replace("${{name}}", job).replace("${{output_name}}", name)
    try:
        path = datastore_path(context.workspace, uri)
    except ServiceError as error:
        raise StepFailed({"code": "UserError", "message": f"Output {name}: {error}"}) from None
    return {"uri": uri, "type": port["type"]}, mounts.output(name, path, port["type"] in _FILE_TYPES)


def _inherited_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return those variables of ``environment`` that a step inherits."""
    return {name: value for name, value in environment.items() if _INHERITED.fullmatch(name)}


def _environment(
    context: JobContext, job: str, node: CommandNode, inputs: dict[str, str], outputs: dict[str, str], programs: Path
) -> dict[str, str]:
    names = context.workspace.names
    document = context.store.get(keys.job(job))
    own = {name: str(value) for name, value in node["environment_variables"].items()}
    return {
        **_inherited_variables(os.environ),
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "VIRTUAL_ENV": str(programs.parent),
        "AZUREML_EMULATOR_IN_STEP": IN_STEP,
        "AZUREML_EMULATOR_PYTHON": str(own_interpreter()),
        "AZUREML_EMULATOR_LOGS": str(context.log_folder(job)),
        "AZUREML_LOCAL_STATE": str(context.workspace.state),
        "AZUREML_RUN_ID": job,
        "AZUREML_ROOT_RUN_ID": context.job,
        "AZUREML_ARM_SUBSCRIPTION": names.subscription,
        "AZUREML_ARM_RESOURCEGROUP": names.group,
        "AZUREML_ARM_WORKSPACE_NAME": names.workspace,
        **tracking_variables(names, job, str(document and document["experiment"])),
        **{f"AZURE_ML_INPUT_{name}": value for name, value in inputs.items()},
        **{f"AZURE_ML_OUTPUT_{name}": value for name, value in outputs.items()},
        **own,
        **no_proxy_variables({**os.environ, **own}),
        "PYTHONPATH": python_path(own.get("PYTHONPATH")),
    }
