"""Step reuse: the same component on the same inputs need not run again."""

import hashlib
import json
from collections.abc import Mapping

from emulator.runner.run import Run
from emulator.state import keys
from emulator.state.addresses import datastore_path
from emulator.state.plans import CommandNode, Data, Literal
from emulator.state.records import Job, Reuse
from emulator.wire.errors import ServiceError


def step_key(node: CommandNode, bound: Mapping[str, Literal | Data]) -> str:
    """Digest all that a step's outputs depend on: command, code, environment, inputs and where outputs go.

    An input counts by its address, because what lies on a datastore is taken not to change. A file of a web server
    counts by its content as well (see ``emulator.web_inputs``): whoever owns it may change it at any time, and an ETag
    or a date may be absent, stay as it was, or change with the machine that answers.
    """
    inputs = {name: binding["identity"] if "path" in binding else binding["value"] for name, binding in bound.items()}
    facts = {
        "command": node["command"],
        "code_hash": node["code_hash"],
        "environment": node["environment"],
        "environment_variables": node["environment_variables"],
        "outputs": {port: (target["type"], target.get("path")) for port, target in node["outputs"].items()},
        "inputs": inputs,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def reusable(run: Run, key: str) -> Job | None:
    """Return the completed step with this key whose outputs are still there, or None."""
    entry = run.store.get(keys.reuse(key))
    job = run.store.get(keys.job(entry["job"])) if entry else None
    if job is None or job["status"] != "Completed":
        return None
    return job if all(_is_there(run, output["uri"]) for output in job["outputs"].values()) else None


def _is_there(run: Run, uri: str) -> bool:
    try:
        return datastore_path(run.workspace, uri).exists()
    except ServiceError:
        return False


def remember(run: Run, key: str, job: str) -> None:
    """Let later steps reuse ``job``."""
    run.store.put(keys.reuse(key), Reuse(job=job))


def forget(run: Run, key: str) -> None:
    """Make later steps run again."""
    run.store.delete(keys.reuse(key))
