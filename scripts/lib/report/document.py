"""The document behind every report: all that HTML, comment, job summary and terminal show, and no row of the data.

Numbers that people read stand here as text already, so that no two readers of the document can round them differently.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from scripts.lib.report.judgement_document import Entry, Judgement

SCHEMA = Path(__file__).with_name("report.schema.json")
SCHEMA_VERSION = 1

Kind = Literal["evaluation", "release", "rehearsal", "retraining", "validation"]
Result = Literal["promoted", "kept", "refused", "inconclusive", "rejected", "failed"]


@dataclass(frozen=True)
class Distribution:
    """How a column's values are spread: ``counts`` of the numbers between ``edges``, or of each category.

    ``champion`` are the shares that the champion's data had in the same places, and ``distance`` the total variation
    distance between both, from 0 (alike) to 1; None where it is not known.
    """

    column: str
    categories: tuple[str, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int
    champion: tuple[float, ...] | None = None
    distance: float | None = None


@dataclass(frozen=True)
class Finding:
    """A rule that the data does not meet."""

    place: str
    rule: str
    expected: str
    found: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Data:
    """The data that was validated and judged on; ``champion`` names the champion's, where that is other data."""

    description: str
    asset: str
    digest: str
    rows: int
    rules: int
    synthetic: bool
    findings: tuple[Finding, ...]
    distributions: tuple[Distribution, ...]
    champion: str | None = None


@dataclass(frozen=True)
class Stage:
    """A stage of a command."""

    title: str
    seconds: float
    outcome: str


@dataclass(frozen=True)
class Document:
    """The report of one command. ``result`` and ``headline`` say in one glance what became of the default."""

    schema_version: int
    kind: Kind
    created: str
    endpoint: str
    result: Result
    headline: str
    default_before: str | None
    default: str | None
    judgements: tuple[Judgement, ...]
    data: Data | None
    stages: tuple[Stage, ...]
    places: tuple[Entry, ...]
    commands: tuple[Entry, ...]


def as_json(document: Document) -> str:
    """Return the document as JSON. Raises ValueError where it breaks its schema."""
    from scripts.lib.gate.schema import schema_violation

    content = json.loads(json.dumps(asdict(document), allow_nan=False))
    if problem := schema_violation(content, SCHEMA):
        raise ValueError(f"This is no valid report: {problem}.")
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
