"""Step reuse: a step with the same component and inputs as an earlier one takes its outputs and does not run."""

import hashlib
import json
from collections.abc import Mapping

from emulator.runner.context import JobContext
from emulator.state import keys
from emulator.state.addresses import datastore_path
from emulator.state.plans import CommandNode, Data, Literal
from emulator.state.records import Job, Reuse
from emulator.wire.errors import ServiceError


def step_key(node: CommandNode, bound: Mapping[str, Literal | Data]) -> str:
    """Return the digest of all that a step's outputs depend on: command, code, environment, inputs, output addresses.

    The digest has the address of an input, because data on a datastore is assumed not to change. For a file of a web
    server it also has the content (see ``emulator.runner.web_inputs``): the owner may change the file at any time, and
    an ETag or a date may be absent, stay the same, or differ between the machines of one server.
    """
    inputs = {name: binding["identity"] if "path" in binding else binding["value"] for name, binding in bound.items()}
    content = {
        "command": node["command"],
        "code_hash": node["code_hash"],
        "environment": node["environment"],
        "environment_variables": node["environment_variables"],
        "spread": node["spread"],
        "outputs": {port: (target["type"], target.get("path")) for port, target in node["outputs"].items()},
        "inputs": inputs,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def find_reusable(context: JobContext, key: str) -> Job | None:
    """Return the completed step with the digest ``key`` if its outputs still exist, or None."""
    entry = context.store.get(keys.reuse(key))
    job = context.store.get(keys.job(entry["job"])) if entry else None
    if job is None or job["status"] != "Completed":
        return None
    return job if all(_exists(context, output["uri"]) for output in job["outputs"].values()) else None


def _exists(context: JobContext, uri: str) -> bool:
    try:
        return datastore_path(context.workspace, uri).exists()
    except ServiceError:
        return False


def store_reuse(context: JobContext, key: str, job: str) -> None:
    """Store that later steps with the digest ``key`` reuse the outputs of the step ``job``."""
    context.store.put(keys.reuse(key), Reuse(job=job))


def delete_reuse(context: JobContext, key: str) -> None:
    """Delete what ``store_reuse`` stored, so that the next step with the digest ``key`` runs."""
    context.store.delete(keys.reuse(key))
