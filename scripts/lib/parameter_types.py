"""Types of options and arguments: what each turns a text into, and how it refuses one."""

import json
import re
from typing import Any

import click

from scripts.lib.data.address import address_of

_ASSET = re.compile(r"(azureml:)?[\w.-]+[:@][\w.-]+$")


class VariantName(click.ParamType[str]):
    """A folder of ``pipelines/PROBLEM/`` that holds a pipeline."""

    name = "variant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of a variant; refuse any other value, and list the variants."""
        from scripts.lib.repository.files import variant_names

        problem = ctx.params["endpoint"] if ctx else ""
        variants = variant_names(problem)
        if value not in variants:
            listed = ", ".join(variants) or "none"
            self.fail(f"{value!r} is not a variant of {problem}; its variants are: {listed}.", param, ctx)
        return str(value)


class ProblemNames(click.ParamType[list[str]]):
    """Some of the repository's problems: a JSON list, one name, or an empty text for all."""

    name = "problems"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """Return the names; refuse one that is no problem, and list the problems."""
        from scripts.lib.repository.problem import problem_names

        known = problem_names()
        if not isinstance(value, str):
            return list(value)
        try:
            names = json.loads(value) if value.startswith("[") else [value] if value else known
        except ValueError:
            self.fail(f"{value!r} is no JSON list, such as {json.dumps(known)}.", param, ctx)
        if stray := [name for name in names if name not in known]:
            self.fail(f"{stray[0]!r} is no problem; the problems are: {', '.join(known) or 'none'}.", param, ctx)
        return list(names)


class CommandName(click.ParamType[str]):
    """A command of ``scripts/`` that is about one problem."""

    name = "command"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of the command; refuse what is none, or takes no problem."""
        import importlib.util

        name = str(value)
        if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name) or not importlib.util.find_spec(f"scripts.{name}"):
            self.fail(f"{name!r} is no command of scripts/.", param, ctx)
        if "endpoint" not in _parameters(name):
            self.fail(f"{name} is about no single problem: it takes no --problem.", param, ctx)
        return name


def _parameters(command: str) -> list[str | None]:
    import importlib

    return [parameter.name for parameter in importlib.import_module(f"scripts.{command}").main.params]


class DataAssetReference(click.ParamType[tuple[str, str]]):
    """A version of a data asset, ``NAME:VERSION`` or ``NAME@latest``."""

    name = "name:version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return name and version, or name and ``@LABEL``; refuse a value of another form, and show the form."""
        if isinstance(value, tuple):
            return value
        if "://" in str(value):
            self.fail(
                f"{value!r} is no data asset yet: `setup_workspace --data` registers it, and leaves it where it is.",
                param,
                ctx,
            )
        found = address_of("azureml:" + str(value).removeprefix("azureml:")) if _ASSET.match(str(value)) else None
        if not found or not found.name:
            self.fail(f"{value!r} is not NAME:VERSION, such as PROBLEM-train:0123456789ab.", param, ctx)
        return found.name, found.version or f"@{found.label}"
