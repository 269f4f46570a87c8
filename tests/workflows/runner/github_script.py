"""Stand-in for actions/github-script: the real script under node, over a REST service kept in a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import Refused
from runner.files import artifact_id

if TYPE_CHECKING:
    from runner.job import Job


def github_script(job: Job, given: dict[str, str], env: dict[str, str]) -> dict[str, str]:
    """Run ``script`` with ``github``, ``context``, ``core`` and ``require``, as the action does."""
    node = shutil.which("node")
    if node is None:
        raise Refused("actions/github-script needs node, which is not on PATH")
    github = job.contexts["github"]
    owner, repository = github["repository"].split("/")
    jobs = {
        run_id: [{"name": result.name, "conclusion": result.result} for result in run.jobs.values()]
        for run_id, run in job.run.service.runs.items()
    }
    request = {
        "script": given["script"],
        "payload": github["event"],
        "repo": {"owner": owner, "repo": repository},
        "api": str(job.run.service.api),
        "jobs": jobs,
        "artifacts": _artifacts(job.run.service.root / "artifacts"),
        "granted": job.granted,
    }
    done = subprocess.run(
        [node, str(Path(__file__).with_name("github_script.cjs"))], input=json.dumps(request), text=True,
        cwd=job.workspace, env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    job.log.append(done.stdout + done.stderr)
    if done.returncode:
        raise ChildProcessError(f"the script failed: {done.stderr[-400:]}")
    return {"result": ""}


def _artifacts(kept: Path) -> dict[str, list[dict[str, Any]]]:
    """What the service lists of the artifacts of each run."""
    return {run.name: [_listed(one.name) for one in sorted(run.iterdir())] for run in kept.glob("*")}


def _listed(name: str) -> dict[str, Any]:
    return {"name": name, "id": int(artifact_id(name)), "expired": False}
