"""How far new data may differ from what the default was trained on: the problem's reviewed file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.files import read_yaml

FILE = "comparison.yml"
_NUMBERS = ("false_alarm", "distribution", "target", "relation")


@dataclass(frozen=True)
class Limits:
    """Differences up to these are accepted, and differences that chance explains.

    ``false_alarm`` is the share of honest samples that may be refused. ``distribution`` and ``target`` are total
    variation distances, ``relation`` a difference of AUC. ``columns`` has other numbers for single columns;
    ``accepted`` are the first digits, 12 at least, of the digests of data whose change was looked at and accepted.
    """

    false_alarm: float = 0.01
    distribution: float = 0.1
    target: float = 0.1
    relation: float = 0.1
    columns: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()

    def accepts(self, digest: str) -> bool:
        """Say whether data with this digest is accepted whatever changed."""
        return any(digest.startswith(one) for one in self.accepted)

    def of(self, column: str, what: str) -> float:
        """Return a limit, as it is for one column."""
        return self.columns.get(column, {}).get(what, float(getattr(self, what)))


def read_limits(folder: Path) -> Limits:
    """Read ``comparison.yml`` of a problem's data folder; without one the limits above hold.

    Raises:
        BadConfiguration: a key is unknown, or a value is no number from 0 to 1.
    """
    path = folder / FILE
    if not path.is_file():
        return Limits()
    document = read_yaml(path)
    columns = document.pop("columns", None) or {}
    if not isinstance(columns, dict) or not all(isinstance(one, dict) for one in columns.values()):
        raise BadConfiguration(f"{path}: `columns` is no mapping of a column to its limits.")
    accepted = document.pop("accepted", None) or []
    if not isinstance(accepted, list) or not all(_is_digest(one) for one in accepted):
        raise BadConfiguration(
            f"{path}: `accepted` is {accepted!r}; it is a list of digests, 12 hexadecimal digits or more, in quotes."
        )
    for place, limits in {"": document, **columns}.items():
        for key, value in limits.items():
            where = f"columns.{place}.{key}" if place else key
            allowed = _NUMBERS if not place else ("distribution", "relation")
            if key not in allowed:
                listed = ", ".join((*allowed, *(() if place else ("columns", "accepted"))))
                raise BadConfiguration(f"{path}: `{where}` is unknown. It may be: {listed}.")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise BadConfiguration(f"{path}: `{where}` is {value!r}; it is a number from 0 to 1.")
            if key == "false_alarm" and not value:
                raise BadConfiguration(f"{path}: `{where}` is 0; chance alone would have to be excluded.")
    return Limits(**document, columns=columns, accepted=tuple(accepted))


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{12,64}", value) is not None
