"""What the scenarios share: a project on a GitHub of its own, its first release, changes to it, and readings."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from runner import Service

from emulator.client import deactivate
from scripts import show_status
from tests.small_problem import FILES, OF_A_PROBLEM, PROBLEM, lay_over, problems_of

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "expected"
GIT = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
# The suite that runs these scenarios is what this job runs.
RUNNING_NOW = {"tests": "success"}
ENDPOINT = f"endpoints/{PROBLEM}"
ONEHOT = (f"pipelines/{PROBLEM}/onehot", f"{ENDPOINT}/deployments/onehot.yml", f"{ENDPOINT}/serving.yml")


def project(folder):
    """A repository with the files of this one, as they are now, and the small problem alone, without ``onehot``."""
    folder.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not OF_A_PROBLEM.match(name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    add_problem(folder, PROBLEM)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=folder, check=True)
    first = commit(folder, "First version")
    # Each job fetches from here, and what is packed already is only copied.
    subprocess.run([*GIT, "repack", "--quiet", "-a", "-d"], cwd=folder, check=True)
    return first


def add_problem(repository, problem, onehot=False):
    """Add the small problem to a repository, under this name; with its variant ``onehot``, or without."""
    lay_over(repository, problem, () if onehot else ONEHOT)


def line(job, problem=PROBLEM):
    """The path of a job of the problem's line in a run of release.yml."""
    return f"problem[{problem}]/{job}"


def commit(repository, message):
    """Commit everything in the repository's folder; returns the commit."""
    subprocess.run([*GIT, "add", "--all"], cwd=repository, check=True)
    subprocess.run([*GIT, "commit", "--quiet", "--message", message], cwd=repository, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True)
    return head.stdout.strip()


def built_once(shared, name, build):
    """Folder ``shared/name`` as ``build(folder)`` left it; the first of the test processes builds, others wait."""
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / f"{name}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        state = lock.read()
        if state == "":
            lock.write("begun ")
            lock.flush()
            build(shared / name)
            lock.write("built")
        assert state in ("", "begun built"), f"the world {name!r} could not be built; see the first failure"
    return shared / name


def service_in(folder, repository):
    """The GitHub kept in ``folder``, of ``repository``."""
    return Service(folder, repository, Path(sys.prefix))


def copy_of(world, target):
    """A copy of a world (a folder with ``project`` and ``github``) to go on from; returns service and project."""
    shutil.copytree(world, target, symlinks=True)
    return service_in(target / "github", target / "project"), target / "project"


def add_onehot(repository, serves=True):
    """The change that adds the variant ``onehot``, and lets it serve or leaves ``ordinal`` to serve."""
    for name in ONEHOT:
        source = FILES / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, repository / name)
    if not serves:
        (repository / ONEHOT[-1]).write_text("variant: ordinal\n", encoding="utf-8")
    return commit(repository, "Add the variant onehot")


def edit(repository, name, old, new, message):
    """The change that replaces ``old``, which must be there, by ``new`` in a file."""
    path = repository / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} does not hold {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return commit(repository, message)


def revert(repository):
    """The commit that takes the newest one back."""
    subprocess.run([*GIT, "revert", "--no-edit", "HEAD"], cwd=repository, check=True, capture_output=True)
    return "HEAD"


def merge(service, **options):
    """What a push of the newest commit to main starts; ``None`` where that is nothing."""
    changed = service.git("diff", "--name-only", "HEAD^", "HEAD").splitlines()
    runs = service.push(changed, payload={"before": service.git("rev-parse", "HEAD^")}, **options)
    return runs[0] if runs else None


def open_pull(service, sha, number=7, owner="owner"):
    """The pull request whose head is ``sha``; returns the payload of its event."""
    repository = {"full_name": f"{owner}/project"} if owner else None
    files = [{"filename": name} for name in service.git("diff", "--name-only", f"{sha}^", sha).splitlines()]
    head = {"label": f"{owner}:change", "ref": "change", "sha": sha, "repo": repository}
    pull = {"number": number, "head": head, "files": files}
    store = json.loads(service.api.read_text())
    service.api.write_text(json.dumps({**store, "pulls": [pull]}))
    return {"number": number, "pull_request": {**pull, "base": {"ref": "main"}}}


def pull_request(service, sha, owner="owner", given=RUNNING_NOW, **options):
    """Run the pull request's workflow, then the comment's; returns the first and the comments."""
    payload = open_pull(service, sha, owner=owner)
    run = service.run(
        "pull-request.yml", "pull_request", payload=payload, ref="refs/pull/7/merge", commit=sha, given=given, **options
    )
    return run, comment_on(service, run, owner)


def comment_on(service, run, owner="owner"):
    """Run the comment's workflow after a run of the pull request's; returns the comments."""
    after = {
        "id": int(run.github["run_id"]),
        "event": run.github["event_name"],
        "head_sha": run.github["sha"],
        "head_branch": "change",
        "head_repository": {"owner": {"login": owner}} if owner else None,
        "conclusion": run.conclusion,
        "html_url": f"https://github.com/{service.name}/actions/runs/{run.github['run_id']}",
    }
    comment = service.run("pull-request-comment.yml", "workflow_run", payload={"workflow_run": after})
    assert comment.conclusion == "success", comment.log
    return [one["body"] for one in json.loads(service.api.read_text())["comments"]]


def endpoint(service, state=".azureml-local", problem=PROBLEM):
    """What show_status says of the endpoint in the workspace that the last run kept, of those in this folder."""
    kept = [folder for folder in service.caches.iterdir() if (folder / "path").read_text() == state]
    newest = max(kept, key=lambda folder: (folder / "key").stat().st_mtime_ns)
    # In this process, which imports the SDK once: each scenario asks several times.
    with problems_of(service.repository):
        done = CliRunner().invoke(
            show_status.main, ["--problem", problem], env={"AZUREML_LOCAL_STATE": str(newest / "content")}
        )
    deactivate()
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def assert_as_expected(name, text):
    """Compare with ``expected/NAME``, but for times, digests and measured numbers; UPDATE_EXPECTED=1 rewrites it."""
    path = EXPECTED / name
    plain = normalised(text)
    if os.environ.get("UPDATE_EXPECTED"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(plain, encoding="utf-8")
    number = re.compile(r"[-+]?\d+\.\d+")
    assert number.sub("NUMBER", plain) == number.sub("NUMBER", path.read_text(encoding="utf-8"))


def normalised(text):
    """``text`` without what differs from run to run."""
    for pattern, word in (
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d| UTC)?", "TIME"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "JOB"),
        (r"\b[a-z]+_[a-z]+_[0-9a-z]{10}\b|\btest-\w+-[0-9a-f]{32}\b", "JOB"),
        (r"(?<=[-:])[0-9a-f]{10,12}\b|\b[0-9a-f]{40}\b", "DIGEST"),
        (r"(?<=\| )\d+\.\d(?= \|)", "SECONDS"),
    ):
        text = re.sub(pattern, word, text)
    return text.rstrip() + "\n"
