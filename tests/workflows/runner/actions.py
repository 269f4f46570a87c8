"""Stand-ins for the third-party actions that the workflows use, with the inputs that they accept."""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import Refused
from runner.github_script import github_script

if TYPE_CHECKING:
    from runner.job import Job

Inputs = dict[str, str]


def _checkout(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """A clean, shallow and detached checkout of the run's commit, or of ``ref``."""
    _needs(job, "contents")
    service, github = job.run.service, job.contexts["github"]
    sha = service.git("rev-parse", "--verify", f"{given.get('ref') or github['sha']}^{{commit}}")
    shutil.rmtree(job.workspace)
    service.git("init", "--quiet", str(job.workspace))
    depth = given.get("fetch-depth", "1")
    how = [] if depth == "0" else [f"--depth={depth}"]
    service.git("-C", str(job.workspace), "fetch", "--quiet", *how, f"file://{service.repository}", sha)
    service.git("-C", str(job.workspace), "checkout", "--quiet", "--detach", sha)
    return {"commit": sha, "ref": given.get("ref", "")}


def _needs(job: Job, right: str) -> None:
    if job.granted.get(right) not in ("read", "write"):
        raise PermissionError(f"the job's token has no right to read {right}")


def _setup_python(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Nothing to do: the linked environment brings its interpreter."""
    return {"python-version": given["python-version"], "cache-hit": "false"}


def _cache(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Restore now, save after the job. ``.venv`` always hits, as a link: set-up is not repeated."""
    if given["path"] == ".venv":
        _link_venv(job.run.service.venv, job.workspace / ".venv")
        return {"cache-hit": "true"}
    found = _restore(job, given, env)
    if found["cache-hit"] != "true":
        job.post.append(lambda: _save(job, given, env))
    return {"cache-hit": found["cache-hit"]}


def _link_venv(venv: Path, target: Path) -> None:
    """An environment of its own whose programs and packages are those of ``venv``."""
    target.mkdir()
    for entry in venv.iterdir():
        if entry.is_dir():
            (target / entry.name).symlink_to(entry)
        else:
            shutil.copy(entry, target / entry.name)


def _restore(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """The cache of this key, else the newest whose key starts with one of ``restore-keys``."""
    prefixes = [given["key"], *given.get("restore-keys", "").split()]
    # The paths are part of what a cache is found by, as in the version that actions/cache makes of them.
    kept = [file for file in job.run.service.caches.glob("*/key") if _same_paths(file, given["path"])]
    kept = sorted(kept, key=lambda file: file.stat().st_mtime_ns, reverse=True)
    keys = {file.read_text(encoding="utf-8"): file.parent / "content" for file in kept}
    matched = next((key for prefix in prefixes for key in keys if key.startswith(prefix)), "")
    if matched:
        shutil.copytree(keys[matched], job.workspace / given["path"], dirs_exist_ok=True)
    elif given.get("fail-on-cache-miss") == "true":
        raise FileNotFoundError(f"no cache for {given['key']!r}")
    hit = "true" if matched == given["key"] else "false" if matched else ""
    return {"cache-hit": hit, "cache-primary-key": given["key"], "cache-matched-key": matched}


def _same_paths(key: Path, path: str) -> bool:
    return (key.parent / "path").read_text(encoding="utf-8") == path


def _save(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Keep the path under its key; a key that exists stays as it is, as on GitHub."""
    folder = job.run.service.caches / hashlib.sha256(f"{given['path']}\n{given['key']}".encode()).hexdigest()[:16]
    source = job.workspace / given["path"]
    if not source.exists():
        job.log.append(f"cache: {given['path']} does not exist, nothing saved")
    elif not folder.exists():
        shutil.copytree(source, folder / "content", symlinks=True)
        (folder / "path").write_text(given["path"], encoding="utf-8")
        (folder / "key").write_text(given["key"], encoding="utf-8")
    return {}


def _upload(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Copy files as the service does: no empty folders, no modes, links followed, hidden files on request."""
    source = job.workspace / given["path"].strip()
    if any(mark in given["path"].strip() for mark in "*?![\n"):
        raise Refused(f"upload-artifact: path {given['path']!r}; only one file or folder is known")
    hidden = given.get("include-hidden-files", "false") == "true"
    root = source if source.is_dir() else source.parent
    candidates = root.rglob("*") if source.is_dir() else [source]
    files = [path for path in candidates if path.is_file() and (hidden or not _is_hidden(path, job.workspace))]
    target = job.run.service.artifacts(int(job.run.github["run_id"])) / given.get("name", "artifact")
    if not files:
        return _no_files(job, given)
    if target.exists():
        if given.get("overwrite", "false") != "true":
            raise FileExistsError(f"upload-artifact: {target.name!r} exists and overwrite is not true")
        shutil.rmtree(target)
    for path in files:
        copy = target / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return {"artifact-id": hashlib.sha256(target.name.encode()).hexdigest()[:8]}


def _no_files(job: Job, given: Inputs) -> Inputs:
    message = f"upload-artifact: no files at {given['path']!r}"
    if given.get("if-no-files-found", "warn") == "error":
        raise FileNotFoundError(message)
    job.log.append(message)
    return {}


def _is_hidden(path: Path, workspace: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(workspace).parts)


def _download(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """One artifact by name, or all that match a pattern, of this run or of ``run-id``."""
    other = given.get("run-id")
    if other and other != job.run.github["run_id"]:
        _needs(job, "actions")
    kept = job.run.service.artifacts(int(other or job.run.github["run_id"]))
    target = job.workspace / given.get("path", ".")
    names = sorted(path.name for path in kept.iterdir()) if kept.exists() else []
    if name := given.get("name"):
        if name not in names:
            raise FileNotFoundError(f"download-artifact: no artifact {name!r}; there are {names}")
        shutil.copytree(kept / name, target, dirs_exist_ok=True)
    else:
        matched = fnmatch.filter(names, given.get("pattern", "*"))
        merge = given.get("merge-multiple") == "true" or len(matched) == 1
        for name in matched:
            shutil.copytree(kept / name, target if merge else target / name, dirs_exist_ok=True)
    return {"download-path": str(target)}


_CACHE = {"path", "key", "restore-keys", "fail-on-cache-miss"}
ACTIONS: dict[str, tuple[set[str], Callable[[Job, Inputs, Inputs], Inputs]]] = {
    "actions/checkout": ({"ref", "persist-credentials", "fetch-depth"}, _checkout),
    "actions/setup-python": ({"python-version"}, _setup_python),
    "actions/cache": (_CACHE, _cache),
    "actions/cache/restore": (_CACHE, _restore),
    "actions/cache/save": ({"path", "key"}, _save),
    "actions/upload-artifact": (
        {"name", "path", "if-no-files-found", "retention-days", "include-hidden-files", "overwrite"},
        _upload,
    ),
    "actions/download-artifact": (
        {"name", "path", "pattern", "merge-multiple", "run-id", "github-token"},
        _download,
    ),
    "actions/github-script": ({"script", "github-token"}, github_script),
}
