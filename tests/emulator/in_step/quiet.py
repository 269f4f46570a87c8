"""Run a program where the network leads nowhere, and learn what it tried to reach."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_RUNNER = Path(__file__).with_name("quiet_network.py")
# Who may make a network: root, a user whom the kernel lets be root of a namespace, or one with sudo, as in CI.
_WAYS = (["unshare", "--net"], ["unshare", "--map-root-user", "--net"], ["sudo", "-n", "-E", "unshare", "--net"])


def _way() -> list[str]:
    for way in _WAYS:
        probe = [*way, "ip", "link", "add", "inside", "type", "veth", "peer", "name", "outside"]
        if shutil.which(way[0]) and subprocess.run(probe, capture_output=True).returncode == 0:
            return way
    pytest.skip("nobody here may make a network of its own")


def attempts(folder, command, environment=None, seconds=300):
    """Return what ``command`` tried to reach outside this machine; it must end well."""
    report = folder / "network.json"
    every = {**(os.environ if environment is None else environment), "QUIET_USER": str(os.getuid())}
    quiet = [*_way(), shutil.which("python3"), str(_RUNNER), str(report), *command]
    done = subprocess.run(quiet, env=every, cwd=folder, capture_output=True, text=True, timeout=seconds)
    found = json.loads(report.read_text())
    assert found["status"] == 0, done.stdout + done.stderr
    return found["attempts"]
