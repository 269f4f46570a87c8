"""Translates the schemas of swagger 2.0 files with Azure's extensions to strict JSON schema."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

Node = dict[str, Any]
Direction = Literal["request", "response"]
KEPT = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems")


@cache
def load(path: Path) -> Node:
    """The swagger file at ``path``, read once."""
    return json.loads(path.read_text(encoding="utf-8-sig"))


def follow(reference: str, file: Path) -> tuple[Node, Path]:
    """The node that a ``$ref`` in ``file`` names, with the file that holds it."""
    target, _, pointer = reference.partition("#")
    where = (file.parent / target).resolve() if target else file
    node: Any = load(where)
    for part in pointer.strip("/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node, where


def flatten(node: Node, file: Path) -> tuple[dict[str, tuple[Node, Path]], set[str], Any]:
    """All properties, required names and ``additionalProperties`` of an object with its ``allOf`` parents."""
    properties: dict[str, tuple[Node, Path]] = {}
    required = set(node.get("required", ()))
    extra: Any = node.get("additionalProperties", False)
    for parent in node.get("allOf", ()):
        inherited, needed, parent_extra = flatten(*dereference(parent, file))
        properties |= inherited
        required |= needed
        extra = extra or parent_extra
    properties |= {name: (child, file) for name, child in node.get("properties", {}).items()}
    return properties, required, extra


def dereference(node: Node, file: Path) -> tuple[Node, Path]:
    """``node`` itself, or what its ``$ref`` leads to."""
    while "$ref" in node:
        node, file = follow(node["$ref"], file)
    return node, file


class Translator:
    """Collects JSON schema definitions for one direction; undocumented properties are forbidden.

    In a request a property marked ``readOnly`` need not be sent; in a response every required one must be.
    """

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self.definitions: dict[str, Node] = {}
        self._keys: dict[tuple[Path, str], str] = {}

    def schema(self, node: Node, file: Path) -> Node:
        """The JSON schema of one swagger schema node."""
        if "$ref" in node:
            target = {"$ref": f"#/definitions/{self._define(node['$ref'], file)}"}
            return {"if": {"type": "null"}, "else": target} if node.get("x-nullable") else target
        result = self._object(node, file) if self._is_object(node) else self._simple(node, file)
        if node.get("x-nullable"):
            result["type"] = [*_as_list(result["type"]), "null"] if "type" in result else []
            if "enum" in result:
                result["enum"] = [*result["enum"], None]
            if not result["type"]:
                del result["type"]
        return result

    def _define(self, reference: str, file: Path) -> str:
        node, where = follow(reference, file)
        name = reference.rpartition("/")[2]
        if (where, name) not in self._keys:
            key = self._keys[where, name] = f"{where.stem}.{name}.{len(self._keys)}"
            self.definitions[key] = {}  # stops the recursion of types that hold themselves
            self.definitions[key] = (
                self._dispatch(node, where, name) if "discriminator" in node else self.schema(node, where)
            )
        return self._keys[where, name]

    def _dispatch(self, base: Node, file: Path, name: str) -> Node:
        """Chooses by the value of the discriminator which derived type a value must satisfy."""
        tag = base["discriminator"]
        cases, values = [], []
        for derived, value in _derived(file, name):
            test = {"properties": {tag: {"const": value}}, "required": [tag]}
            cases.append({"if": test, "then": self._object(derived, file)})
            values.append(value)
        unknown = {"properties": {tag: {"enum": values}}, "required": [tag]} if values else {}
        own = self._object(base, file)
        cases.append({"if": unknown, "else": own} if values else own)
        return {"type": ["object", "null"] if base.get("x-nullable") else "object", "allOf": cases}

    def _object(self, node: Node, file: Path) -> Node:
        properties, required, extra = flatten(node, file)
        if self.direction == "request":
            required = {name for name in required if not _is_read_only(*properties.get(name, ({}, file)))}
        if not properties and "additionalProperties" not in node:
            extra = True
        return {
            "type": "object",
            "properties": {name: self.schema(child, where) for name, (child, where) in properties.items()},
            "required": sorted(required),
            "additionalProperties": self.schema(extra, file) if isinstance(extra, dict) else bool(extra),
        }

    def _simple(self, node: Node, file: Path) -> Node:
        result: Node = {name: node[name] for name in KEPT if name in node}
        if "type" in node and node["type"] != "file":
            result["type"] = node["type"]
        if "enum" in node:
            result["enum"] = list(node["enum"])
        if node.get("type") == "string" and "format" in node:
            result["format"] = node["format"]
        if "items" in node:
            result["items"] = self.schema(node["items"], file)
        return result

    @staticmethod
    def _is_object(node: Node) -> bool:
        return node.get("type", "object") == "object" and any(
            key in node for key in ("type", "properties", "allOf", "additionalProperties")
        )


def _derived(file: Path, base: str) -> Iterator[tuple[Node, str]]:
    for name, node in load(file)["definitions"].items():
        if name != base and base in _ancestors(file, name):
            yield node, node.get("x-ms-discriminator-value", name)


def _ancestors(file: Path, name: str) -> set[str]:
    found: set[str] = set()
    for parent in load(file)["definitions"].get(name, {}).get("allOf", ()):
        target = parent.get("$ref", "")
        if target.startswith("#"):
            parent_name = target.rpartition("/")[2]
            found |= {parent_name} | _ancestors(file, parent_name)
    return found


def _is_read_only(node: Node, file: Path) -> bool:
    return bool(node.get("readOnly") or dereference(node, file)[0].get("readOnly"))


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
