"""Which interpreter a step runs in: one made from its environment, or by name the one that is here."""

import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path

from emulator.runner.environments import NotMade, differences, here, lay_over, made
from emulator.runner.recipes import Recipe, recipe_of
from emulator.state.workspace import Workspace

STRICT_VARIABLE = "AZUREML_EMULATOR_STRICT_ENVIRONMENTS"


class Refused(Exception):
    """An environment that cannot be made here as it is asked for, where that is an error."""


class Interpreters:
    """The interpreters of one job's steps; each environment is looked at, and told of by ``say``, once."""

    def __init__(self, workspace: Workspace, say: Callable[[str], None]) -> None:
        self._workspace, self._say = workspace, say
        self._found: dict[str, tuple[Path, str]] = {}
        self._turn = threading.Lock()

    def programs(self, environment: str, place: Path, stopped: Callable[[], bool]) -> Path:
        """Make an environment of a step's own in ``place``; return the folder of its programs.

        Raises:
            Refused: the environment cannot be made here, and that is to be an error.
            Stopped: ``stopped`` said so.
        """
        with self._turn:
            if environment not in self._found:
                self._found[environment] = self._choose(environment, stopped)
        python, wrong = self._found[environment]
        if wrong and os.environ.get(STRICT_VARIABLE, "0").lower() not in ("", "0", "false"):
            raise Refused(f"{wrong} This is an error because {STRICT_VARIABLE} is set.")
        return lay_over(python, place)

    def _choose(self, environment: str, stopped: Callable[[], bool]) -> tuple[Path, str]:
        recipe = recipe_of(self._workspace, environment)
        wrong = [*recipe.missing]
        python = here()
        if recipe.requirements or not wrong:
            try:
                python = made(recipe, stopped)
            except NotMade as error:
                wrong.append(str(error))
        said = f"Environment {recipe.name} cannot be made here as on Azure: {'; '.join(wrong)}." if wrong else ""
        self._say(" ".join(filter(None, (said, _told(recipe, python)))))
        return python, said


def _told(recipe: Recipe, python: Path) -> str:
    start = f"Steps of environment {recipe.name} run in"
    if python != here():
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
    wrong = differences(recipe)
    return (
        f"{start} {len(wrong)} of its {pins} pins differ: {'; '.join(wrong)}."
        if wrong
        else f"{start} All {pins} pins agree."
    )
