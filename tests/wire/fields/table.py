"""The table of fields: what the workspace does with each, and who says so. `--write` renews docs/fields.md.

python -m tests.wire.fields.table --write
"""

import json
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.wire import specs
from tests.wire.sessions import exchanges

FILE = Path(__file__).with_name("fields.yml")
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "fields.md"
BEGIN, END = "<!-- begin: written by python -m tests.wire.fields.table --write -->", "<!-- end -->"
DOES = ("run", "kept", "kept, told", "refused", "client")
OURS = "our reading"


@cache
def load_table() -> dict[str, Any]:
    """The table as it is written by hand."""
    table: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return table


@cache
def _sent() -> dict[str, list[tuple[str, str]]]:
    """The places of all requests that the recorded service accepted, each with its month, by operation."""
    found: dict[str, list[tuple[str, str]]] = {}
    for session, exchange in exchanges():
        if exchange.status < 300 and isinstance(exchange.request.body, dict):
            places = found.setdefault(exchange.operation, [])
            places += [(place, session.recorded) for place in set(_places(exchange.request.body))]
    return found


def _places(value: object, at: str = "") -> Iterator[str]:
    yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, f"{at}/{key}")


@cache
def _definitions() -> dict[str, set[str]]:
    """The properties of the definitions of the newest specs, those that they are made of included."""
    found: dict[str, set[str]] = {}
    for file in sorted(specs.ROOT.rglob("202*/mfe.json"), key=lambda file: file.parent.name)[-2:]:
        definitions = json.loads(file.read_text(encoding="utf-8"))["definitions"]
        for name in definitions:
            found.setdefault(name, set()).update(_properties(definitions, name))
    return found


def _properties(definitions: dict[str, Any], name: str) -> Iterator[str]:
    definition = definitions.get(name, {})  # some are in files that specs share
    yield from definition.get("properties", {})
    for base in definition.get("allOf", []):
        yield from _properties(definitions, base["$ref"].rpartition("/")[2])


def witness(sent: dict[str, str], row: dict[str, Any]) -> str:
    """Who says that a field may be sent: recordings, else the spec, else nobody but us."""
    if row["does"] == "client":
        return "the SDK does not send it"
    if not row["at"]:
        return "the address or the body around it"
    place = sent["at"] + row["at"]
    months = [month for at, month in _sent().get(sent["operation"], []) if fnmatchcase(at, place)]
    if months:
        return f"accepted in {len(months)} recorded requests, the last of {max(months)}"
    defined = {
        prop for name, props in _definitions().items() if name.startswith(sent.get("spec", "-")) for prop in props
    }
    return "the spec" if row["at"].rpartition("/")[2] in defined else OURS


def render() -> str:
    """The table in Markdown."""
    lines = ["| of | field | here | witness |", "|---|---|---|---|"]
    for group, content in load_table().items():
        for field, row in content["fields"].items():
            lines.append(f"| {group} | `{field}` | {row['does']} | {witness(content['sent'], row)} |")
    return "\n".join(lines)


def written() -> str:
    """The table as the document has it."""
    return DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip("\n")


if __name__ == "__main__" and "--write" in sys.argv:
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{render()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
