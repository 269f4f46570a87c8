"""One trial: a command with one fault, then the same command once more, and what is there then."""

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.faults.commands import Command
from benchmarks.faults.runs import Done, run
from benchmarks.faults.states import State, differences, look

KINDS: dict[str, dict[str, Any]] = {
    "500": {"answer": 500},
    "503": {"answer": 503},
    "429 with Retry-After": {"answer": 429, "retry_after": 1},
    "403": {"answer": 403},
    "dropped before": {"answer": "drop"},
    "dropped after": {"answer": "drop", "carried_out": True},
    "answered, not carried out": {"answer": "ignore"},
    "kill -9": {"answer": "kill"},
    "SIGTERM": {"answer": "terminate"},
}
_WRITES = ("PUT", "POST", "PATCH", "DELETE")
_READING_POST = re.compile(r"/(listSecrets|rundata|batchGetResolvedUris)$")
# Of a request that is made over and over, as many are struck; of one that writes, the last too.
_STRUCK = 2
# What has another name in another run: identities, and digests, which follow the content of the repository.
_IDENTITY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{10,64}(?![0-9a-f])"
)


# The result of a trial, as it is kept.
Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """The ``number``-th request of its kind that a command makes."""

    method: str
    path: str
    number: int

    @property
    def writes(self) -> bool:
        """Whether it changes something; some requests that only read are sent by POST."""
        return self.method in _WRITES and not _READING_POST.search(self.path)

    @property
    def rule(self) -> dict[str, Any]:
        """What a rule of faults must say to strike this request alone."""
        pattern = "[0-9a-f-]{10,64}".join(re.escape(part) for part in self.path.split("{id}"))
        return {"match": {"method": self.method, "path": f"^{pattern}$"}, "skip": self.number - 1, "times": 1}

    @property
    def words(self) -> str:
        """The request in a table."""
        short = re.sub(r"^.*/workspaces/[^/]+(?=/|$)", "…", self.path)
        return f"{self.method} {short}" + (f" (no. {self.number})" if self.number > 1 else "")


@dataclass(frozen=True)
class Baseline:
    """A command without faults: the requests it makes, its exit code, the state it leaves, the seconds it takes."""

    command: Command
    requests: tuple[Request, ...]
    code: int
    state: State
    seconds: float


def measure(command: Command, states: Path, work: Path) -> Baseline:
    """Run a command without faults."""
    here = copied(command, states, work)
    listed = here / "requests.jsonl"
    done = run(command.line(here), here, requests=listed)
    made: Counter[tuple[str, str]] = Counter()
    for line in listed.read_text().splitlines():
        method, _, path = json.loads(line)
        made[method, _IDENTITY.sub("{id}", path)] += 1
    requests = []
    for key, times in made.items():
        one = Request(*key, 1)
        numbers = [*range(1, min(times, _STRUCK) + 1), *([times] if one.writes and times > _STRUCK else [])]
        requests += [replace(one, number=number) for number in numbers]
    return Baseline(command, tuple(requests), done.code, look(here), done.seconds)


def kinds_for(request: Request) -> list[str]:
    """Return the kinds of fault that a request can meet."""
    return [kind for kind in KINDS if request.writes or kind != "answered, not carried out"]


def try_once(baseline: Baseline, request: Request, kind: str, states: Path, work: Path) -> Row:
    """Run a command with one fault, and once more without; return the result."""
    command = baseline.command
    here = copied(command, states, work)
    first = run(command.line(here), here, [{**request.rule, **KINDS[kind]}])
    return finish(baseline, here, first, request.words, kind, _struck(here))


def finish(baseline: Baseline, here: Path, first: Done, request: str, kind: str, struck: bool = True) -> Row:
    """Run a command that ended otherwise than without faults once more; return how what it leaves differs."""
    command = baseline.command
    again = None if first.code == baseline.code else run(command.line(here), here)
    state = look(here)
    found = differences(state, baseline.state)
    if again and again.code not in (baseline.code, *_already(command)):
        found.append(f"the rerun ended with {again.code}: {last_line(again)}")
    for done in filter(None, (first, again)):
        found += unhandled(done)
    remove(here)
    return {
        "command": command.name,
        "request": request,
        "kind": kind,
        "struck": struck,
        "code": first.code,
        "again": again.code if again else None,
        "message": "" if first.code == baseline.code else last_line(first),
        "differences": found,
        "seconds": round(first.seconds + (again.seconds if again else 0), 1),
    }


def unhandled(done: Done) -> list[str]:
    """Return what a command said that is no message for a user."""
    bad = re.search(r"Traceback \(|Unexpected \w+(Error|Exception)", done.story)
    return [f"not a message: {last_line(done)}"] if bad else []


def _already(command: Command) -> tuple[int, ...]:
    """Return the codes of a rerun that finds all done: what was deleted is not there to be deleted."""
    return (8,) if command.name == "delete_endpoint" else (2,) if command.name == "evaluate_candidate" else ()


def _struck(here: Path) -> bool:
    from emulator.state.documents import Store

    store = Store(here / "state" / "workspace.db")
    store.open()
    try:
        return bool(store.page("faults", 1, None))
    finally:
        store.close()


def copied(command: Command, states: Path, work: Path, start: str = "") -> Path:
    """Return a copy of the workspace that a command starts from, or of another, in the folder of this trial."""
    remove(work)
    shutil.copytree(states / (start or command.start), work)
    return work


def remove(here: Path) -> None:
    """Remove what a trial left, also what its last processes still write."""
    shutil.rmtree(here, ignore_errors=True)


def last_line(done: Done) -> str:
    """Return the message with which a command ended."""
    lines = [line for line in done.story.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("Error", "Stopped", "Usage"))]
    return (told or lines or [""])[-1][:300]
