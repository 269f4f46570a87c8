"""Puts faults into the workspace's answers one by one and tells which of them the comparison with recordings finds.

python -m tests.wire.mutation [OPERATION]
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.wire.explained import load_explanations, sort_out
from tests.wire.player import Answer, Handler, Player
from tests.wire.recordings import emulator_for
from tests.wire.scope import out_of_scope
from tests.wire.sessions import Exchange, Message, Session, read_sessions

FILE = Path(__file__).with_name("faults.yml")
WANTED = 0.95
_TRIES = 4


@cache
def load_faults() -> tuple[dict[str, Any], ...]:
    """The faults, in the order of the file."""
    return tuple(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def named(fault: dict[str, Any]) -> str:
    """A fault in one line."""
    return json.dumps(fault).replace('"', "")


class Faulty:
    """A handler whose answers to one operation have a fault; ``applied`` counts them."""

    def __init__(self, handler: Handler, fault: dict[str, Any]) -> None:
        self.handler, self.fault, self.applied = handler, fault, 0

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        answer = self.handler(method, url, headers, body)
        operation = Exchange(0, method, url, Message({}, None), 0, Message({}, None)).operation
        if not fnmatchcase(operation, self.fault["operation"]) or answer.status != self.fault.get(
            "only", answer.status
        ):
            return answer
        changed = _broken(answer, self.fault)
        self.applied += changed != answer
        return changed


def _broken(answer: Answer, fault: dict[str, Any]) -> Answer:
    if "status" in fault:
        return replace(answer, status=fault["status"])
    if changes := fault.get("headers"):
        headers = {**answer.headers, **changes}
        return replace(answer, headers={name: value for name, value in headers.items() if value is not None})
    if how := fault.get("bytes"):
        content = {"empty": b"", "short": answer.content[:-1], "longer": answer.content + b"!"}[how]
        return replace(answer, content=content, body=content.decode(errors="replace") or None)
    if "xml" in fault:
        return replace(answer, body=str(answer.body).replace(*fault["xml"]))
    body = json.loads(json.dumps(answer.body))
    if fault["at"] == "":
        return replace(answer, body={**body, fault["add"]: "x"} if isinstance(body, dict) else body)
    *path, last = (step.replace("~1", "/") for step in fault["at"].strip("/").split("/"))
    for holder in _holders(body, path):
        for key in [key for key in _keys(holder) if last in ("*", str(key))]:
            if "add" in fault:
                holder[key][fault["add"]] = "x"
            elif fault.get("drop"):
                del holder[key]
            else:
                holder[key] = fault["to"]
    return replace(answer, body=body)


def _keys(holder: object) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder))) if isinstance(holder, list) else []


def _holders(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
        return
    for key in _keys(value):
        if path[0] in ("*", str(key)):
            yield from _holders(value[key], path[1:])


def find(fault: dict[str, Any]) -> str:
    """What finds a fault: the first unexplained difference in a session that has the operation; empty if none does.

    Raises:
        LookupError: no session has an answer in which there could be such a fault.
    """
    applied = 0
    for session in _sessions(fault)[:_TRIES]:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            player = Player(session, emulator_for(session, Path(folder)), patience=10.0)
            player.seed()
            faulty = Faulty(player.handler, fault)
            player.handler = faulty
            outcome = player.play()
            player.handler = faulty.handler
            player.end()
        applied += faulty.applied
        _, unexplained = sort_out(outcome.differences, load_explanations())
        if faulty.applied and unexplained:
            return f"{session.name}: {unexplained[0].operation} {unexplained[0].pointer} {unexplained[0].rule}"
    if not applied:
        raise LookupError(f"No session shows {named(fault)}.")
    return ""


@cache
def _shown() -> list[tuple[Session, set[tuple[str, int]]]]:
    """Every session with the operations and statuses that it shows, the shortest first."""
    shown = []
    for session in sorted(read_sessions(), key=lambda session: len(session.exchanges)):
        skipped = out_of_scope(session)
        shown.append((session, {(e.operation, e.status) for e in session.exchanges if e.number not in skipped}))
    return shown


def _sessions(fault: dict[str, Any]) -> list[Session]:
    """The sessions in which the fault may show, the shortest first."""
    return [
        session
        for session, answers in _shown()
        if any(fnmatchcase(op, fault["operation"]) and fault.get("only") in (None, status) for op, status in answers)
    ]


def main() -> int:
    """Try every fault, or those of the operations that match; return 1 if nothing finds too many of them."""
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*"
    missed, faults = [], [fault for fault in load_faults() if fnmatchcase(fault["operation"], pattern)]
    for fault in faults:
        found = find(fault)
        print(f"{named(fault)}: {found or 'NOT FOUND'}", flush=True)
        missed += [] if found else [fault]
    share = 1 - len(missed) / max(len(faults), 1)
    print(f"{len(faults)} faults, {len(missed)} not found: {share:.1%} (wanted: {WANTED:.0%})")
    return int(share < WANTED)


if __name__ == "__main__":
    sys.exit(main())
