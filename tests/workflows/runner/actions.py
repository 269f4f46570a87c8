"""Stand-ins for the third-party actions that the workflows use, with the inputs that they accept."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from runner.artifacts import deploy_site, download, require, upload, upload_site
from runner.github_script import github_script

if TYPE_CHECKING:
    from runner.job import Job

Inputs = dict[str, str]


def _checkout(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """A clean, shallow and detached checkout of the run's commit, or of ``ref``."""
    require(job, "contents")
    service, github = job.run.service, job.contexts["github"]
    sha = service.git("rev-parse", "--verify", f"{given.get('ref') or github['sha']}^{{commit}}")
    shutil.rmtree(job.workspace)
    service.git("init", "--quiet", str(job.workspace))
    depth = given.get("fetch-depth", "1")
    how = [] if depth == "0" else [f"--depth={depth}"]
    service.git("-C", str(job.workspace), "fetch", "--quiet", *how, f"file://{service.repository}", sha)
    service.git("-C", str(job.workspace), "checkout", "--quiet", "--detach", sha)
    return {"commit": sha, "ref": given.get("ref", "")}


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


_CACHE = {"path", "key", "restore-keys", "fail-on-cache-miss"}
ACTIONS: dict[str, tuple[set[str], Callable[[Job, Inputs, Inputs], Inputs]]] = {
    "actions/checkout": ({"ref", "persist-credentials", "fetch-depth"}, _checkout),
    "actions/setup-python": ({"python-version"}, _setup_python),
    "actions/cache": (_CACHE, _cache),
    "actions/cache/restore": (_CACHE, _restore),
    "actions/cache/save": ({"path", "key"}, _save),
    "actions/upload-artifact": (
        {"name", "path", "if-no-files-found", "retention-days", "include-hidden-files", "overwrite", "archive"},
        upload,
    ),
    "actions/download-artifact": (
        {"name", "path", "pattern", "merge-multiple", "run-id", "github-token"},
        download,
    ),
    "actions/github-script": ({"script", "github-token"}, github_script),
    "actions/upload-pages-artifact": ({"name", "path"}, upload_site),
    "actions/deploy-pages": ({"artifact_name"}, deploy_site),
}
