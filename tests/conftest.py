"""What all tests share: a known environment, and in CI the same examples each time, to repeat a red run."""

import gc
import os
import shutil
import signal
from pathlib import Path

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# What a runner, a shell that is signed in to Azure, the make that runs the tests, or a developer's own settings say is
# not what the tests are about.
AMBIENT = ("MAKE", "MFLAGS", "GITHUB_", "RUNNER_", "ACTIONS_", "AZURE_", "AZUREML_", "RELEASE_", "MLFLOW_", "INPUT_")
ASKED_FOR = ("AZURE_SDK_CHECKOUT", "AZUREML_EXAMPLES")

# Tests make and remove some hundred thousand small files; a disk takes a fifth of all their time for that.
MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30


def pytest_configure(config):
    """Start every test process without the ambient variables that our code reads, its folders in memory."""
    if not {"PYTEST_DEBUG_TEMPROOT", "TMPDIR"} & set(os.environ) and _takes_programs_and_files(MEMORY):
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)
    for name in [name for name in os.environ if name.startswith(AMBIENT) and name not in ASKED_FOR]:
        del os.environ[name]
    # Tests start thousands of processes, each of which would translate the project's modules anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A shell has what runs in its background ignore Ctrl-C, and all that tests start would inherit that.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # What is imported for all tests stays: no collection looks through it.
    gc.disable()
    # Where a test says no other, this problem is what the commands are about.
    os.environ["PROBLEM"] = "heart-disease"


def _takes_programs_and_files(folder):
    """Whether the folder is there, programs may lie in it, and it has room: a container's may have neither."""
    if not folder.is_dir() or not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free >= ENOUGH


def pytest_collection_finish():
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Begin with the longest, the scenarios of the workflows: at the end no process waits for another's last one."""
    items.sort(key=lambda item: "/tests/workflows/" not in item.path.as_posix())
