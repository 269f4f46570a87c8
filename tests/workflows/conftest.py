"""Fixtures: GitHub's own packages, and a GitHub of a small repository made of the files that a test gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runner import Service, oracle
from scenario import commit


@pytest.fixture(scope="session", autouse=True)
def _oracle():
    """GitHub's own packages judge here; where they cannot be had that is said aloud, and in CI it is a failure."""
    try:
        oracle.installed()
    except oracle.Missing as missing:
        if os.environ.get("CI"):
            pytest.fail(f"NOT TESTED: the workflows. {missing}")
        pytest.skip(f"NOT TESTED: the workflows. {missing}")


@pytest.fixture
def github(tmp_path):
    """Function: a service whose repository holds these files."""

    def make(files, **options):
        repository = tmp_path / "repository"
        repository.mkdir()
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=repository, check=True)
        for name, text in files.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(text, encoding="utf-8")
        commit(repository, "Files")
        return Service(tmp_path / "github", repository, Path(sys.prefix), **options)

    return make
