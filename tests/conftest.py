"""What all tests share: a known environment, and in CI the same examples each time, to repeat a red run."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# What a runner, a shell that is signed in to Azure, the make that runs the tests, or a developer's own settings say is
# not what the tests are about.
AMBIENT = ("MAKE", "MFLAGS", "GITHUB_", "RUNNER_", "ACTIONS_", "AZURE_", "AZUREML_", "RELEASE_", "MLFLOW_", "INPUT_")
ASKED_FOR = ("AZURE_SDK_CHECKOUT", "AZUREML_EXAMPLES")


def pytest_configure(config):
    """Start every test process without the ambient variables that our code reads."""
    for name in [name for name in os.environ if name.startswith(AMBIENT) and name not in ASKED_FOR]:
        del os.environ[name]
    # Where a test says no other, this problem is what the commands are about.
    os.environ["PROBLEM"] = "heart-disease"


def pytest_collection_modifyitems(items):
    """Begin with the longest, the scenarios of the workflows: at the end no process waits for another's last one."""
    items.sort(key=lambda item: "/tests/workflows/" not in item.path.as_posix())
