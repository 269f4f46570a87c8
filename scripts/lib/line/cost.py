"""Say what a release may cost at most, before it starts anything: from the limits in the YAML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.line.gates import endpoint_gate
from scripts.lib.repository.computes import computes_of
from scripts.lib.repository.files import WITHHOLD_JOB, find_variant, read_yaml


@dataclass(frozen=True)
class Cost:
    """The most that jobs may use: so many ``steps``, together at most ``node_seconds``; None without limit.

    ``nodes`` says of each cluster how many nodes of which size it has at most.
    """

    steps: int
    node_seconds: int | None
    nodes: tuple[str, ...]

    def __str__(self) -> str:
        """Return a sentence for the user."""
        most = "without a limit of time" if self.node_seconds is None else f"{self.node_seconds / 3600:g} node hours"
        return (
            f"At most {self.steps} steps, {most} in all if each took its whole limit, on up to "
            f"{' and '.join(self.nodes)}; steps that ran before are reused."
        )


def most_of_release(endpoint: str, variants: Sequence[str], default: str | None) -> Cost:
    """Return the most that releasing ``variants`` one after the other may use, each judged beside the default.

    Every side is invoked on the rest of each fold of each split, and once on all rows; its rows are scored as often.
    The default counts as if it were trained as the variant is. What ran before is reused, and costs nothing.
    """
    judgement = endpoint_gate(endpoint).judgement
    invocations = judgement.folds * (1 + judgement.repeats) + 1
    limits: list[int | None] = []
    for place, name in enumerate(variants):
        variant = find_variant(endpoint, name)
        training, scoring = _limits(variant.pipeline), _limits(variant.scoring)
        sides = 2 if default or place else 1
        limits += (
            _limits(WITHHOLD_JOB) * (1 + judgement.repeats) + training + (training + scoring) * invocations * sides
        )
    known = [limit for limit in limits if limit is not None]
    return Cost(
        steps=len(limits),
        node_seconds=sum(known) if len(known) == len(limits) else None,
        nodes=tuple(_nodes_of(read_yaml(description)) for description in computes_of(endpoint, variants)),
    )


def _nodes_of(compute: Mapping[str, Any]) -> str:
    most, size = int(compute.get("max_instances", 1)), compute.get("size", "the workspace's choice")
    spot = "low-priority " if compute.get("tier") == "low_priority" else ""
    return f"{most} {spot}node{'s' if most > 1 else ''} of {size}"


def _limits(pipeline: Path) -> list[int | None]:
    """Return the limit of each step of a pipeline, in seconds of all its nodes."""
    limits = []
    for step in read_yaml(pipeline).get("jobs", {}).values():
        limit = (step.get("limits") or {}).get("timeout")
        component = pipeline.parent / str(step.get("component"))
        nodes = _nodes(step) or (_nodes(read_yaml(component)) if component.is_file() else None) or 1
        limits.append(None if limit is None else int(limit) * nodes)
    return limits


def _nodes(definition: Mapping[str, Any]) -> int | None:
    count = str((definition.get("resources") or {}).get("instance_count"))
    return int(count) if count.isdigit() else None
