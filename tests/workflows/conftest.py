"""Fixtures: a GitHub of a small repository made of the files that a test gives."""

import subprocess
import sys
from pathlib import Path

import pytest
from runner import Service

GIT = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]


def commit(repository, files, message="A change"):
    """Write ``files`` (path to text) into the repository and commit them; returns the commit."""
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run([*GIT, "add", "--all"], cwd=repository, check=True)
    subprocess.run([*GIT, "commit", "--quiet", "--message", message], cwd=repository, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True)
    return head.stdout.decode().strip()


@pytest.fixture
def github(tmp_path):
    """Function: a service whose repository holds these files."""

    def make(files, **options):
        repository = tmp_path / "repository"
        repository.mkdir()
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=repository, check=True)
        commit(repository, files)
        return Service(tmp_path / "github", repository, Path(sys.prefix), **options)

    return make
