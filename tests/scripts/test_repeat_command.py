"""A command for several problems: each runs whatever became of the others, and is told apart from them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from scripts.lib.repository.files import ROOT
from scripts.lib.telling.headlines import keep_headlines
from tests import warm

PROBLEMS = ["diabetes", "wine"]


def repeated(problems, *words):
    """The ended process of the command."""
    command = [warm.python(), "-m", "scripts.repeat_command", "--problems", problems, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))


def validated(tmp_path, data):
    return repeated(json.dumps(PROBLEMS), "validate_data", "--", "--data", data, "--output", str(tmp_path / "out"))


def test_each_runs_although_the_first_is_refused(tmp_path):
    tables = tmp_path / "tables"
    for name in PROBLEMS:
        (tables / name).mkdir(parents=True)
        (tables / name / "rows.csv").write_text((ROOT / "data/wine/wine.csv").read_text())
    done = validated(tmp_path, str(tables))
    assert done.returncode == 3, "the table of one problem is none of the other's"
    first, second = done.stderr.split("\n== ")[1:]
    assert first.startswith("diabetes")
    assert second.startswith("wine")
    assert "178 rows" in second


def test_no_problem_is_not_all(tmp_path):
    done = repeated("[]", "show_status")
    assert (done.returncode, done.stdout) == (0, "")


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
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command_and_stops_all(number, tmp_path):
    """The runner signals one process alone; what that one started hears of it, and has ended when it ends."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys, time\n"
        "if 'show_status' in ' '.join(sys.orig_argv) and 'repeat' not in ' '.join(sys.orig_argv):\n"
        "    from scripts import show_status as one\n"
        "    def wait(**given):\n"
        "        print(f'begun {os.getpid()}', file=sys.stderr, flush=True)\n"
        "        time.sleep(60)\n"
        "    one.main.callback = wait\n"
        "    one.main()\n"
    )
    command = ["-m", "scripts.repeat_command", "--problems", json.dumps(PROBLEMS), "show_status"]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    begun = next(line for line in process.stderr if line.startswith("begun"))
    os.kill(process.pid, number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert told.count(f"Stopped by {number.name}.") == 2
    assert "== wine" not in told
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.split()[1]), 0)


def test_headlines_of_several_problems_are_one_line(tmp_path):
    shown = tmp_path / "headline.md"
    keep_headlines(tmp_path, {"": "It concerns no problem."})
    assert shown.read_text() == "It concerns no problem.\n"
    keep_headlines(tmp_path, {"wine": "Planned."})
    assert shown.read_text() == "Planned.\n"
    keep_headlines(tmp_path, {"diabetes": "Changes nothing.", "wine": "Released."})
    assert shown.read_text() == "diabetes: Changes nothing. · wine: Released.\n"
