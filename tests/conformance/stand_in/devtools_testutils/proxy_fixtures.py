"""Fixtures of the vendor's test proxy, for a run without the proxy."""

from collections.abc import Mapping

import pytest


class VariableRecorder:
    """Hands out a test's random names, the same one for the same variable."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def get_or_record(self, variable: str, default: str) -> str:
        """Return the value of ``variable``, which is ``default`` the first time."""
        return self.variables.setdefault(variable, default)


class EnvironmentVariables:
    """The environment as the tests read it, unmasked."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        """Return the value of ``name``, or None."""
        return self._values.get(name)

    def sanitize_batch(self, defaults: Mapping[str, str]) -> dict[str, str]:
        """Return each variable of ``defaults`` as the environment has it."""
        return {name: self._values.get(name, default) for name, default in defaults.items()}


@pytest.fixture
def variable_recorder() -> VariableRecorder:
    """Names of one test."""
    return VariableRecorder()


@pytest.fixture
def environment_variables() -> EnvironmentVariables:
    """The environment of this run."""
    import os

    return EnvironmentVariables(os.environ)


@pytest.fixture(scope="session")
def test_proxy() -> None:
    """Nothing stands between the tests and the service."""


@pytest.fixture
def recorded_test(test_proxy: None) -> None:
    """Record nothing."""
