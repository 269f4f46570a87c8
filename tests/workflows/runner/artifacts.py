"""Stand-ins for the actions that keep artifacts, hand them on, and publish one of them as a site."""

from __future__ import annotations

import fnmatch
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import Refused
from runner.files import artifact_id

if TYPE_CHECKING:
    from runner.job import Job

Inputs = dict[str, str]


def require(job: Job, right: str, *levels: str) -> None:
    """Raise PermissionError where the job's token has not this right; any of the levels does, reading unless given."""
    if job.granted.get(right) not in (levels or ("read", "write")):
        raise PermissionError(f"the job's token has no right to {(levels or ('read',))[0]} {right}")


def upload(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Copy files as the service does: no empty folders, no modes, links followed, hidden files on request."""
    source = job.workspace / given["path"].strip()
    if any(mark in given["path"].strip() for mark in "*?![\n"):
        raise Refused(f"upload-artifact: path {given['path']!r}; only one file or folder is known")
    hidden = given.get("include-hidden-files", "false") == "true"
    root = source if source.is_dir() else source.parent
    candidates = root.rglob("*") if source.is_dir() else [source]
    files = [path for path in candidates if path.is_file() and (hidden or not _is_hidden(path, job.workspace))]
    archived = given.get("archive", "true") == "true"
    if not archived and len(files) > 1:
        raise FileExistsError(f"upload-artifact: archive is false, and there are {len(files)} files")
    if not files:
        return _no_files(job, given)
    name = given.get("name", "artifact") if archived else files[0].name
    target = job.run.service.artifacts(int(job.run.github["run_id"])) / name
    if target.exists():
        if given.get("overwrite", "false") != "true":
            raise FileExistsError(f"upload-artifact: {target.name!r} exists and overwrite is not true")
        shutil.rmtree(target)
    for path in files:
        copy = target / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    number = artifact_id(target.name)
    run = "{server_url}/{repository}/actions/runs/{run_id}".format(**job.run.github)
    return {"artifact-id": number, "artifact-url": f"{run}/artifacts/{number}"}


def _no_files(job: Job, given: Inputs) -> Inputs:
    message = f"upload-artifact: no files at {given['path']!r}"
    if given.get("if-no-files-found", "warn") == "error":
        raise FileNotFoundError(message)
    job.log.append(message)
    return {}


def _is_hidden(path: Path, workspace: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(workspace).parts)


def download(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """One artifact by name, or all that match a pattern, of this run or of ``run-id``."""
    other = given.get("run-id")
    if other and other != job.run.github["run_id"]:
        require(job, "actions")
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


def upload_site(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Keep a folder as the archive that a deployment to Pages takes; links are followed, hidden files are left out."""
    target = job.run.service.artifacts(int(job.run.github["run_id"])) / given.get("name", "github-pages")
    if target.exists():
        raise FileExistsError(f"{target.name!r} exists: the deployment would find two of that name and take neither")
    target.mkdir(parents=True)
    with tarfile.open(target / "artifact.tar", "w", dereference=True) as archive:
        archive.add(job.workspace / given["path"], ".", filter=_visible)
    return {"artifact_id": artifact_id(target.name)}


def _visible(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if any(part.startswith(".") for part in Path(entry.name).parts) else entry


def deploy_site(job: Job, given: Inputs, env: Inputs) -> Inputs:
    """Put what an archive holds in the place of the whole site."""
    for right in ("pages", "id-token"):
        require(job, right, "write")
    service = job.run.service
    kept = service.artifacts(int(job.run.github["run_id"])) / given.get("artifact_name", "github-pages")
    if not (kept / "artifact.tar").exists():
        raise FileNotFoundError(f"deploy-pages: no artifacts named {kept.name!r} were found for this workflow run")
    shutil.rmtree(service.site, ignore_errors=True)
    with tarfile.open(kept / "artifact.tar") as archive:
        archive.extractall(service.site, filter="data")
    owner, name = service.name.split("/")
    return {"page_url": f"https://{owner}.github.io/{name}/"}
