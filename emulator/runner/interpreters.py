"""The Python interpreter of each step: that of its environment, or else the one that runs this workspace."""

import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path

from emulator.runner.environments import (
    EnvironmentNotMade,
    differences,
    make_environment,
    own_interpreter,
)
from emulator.runner.overlays import make_overlay
from emulator.runner.recipes import Recipe, recipe_of
from emulator.state.workspace import Workspace

STRICT_VARIABLE = "AZUREML_EMULATOR_STRICT_ENVIRONMENTS"


class EnvironmentRefused(Exception):
    """An environment cannot be made as its definition says, and the settings make that an error."""


class Interpreters:
    """The interpreters of one job's steps; ``log`` gets one message for each environment."""

    def __init__(self, workspace: Workspace, log: Callable[[str], None]) -> None:
        self._workspace, self._log = workspace, log
        self._chosen: dict[str, tuple[Path, str]] = {}
        self._lock = threading.Lock()

    def programs(self, environment: str, place: Path, stopped: Callable[[], bool]) -> Path:
        """Make the overlay of a step in ``place``, for the environment with the id ``environment``; return its ``bin``.

        Raises:
            EnvironmentRefused: the environment cannot be made, and the settings make that an error.
            Stopped: ``stopped`` returned true.
        """
        with self._lock:
            if environment not in self._chosen:
                self._chosen[environment] = self._choose(environment, stopped)
        python, problem = self._chosen[environment]
        if problem and os.environ.get(STRICT_VARIABLE, "0").lower() not in ("", "0", "false"):
            raise EnvironmentRefused(f"{problem} This is an error because {STRICT_VARIABLE} is set.")
        return make_overlay(python, place)

    def _choose(self, environment: str, stopped: Callable[[], bool]) -> tuple[Path, str]:
        recipe = recipe_of(self._workspace, environment)
        problems = [*recipe.missing]
        python = own_interpreter()
        if recipe.requirements or not problems:
            try:
                python = make_environment(recipe, stopped)
            except EnvironmentNotMade as error:
                problems.append(str(error))
        problem = (
            f"Environment {recipe.name} cannot be made here as on Azure: {'; '.join(problems)}." if problems else ""
        )
        self._log(" ".join(filter(None, (problem, _description(recipe, python)))))
        return python, problem


def _description(recipe: Recipe, python: Path) -> str:
    """Return the message that says in which interpreter the steps of an environment run."""
    start = f"Steps of environment {recipe.name} run in"
    if python != own_interpreter():
        instead = (
            f" {', '.join(recipe.replaced)}: from the package index, on Azure from conda." if recipe.replaced else ""
        )
        return (
            f"{start} an environment made for it, not in an image: Python {recipe.python or platform.python_version()}"
            f" and what {len(recipe.requirements)} lines of it ask for.{instead}"
        )
    start += f" the interpreter that is here, Python {platform.python_version()} at {python}."
    pins = sum("==" in line for line in recipe.requirements)
    if not pins:
        return start
    different = differences(recipe)
    return (
        f"{start} {len(different)} of its {pins} pins differ: {'; '.join(different)}."
        if different
        else f"{start} All {pins} pins agree."
    )
