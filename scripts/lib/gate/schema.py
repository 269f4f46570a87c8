"""Check a document against a published JSON schema and name the key and value that break it."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def schema_violation(document: object, schema: Path) -> str | None:
    """Say which key and value of ``document`` break which rule of the JSON schema file; None if none does."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator(schema).iter_errors(document))
    if error is None:
        return None
    place = ".".join(str(part) for part in error.absolute_path) or "the document"
    if error.validator in ("additionalProperties", "required", "minProperties"):
        return f"`{place}`: {error.message}"
    return f"`{place}` is {json.dumps(error.instance, default=str)}: {error.message}"


@cache
def _validator(schema: Path) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator, FormatChecker

    rules = json.loads(schema.read_text(encoding="utf-8"))
    return Draft202012Validator(rules, format_checker=FormatChecker())
