"""Read YAML that is reviewed like code: a key given twice, or a number that is not finite, is refused."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.lib.errors import BadConfiguration


def read_strict_yaml(path: Path) -> Any:
    """Return the content of a YAML file. Raises BadConfiguration where it is not readable, or not strict."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_OneValueAKey)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is not readable YAML: {error}") from error
    for key, value in _infinite(content):
        raise BadConfiguration(f"{path}: `{key}` is {value}: it must be a finite number.")
    return content


def _infinite(content: object, place: str = "") -> Iterator[tuple[str, float]]:
    """Yield each NaN and infinity with its key; comparisons would let them through."""
    if isinstance(content, float) and not math.isfinite(content):
        yield place, content
    members = dict(enumerate(content)) if isinstance(content, list) else content
    for key, member in members.items() if isinstance(members, dict) else ():
        yield from _infinite(member, f"{place}.{key}".lstrip("."))


class _OneValueAKey(yaml.SafeLoader):
    """YAML that refuses a key given twice, where PyYAML keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; raises ConstructorError for a repeated key or one that is not text."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` is not text", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
