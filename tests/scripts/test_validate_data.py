"""The command prints its verdict, writes it to a file, ends with the right code, and connects to no service."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.lib.repository.problem import find_problem
from scripts.validate_data import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = find_problem("heart-disease").sample
ALONE = """
import runpy, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"tried to talk: {event} {arguments}")
sys.addaudithook(hook)
runpy.run_module("scripts.validate_data", run_name="__main__")
"""


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def rejected_file(folder):
    bad = folder / "heart.csv"
    bad.write_text(SAMPLE.read_text().replace(",fixed,", ",unheard-of,"))
    return bad


@pytest.mark.slow
def test_good_data_is_accepted_without_network_or_litter(tmp_path):
    command = [sys.executable, "-c", ALONE, "--data", SAMPLE, "--output", tmp_path / "out"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    result = json.loads(outcome.stdout)
    assert result["accepted"] is True
    assert result["synthetic"] is True
    lines = outcome.stderr.splitlines()
    assert lines[0] == "Data: data/heart-disease/synthetic.csv: 1 file, 300 rows (synthetic, no row is real)"
    places = [line.split()[-1] for line in lines if str(tmp_path) in line]
    names = ("report.html", "validation_result.json", "data_docs/index.html")
    assert places == [f"{tmp_path}/out/{name}" for name in names]


def test_bad_data_is_written_down_then_rejected(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    outcome = run("--data", rejected_file(tmp_path), "--output", tmp_path / "out")
    assert outcome.exit_code == 3
    result = json.loads(outcome.stdout)
    assert result["accepted"] is False
    assert Path(result["validation_result"]).is_file()
    assert Path(result["data_docs"]).is_file()
    assert "heart.csv, column thal, categories" in outcome.stderr
    assert "accepted=false" in (tmp_path / "output").read_text()
    assert "Data rejected" in (tmp_path / "summary").read_text()


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path):
    outcome = run("--data", tmp_path / "nowhere", "--output", tmp_path / "out")
    assert outcome.exit_code == 2
    assert "does not exist" in outcome.stderr


def test_a_file_as_output_is_a_usage_error(tmp_path):
    outcome = run("--data", SAMPLE, "--output", SAMPLE)
    assert outcome.exit_code == 2


def test_an_empty_folder_is_not_found(tmp_path):
    (tmp_path / "data").mkdir()
    outcome = run("--data", tmp_path / "data", "--output", tmp_path / "out")
    assert outcome.exit_code == 8
    assert "holds no file" in outcome.stderr


@pytest.mark.parametrize("content", [b"", b"age,sex\n", bytes(range(256)) * 9])
def test_no_table_is_rejected(tmp_path, content):
    file = tmp_path / "heart.csv"
    file.write_bytes(content)
    outcome = run("--data", file, "--output", tmp_path / "out")
    assert outcome.exit_code == 3
    assert outcome.stderr.startswith("Error: ")
    assert "heart.csv" in outcome.stderr
