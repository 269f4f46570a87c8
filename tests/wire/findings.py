"""Names what a JSON schema objects to in a body, place by place."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

formats = FormatChecker(())


@formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return not isinstance(value, str) or re.fullmatch(shape, value) is not None


@formats.checks("duration")
def _is_duration(value: object) -> bool:
    shape = r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"
    return not isinstance(value, str) or re.fullmatch(shape, value) is not None


@dataclass(frozen=True, order=True)
class Finding:
    """One way in which an exchange departs from the spec: the part, the place in it, the rule, the value."""

    part: str
    pointer: str
    rule: str
    value: str


def check_body(part: str, validator: Draft7Validator | None, value: object) -> Iterator[Finding]:
    """What ``validator`` objects to; without one there should be no body."""
    if validator is None:
        if value != {}:
            yield Finding(part, "", "undocumented body", _short(value))
        return
    for error in validator.iter_errors(value):
        yield from _name(part, error)


def _name(part: str, error: ValidationError) -> Iterator[Finding]:
    pointer = "".join(f"/{step}" for step in error.absolute_path)
    if error.validator == "required":
        for name in sorted(set(error.validator_value) - set(error.instance)):
            yield Finding(part, f"{pointer}/{name}", "required", "")
    elif error.validator == "additionalProperties":
        for name in sorted(set(error.instance) - set(error.schema["properties"])):
            yield Finding(part, f"{pointer}/{name}", "undocumented", _short(error.instance[name]))
    elif error.validator == "enum":
        known = {str(choice).lower() for choice in error.validator_value}
        rule = "enum case" if str(error.instance).lower() in known else "enum"
        yield Finding(part, pointer, rule, _short(error.instance))
    else:
        yield Finding(part, pointer, str(error.validator), _short(error.instance))


def parse_body(body: object) -> Any:
    """A body as JSON, None where there is none."""
    if isinstance(body, bytes):
        body = body.decode("utf-8")
    if isinstance(body, str):
        return json.loads(body) if body.strip() else None
    return body


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
