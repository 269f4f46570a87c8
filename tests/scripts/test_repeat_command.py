"""A command for several problems: each runs whatever became of the others, and is told apart from them."""

import json
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from scripts.lib.repository.files import ROOT
from scripts.lib.telling.headlines import keep_headlines
from scripts.repeat_command import main

PROBLEMS = ["diabetes", "wine"]


def repeated(problems, *words):
    return CliRunner().invoke(main, ["--problems", problems, *words])


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def validated(tmp_path, data):
    return repeated(json.dumps(PROBLEMS), "validate_data", "--", "--data", data, "--output", str(tmp_path / "out"))


def test_each_runs_although_the_first_is_refused(tmp_path):
    tables = tmp_path / "tables"
    for name in PROBLEMS:
        (tables / name).mkdir(parents=True)
        (tables / name / "rows.csv").write_text((ROOT / "data/wine/wine.csv").read_text())
    done = validated(tmp_path, str(tables))
    assert done.exit_code == 3, "the table of one problem is none of the other's"
    first, second = done.stderr.split("\n== ")[1:]
    assert first.startswith("diabetes")
    assert second.startswith("wine")
    assert "178 rows" in second


def test_no_problem_is_not_all(tmp_path):
    done = repeated("[]", "show_status")
    assert (done.exit_code, done.stdout) == (0, "")


def test_results_of_all_are_on_stdout():
    done = repeated('["wine", "diabetes"]', "check_setup")
    decoder, text, found = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    assert len(found) == 2


@pytest.mark.parametrize(
    ("problems", "command", "words"),
    [
        ('["none"]', "show_status", "'none' is no problem; the problems are: diabetes, heart-disease, wine"),
        ("[wine", "show_status", "is no JSON list"),
        ("wine", "cancel_jobs", "is about no single problem"),
        ("wine", "lib", "is no command of scripts/"),
        ("wine", "os.path", "is no command of scripts/"),
    ],
)
def test_what_cannot_be_repeated_is_named(problems, command, words):
    done = repeated(problems, command)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_signal_stops_all():
    code = (
        "import sys, time, scripts.show_status as one\n"
        "def wait(**given): print('begun', flush=True); time.sleep(30)\n"
        "one.main.callback = wait\n"
        "from scripts.repeat_command import main\n"
        "main(['--problems', '[\"wine\", \"diabetes\"]', 'show_status'])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line == "begun\n":
            break
    os.kill(process.pid, signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 143
    assert told == "Stopped by SIGTERM.\n"


def test_headlines_of_several_problems_are_one_line(tmp_path):
    shown = tmp_path / "headline.md"
    keep_headlines(tmp_path, {"": "It concerns no problem."})
    assert shown.read_text() == "It concerns no problem.\n"
    keep_headlines(tmp_path, {"wine": "Planned."})
    assert shown.read_text() == "Planned.\n"
    keep_headlines(tmp_path, {"diabetes": "Changes nothing.", "wine": "Released."})
    assert shown.read_text() == "diabetes: Changes nothing. · wine: Released.\n"
