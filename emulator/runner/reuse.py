"""Step reuse: the same component on the same inputs need not run again."""

import hashlib
import json
from typing import Any

from emulator.runner.run import Run


def step_key(node: dict[str, Any], bound: dict[str, Any]) -> str:
    """Digest all that a step's outputs depend on: command, code, environment, inputs and where outputs go.

    An input counts by its address, because what lies on a datastore is taken not to change. A file of a web server
    counts by its content as well (see ``emulator.web_inputs``): whoever owns it may change it at any time, and an ETag
    or a date may be absent, stay as it was, or change with the machine that answers.
    """
    inputs = {name: binding.get("identity", binding.get("value")) for name, binding in bound.items()}
    facts = {
        **{key: node[key] for key in ("command", "code_hash", "environment", "environment_variables")},
        "outputs": {port: (target["type"], target.get("path")) for port, target in node["outputs"].items()},
        "inputs": inputs,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def reusable(run: Run, key: str) -> dict[str, Any] | None:
    """Return the completed step with this key whose outputs are still there, or None."""
    entry = run.store.get(f"reuse/{key}")
    job = run.store.get(f"jobs/{entry['job']}") if entry else None
    if job is None or job["status"] != "Completed":
        return None
    there = all(run.places.of_uri(output["uri"]).exists() for output in job["outputs"].values())
    return job if there else None


def remember(run: Run, key: str, job: str) -> None:
    """Let later steps reuse ``job``."""
    run.store.put(f"reuse/{key}", {"job": job})


def forget(run: Run, key: str) -> None:
    """Make later steps run again."""
    run.store.delete(f"reuse/{key}")
