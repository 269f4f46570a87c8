"""Two commands at the same time: what they leave is what one after the other leaves, in one order or the other."""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from pathlib import Path

from benchmarks.faults.commands import Command
from benchmarks.faults.runs import Done, ended, run, start
from benchmarks.faults.states import State, differences, look
from benchmarks.faults.trials import Row, copied, last_line, remove, unhandled

_START = "judged"


def pairs(commands: Sequence[Command]) -> Iterator[tuple[Command, Command]]:
    """Return every pair, a command with itself too."""
    return combinations_with_replacement(commands, 2)


def race_once(one: Command, other: Command, states: Path, work: Path) -> Row:
    """Run two commands on one workspace at the same time, then each that failed once more; return the result.

    Both start from the workspace in which a candidate is judged. A command that had to give way runs again, as a user
    would run it; what is left then must be one of the two orders' outcome.
    """
    wanted = [_in_order(first, second, states, work) for first, second in ((one, other), (other, one))]
    here = _start(one, states, work)
    processes = [(command, start(command.line(here), here)) for command in (one, other)]
    done = [(command, ended(process, here)) for command, process in processes]
    again = [(command, run(command.line(here), here)) for command, first in done if first.code]
    state = look(here)
    found = min((differences(state, each) for each in wanted), key=len)
    found += [words for _, each in (*done, *again) for words in unhandled(each)]
    remove(here)
    return {
        "command": f"{one.name} and {other.name}",
        "request": "all",
        "kind": "at the same time",
        "struck": True,
        "code": max(each.code for _, each in done),
        "again": max(each.code for _, each in again) if again else None,
        "message": " / ".join(last_line(each) for _, each in done if each.code),
        "differences": found,
        "seconds": round(sum(each.seconds for _, each in (*done, *again)), 1),
    }


def _start(command: Command, states: Path, work: Path) -> Path:
    return copied(command, states, work, _START)


def _in_order(first: Command, second: Command, states: Path, work: Path) -> State:
    """Return what two commands leave, one after the other; the first runs again where it failed, as in the race."""
    here = _start(first, states, work)
    done: list[tuple[Command, Done]] = [(command, run(command.line(here), here)) for command in (first, second)]
    for command, each in done:
        if each.code:
            run(command.line(here), here)
    state = look(here)
    remove(here)
    return state
