"""Evaluate GitHub Actions expressions by GitHub's own evaluator."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from runner.errors import Refused
from runner.oracle import ask

_one_at_a_time = threading.Lock()


class Closed(dict):
    """A context whose members are all known: asking for another is a mistake in the workflow."""


class Evaluator:
    """Evaluates expressions over ``contexts``; ``status`` holds the answers of the status functions, by name."""

    def __init__(
        self,
        contexts: Mapping[str, Any],
        status: Mapping[str, bool] | None = None,
        hash_files: Callable[..., str] | None = None,
    ):
        self._contexts, self._status, self.hash_files = contexts, status, hash_files

    def interpolate(self, value: Any) -> Any:
        """Replace every ``${{ }}`` in a string, a list or a mapping; a lone one keeps its type."""
        if isinstance(value, Mapping):
            return {key: self.interpolate(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.interpolate(item) for item in value]
        return self._ask("template", value) if isinstance(value, str) and "${{" in value else value

    def evaluate(self, text: str) -> Any:
        """Value of one expression, without its braces."""
        return self._ask("expression", text)

    def condition(self, when: Any) -> bool:
        """Whether a job or step runs; without a status function, ``success()`` is part of the condition."""
        return bool(self._ask("condition", "success()" if when is None else to_text(when)))

    def _ask(self, kind: str, text: str) -> Any:
        contexts = {name: _encoded(value) for name, value in self._contexts.items()}
        with _one_at_a_time:
            answer = ask({"kind": kind, "text": text, "contexts": contexts, "status": self._status})
            while (patterns := answer.get("hashFiles")) is not None:
                answer = ask(self.hash_files(*patterns) if self.hash_files else None)
        if "refused" in answer:
            raise Refused(f"expression {text!r}: {answer['refused']}")
        return answer["value"]


def _encoded(value: Any) -> Any:
    """``value`` as the evaluator reads it: a mapping says whether it is closed."""
    if isinstance(value, Mapping):
        members = {str(key): _encoded(item) for key, item in value.items()}
        return {"closed" if isinstance(value, Closed) else "open": members}
    return [_encoded(item) for item in value] if isinstance(value, list | tuple) else value


def truthy(value: Any) -> bool:
    """Whether GitHub takes ``value`` as true: not false, 0, '' or null."""
    return isinstance(value, Mapping | list) or bool(value)


def to_text(value: Any) -> str:
    """How a value is printed into a string."""
    if isinstance(value, str):
        return value
    text: str = Evaluator({"value": value}).interpolate("${{ value }}${{ '' }}")
    return text
