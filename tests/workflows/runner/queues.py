"""Concurrency groups: one holder, and a queue in which, unless it says `queue: max`, only the newest waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from runner.errors import Refused
from runner.expressions import Evaluator, to_text, truthy

_LONGEST_QUEUE = 100


@dataclass(eq=False)
class Ticket:
    """A run's or a job's place in a group; it is ``replaced`` when a newer one took its place in the queue."""

    group: str
    owner: Any
    replaced: bool = False


@dataclass
class Groups:
    """The concurrency groups of a repository: each a list of tickets, the first one's owner goes on."""

    lines: dict[str, list[Ticket]] = field(default_factory=dict)

    def enter(self, concurrency: Any, evaluator: Evaluator, owner: Any) -> Ticket | None:
        """Queue for the group that a workflow or a job names; None when it names none."""
        if concurrency is None:
            return None
        spec = evaluator.interpolate({"group": concurrency} if isinstance(concurrency, str) else concurrency)
        cancels, most = truthy(spec.get("cancel-in-progress", False)), spec.get("queue", "single")
        if cancels and most == "max":
            raise Refused("concurrency: queue: max and cancel-in-progress: true exclude each other")
        line = self.lines.setdefault(to_text(spec["group"]).lower(), [])
        ticket = Ticket(to_text(spec["group"]).lower(), owner)
        if line and cancels:
            line[0].owner.cancel()
        if most == "max" and len(line) > _LONGEST_QUEUE:
            ticket.replaced = True
            return ticket
        if most == "single":
            for waiting in line[1:]:
                waiting.replaced = True
            del line[1:]
        line.append(ticket)
        return ticket

    def holds(self, ticket: Ticket | None) -> bool:
        """Whether the owner of the ticket may go on."""
        return ticket is None or self.lines[ticket.group][:1] == [ticket]

    def leave(self, ticket: Ticket | None) -> None:
        """Give the place free."""
        if ticket is not None and ticket in self.lines.get(ticket.group, []):
            self.lines[ticket.group].remove(ticket)
