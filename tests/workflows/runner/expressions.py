"""Evaluate GitHub Actions expressions, as the page "Evaluate expressions in workflows" defines them."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.errors import Refused

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<operator>==|!=|<=|>=|&&|\|\||[!<>()\[\].,*]))"
)
_PLACEHOLDER = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS_FUNCTIONS = {"always", "success", "failure", "cancelled"}
_CONSTANTS = {"true": True, "false": False, "null": None}


class Filtered(list):
    """What ``.*`` yields: a further ``.name`` is taken of each item."""


class Evaluator:
    """Evaluates expressions over ``contexts``; ``functions`` adds status functions and ``hashFiles``."""

    def __init__(self, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None):
        self._contexts = contexts
        self._functions = {**_FUNCTIONS, **(functions or {})}
        self.called: set[str] = set()

    def interpolate(self, value: Any) -> Any:
        """Replace every ``${{ }}`` in a string, a list or a mapping; a lone one keeps its type."""
        if isinstance(value, Mapping):
            return {key: self.interpolate(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.interpolate(item) for item in value]
        if not isinstance(value, str):
            return value
        if whole := re.fullmatch(r"\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*", value, re.DOTALL):
            return self.evaluate(whole[1])
        return _PLACEHOLDER.sub(lambda match: to_text(self.evaluate(match[1])), value)

    def evaluate(self, text: str) -> Any:
        """Value of one expression, without its braces."""
        self._text, self._tokens, self._at = text, _tokens(text), 0
        value = self._or()
        if self._at < len(self._tokens):
            raise Refused(f"expression {text!r}: unexpected {self._tokens[self._at][1]!r}")
        return value

    def _accept(self, *operators: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in [("operator", o) for o in operators]:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def _expect(self, operator: str) -> None:
        if not self._accept(operator):
            raise Refused(f"expression {self._text!r}: expected {operator!r}")

    # Both sides are always evaluated: expressions have no side effect, and a bad name is found either way.
    def _or(self) -> Any:
        left = self._and()
        while self._accept("||"):
            right = self._and()
            left = left if truthy(left) else right
        return left

    def _and(self) -> Any:
        left = self._comparison()
        while self._accept("&&"):
            right = self._comparison()
            left = right if truthy(left) else left
        return left

    def _comparison(self) -> Any:
        left = self._unary()
        while operator := self._accept("==", "!=", "<=", ">=", "<", ">"):
            left = compare(operator, left, self._unary())
        return left

    def _unary(self) -> Any:
        return not truthy(self._unary()) if self._accept("!") else self._access()

    def _access(self) -> Any:
        value = self._primary()
        while operator := self._accept(".", "["):
            if operator == ".":
                value = every(value) if self._accept("*") else member(value, self._name())
            else:
                key = self._or()
                self._expect("]")
                value = member(value, key)
        return value

    def _name(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        if kind != "name":
            raise Refused(f"expression {self._text!r}: expected a name, found {text!r}")
        self._at += 1
        return text

    def _primary(self) -> Any:
        if self._accept("("):
            value = self._or()
            self._expect(")")
            return value
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        if kind == "number":
            self._at += 1
            return int(text, 16) if "x" in text else float(text)
        if kind == "string":
            self._at += 1
            return text[1:-1].replace("''", "'")
        name = self._name()
        if self._accept("("):
            return self._call(name)
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name not in self._contexts:
            raise Refused(f"expression {self._text!r}: no context {name!r} here")
        return self._contexts[name]

    def _call(self, name: str) -> Any:
        arguments: list[Any] = []
        while not self._accept(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._or())
        if name not in self._functions:
            raise Refused(f"expression {self._text!r}: unknown function {name!r}")
        self.called.add(name)
        return self._functions[name](*arguments)


def condition(evaluator: Evaluator, when: Any) -> bool:
    """Whether a job or step runs; without a status function, ``success()`` is part of the condition."""
    if when is None:
        return evaluator.evaluate("success()")
    text = to_text(when).strip()
    if text.startswith("${{") and text.endswith("}}"):
        text = text[3:-2]
    evaluator.called.clear()
    value = truthy(evaluator.evaluate(text))
    return value and (bool(evaluator.called & _STATUS_FUNCTIONS) or evaluator.evaluate("success()"))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match or not match.lastgroup:
            raise Refused(f"expression {text!r}: cannot read {text[at:]!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def member(value: Any, key: Any) -> Any:
    """``value.key``: null where there is none, refused where the context is closed."""
    if isinstance(value, Filtered):
        return Filtered(item[key] for item in value if isinstance(item, Mapping) and key in item)
    if isinstance(value, Mapping):
        return value[key] if key in value or isinstance(value, Closed) else None
    if isinstance(value, list) and isinstance(key, float) and 0 <= key < len(value):
        return value[int(key)]
    return None


class Closed(dict):
    """A context whose members are all known: asking for another is a mistake in the workflow."""

    def __missing__(self, key: str) -> Any:
        raise Refused(f"unknown name {key!r}; here there are {', '.join(sorted(self))}")


def every(value: Any) -> Filtered:
    """``value.*``."""
    return Filtered(value.values() if isinstance(value, Mapping) else value or [])


def truthy(value: Any) -> bool:
    """Whether GitHub takes ``value`` as true: not false, 0, '' or null."""
    return isinstance(value, Mapping | list) or bool(value)


def to_number(value: Any) -> float:
    """Coerced to a number, as comparisons of different types do; NaN where it is none."""
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def to_text(value: Any) -> str:
    """How a value is printed into a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    return value if isinstance(value, str) else "Array" if isinstance(value, list) else "Object"


def compare(operator: str, left: Any, right: Any) -> bool:
    """Loose comparison: strings without case, different types as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.lower(), right.lower()
    elif isinstance(left, Mapping | list) or isinstance(right, Mapping | list):
        return (left is right) == (operator == "==")
    else:
        left, right = to_number(left), to_number(right)
    results = {"==": left == right, "!=": left != right, "<": left < right, ">": left > right}
    return results[operator] if operator in results else {"<=": left <= right, ">=": left >= right}[operator]


def _contains(search: Any, item: Any) -> bool:
    if isinstance(search, list):
        return any(compare("==", entry, item) for entry in search)
    return to_text(item).lower() in to_text(search).lower()


def _format(template: str, *values: Any) -> str:
    def replace(match: re.Match[str]) -> str:
        return match[0][0] if match[0] in ("{{", "}}") else to_text(values[int(match[1])])

    return re.sub(r"\{\{|\}\}|\{(\d+)\}", replace, template)


def _from_json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError) as error:
        raise Refused(f"fromJSON: {text!r} is no JSON: {error}") from None


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": _contains,
    "startsWith": lambda text, start: to_text(text).lower().startswith(to_text(start).lower()),
    "endsWith": lambda text, end: to_text(text).lower().endswith(to_text(end).lower()),
    "format": _format,
    "join": lambda items, by=",": by.join(to_text(item) for item in items),
    "toJSON": lambda value: json.dumps(value, indent=2),
    "fromJSON": _from_json,
}
