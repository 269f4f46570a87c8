"""Fixtures: a GitHub of a small repository made of the files that a test gives."""

import subprocess
import sys
from pathlib import Path

import pytest
from runner import Service
from scenario import commit


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
