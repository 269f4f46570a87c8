"""A command that is forked from a warm process is what it is when Python starts anew, and ends as such."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests import warm

TELLS = """
import atexit, json, os, sys
sys.stderr.write("told\\n")
atexit.register(print, "at the end", flush=True)
loaded = [name for name in sys.modules if name.split(".")[0] in ("scripts", "emulator", "tests", "runner")]
print(json.dumps([sys.argv[1:], sys.path[0], os.getcwd(), os.environ.get("WORD"), sorted(os.environ), __name__,
                  sys.stdin.read(), loaded, os.path.basename(sys.argv[0]), sys.prefix, sys.executable]))
sys.exit(int(sys.argv[1]))
"""
WAITS = """
import os, signal, sys, time
def stop(number, frame):
    os.write(1, b"heard %d\\n" % number)
    sys.exit(128 + number)
signal.signal(signal.SIGINT, stop), signal.signal(signal.SIGTERM, stop)
print("begun", os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def python(tmp_path):
    """The launcher, beside a project with two commands."""
    (tmp_path / "project/scripts").mkdir(parents=True)
    (tmp_path / "project/scripts/tell_all.py").write_text(TELLS)
    (tmp_path / "project/scripts/wait_long.py").write_text(WAITS)
    (tmp_path / "project/scripts/fail_soon.py").write_text("raise KeyError('x')\n")
    (tmp_path / "bin").mkdir()
    warm.launcher(tmp_path / "bin")
    return tmp_path / "bin/python"


def ended(python, folder, *words):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "WORD": "ü", "LANG": "C.UTF-8"}
    return subprocess.run([python, *words], cwd=folder, env=environment, input="in", capture_output=True, text=True)


@pytest.mark.parametrize(
    "words", [("scripts.tell_all", "0", "--x"), ("scripts.tell_all", "5"), ("scripts.fail_soon",), ("scripts.none",)]
)
def test_it_tells_what_a_cold_one_tells(python, tmp_path, words):
    one, other = (ended(which, tmp_path / "project", "-m", *words) for which in (python, sys.executable))
    assert (one.returncode, one.stdout) == (other.returncode, other.stdout)
    assert one.stderr.rpartition(": ")[2] == other.stderr.rpartition(": ")[2]


def test_what_is_no_command_of_the_project_starts_anew(python, tmp_path):
    done = ended(python, tmp_path, "-c", "import sys; print('pandas' in sys.modules)")
    assert done.stdout == "False\n"


def begin(python, tmp_path):
    process = subprocess.Popen(
        [python, "-m", "scripts.wait_long"], cwd=tmp_path / "project", stdout=subprocess.PIPE, text=True
    )
    return process, int(process.stdout.readline().split()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command(python, tmp_path, number):
    process, _ = begin(python, tmp_path)
    process.send_signal(number)
    assert process.communicate(timeout=20)[0] == f"heard {number}\n"
    assert process.returncode == 128 + number


def test_what_kills_the_step_kills_the_command(python, tmp_path):
    process, command = begin(python, tmp_path)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while warm.Path(f"/proc/{command}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_command_that_a_signal_ends_ends_the_step_so(python, tmp_path):
    process, command = begin(python, tmp_path)
    os.kill(command, signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL


def test_cold_by_a_word(monkeypatch):
    monkeypatch.setenv(warm.COLD, "1")
    assert warm.python() == sys.executable
    monkeypatch.delenv(warm.COLD)
    assert warm.python() != sys.executable
