"""Every command, as a process, ends with one message and its exit code: after errors, signals and closed pipes."""

import importlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lib.command import ReleaseCommand

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(path.stem for path in (ROOT / "scripts").glob("[a-z]*.py"))
# All go through one boundary, as the first test says; what it does is tried by one of them, and by each in `make long`.
EACH = [
    "show_status",
    *(pytest.param(name, marks=[pytest.mark.slow, pytest.mark.long]) for name in COMMANDS if name != "show_status"),
]
# The command itself, with all that surrounds its function; the function's place is taken by one that fails or waits.
HARNESS = """
import signal, time
from scripts.{name} import main
def fail():
{body}
main.params, main.callback = [], fail
main()
"""


def start(*arguments, **options):
    """Start Python in the repository, as a group of its own whose signals no one else gets."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **{"stdout": subprocess.PIPE, **options},
    )


def with_body(name, *lines, **options):
    """Start the command ``name`` with other lines as its function."""
    return start("-c", HARNESS.format(name=name, body="\n".join(f"    {line}" for line in lines)), **options)


def ended(process):
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def script(name, *arguments, **options):
    return ended(start("-m", f"scripts.{name}", *arguments, **options))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_goes_through_the_boundary(name):
    assert isinstance(importlib.import_module(f"scripts.{name}").main, ReleaseCommand)


@pytest.mark.parametrize("name", EACH)
def test_an_unknown_error_is_one_message(name):
    code, out, err = ended(with_body(name, "class Odd(Exception): pass", "raise Odd('the tide is high')"))
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith("Error: Unexpected Odd: the tide is high (")


@pytest.mark.parametrize("name", EACH)
def test_an_unusable_file_is_named(name):
    code, out, err = ended(with_body(name, "open('/proc/self/mem/none', 'w')"))
    assert (code, out, err) == (1, "", "Error: /proc/self/mem/none: Not a directory.\n")


@pytest.mark.parametrize("name", EACH)
def test_a_full_disk_is_one_message(name):
    code, out, err = ended(with_body(name, "with open('/dev/full', 'w') as file: file.write('x')"))
    assert (code, out, err) == (1, "", "Error: No space left on device.\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", EACH)
def test_a_signal_ends_it_with_the_signals_code(name, number, code):
    process = with_body(name, "print('begun', flush=True)", "time.sleep(30)")
    assert process.stderr.readline() == "begun\n"  # what a body prints is no result, so it is on stderr
    os.kill(process.pid, number)
    assert ended(process) == (code, "", f"Stopped by {number.name}.\n")


def test_a_traceback_is_shown_on_request(monkeypatch):
    monkeypatch.setenv("RELEASE_DEBUG", "1")
    code, _, err = ended(with_body(COMMANDS[0], "raise ValueError('odd')"))
    assert code == 1
    assert err.startswith("Traceback (most recent call last):\n")
    assert "in fail\n" in err
    assert "\nError: Unexpected ValueError: odd (" in err


def test_a_known_error_keeps_its_exit_code():
    code, _, err = ended(with_body("show_status", "from scripts.lib.errors import Conflict", "raise Conflict('taken')"))
    assert (code, err) == (7, "Error: taken\n")


def test_an_option_that_is_none_shows_the_usage():
    code, out, err = script("generate_sample", "--none")
    assert (code, out) == (2, "")
    assert err.startswith("Usage: ")


def test_help_is_on_stdout():
    code, out, err = script("generate_sample", "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: python -m scripts.generate_sample ")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("generate_sample", ["--output", "{file}/sample.csv"]),
        ("validate_data", ["--data", "data/heart-disease/synthetic.csv", "--output", "{file}/validation"]),
        ("setup_workspace", ["--data", "{uci}", "--work", "{file}/data"]),
        ("release_variants", ["--variant", "onehot", "--data", "{uci}", "--output", "{file}/out"]),
    ],
)
def test_an_output_below_a_file_is_one_message(name, arguments, tmp_path, monkeypatch):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    (tmp_path / "file").write_text("")
    uci = tmp_path / "processed.cleveland.data"
    uci.write_text("63.0,1.0,1.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,3.0,0.0,6.0,0\n")
    given = [argument.format(file=tmp_path / "file", uci=uci) for argument in arguments]
    code, out, err = script(name, *given)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"Error: {tmp_path}/file")
    assert "Traceback" not in err


def test_a_full_disk_behind_stdout_is_one_message(tmp_path):
    with open("/dev/full", "w") as full:
        code, _, err = script("generate_sample", "--rows", "5", "--output", str(tmp_path / "sample.csv"), stdout=full)
    assert (code, err.splitlines()[1:]) == (1, ["Error: No space left on device."])


def test_a_summary_that_cannot_be_written_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "none" / "output"))
    code, _, err = script("generate_sample", "--rows", "5", "--output", str(tmp_path / "sample.csv"))
    assert (code, err.splitlines()[-1]) == (1, f"Error: {tmp_path}/none/output: No such file or directory.")


def test_a_result_that_nobody_reads_ends_it_quietly(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as stdout:
        code, _, err = script("generate_sample", "--rows", "5", "--output", str(tmp_path / "one.csv"), stdout=stdout)
    assert (code, len(err.splitlines())) == (141, 1)


def test_a_story_that_nobody_reads_ends_it_quietly(tmp_path):
    process = start("-m", "scripts.generate_sample", "--rows", "5", "--output", str(tmp_path / "one.csv"))
    process.stderr.close()
    out = process.stdout.read()
    assert (process.wait(30), out) == (141, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_download_that_hangs_can_be_stopped(number, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/processed.cleveland.data"
        process = start("-m", "scripts.fetch_data", "--url", url, "--output", str(tmp_path))
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            os.kill(process.pid, number)
            code, out, err = ended(process)
    assert (code, out, err.splitlines()[1:]) == (128 + number, "", [f"Stopped by {number.name}."])
    assert list(tmp_path.iterdir()) == []
