"""Write docs/faults.md from the results of the trials."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.faults.trials import KINDS, Row

_HEAD = """# Faults

`python -m benchmarks.faults` strikes every request of every command that writes, once with every kind of fault, and
then runs the command once more. The workspace must then be as a run without faults leaves it: resources, tags, history,
stored files; no job may run on, and none may have run twice at the same time. Tags of the moment and digests of
evidence differ. Of a request that is made over and over, the first two are struck, and the last of one that writes;
where a run makes it only once, the second is not met, and counts as survived. Steps are reused, so that a judgement
takes seconds; its jobs are submitted all the same. The figures are of the embedded workspace; `of` says how many trials
there are, and a run that was cut short has made fewer.

| kind | what happens |
|---|---|
| 500, 503, 429 with Retry-After, 403 | the request is answered so, once, and not carried out |
| dropped before, dropped after | the connection ends without an answer, before or after the request is carried out |
| answered, not carried out | a write is answered as if it were done |
| kill -9, SIGTERM | the command is killed, or told to stop, when it makes the request |
| killed at a random moment | the command is killed after a share of its time, whatever it does then |
| at the same time | two commands run at once; they must leave what one after the other leaves, in either order |

What may be repeated, how often and how long, stands in `scripts/lib/workspace/repetition.py`; the limit for one request
is 120 s, or `$RELEASE_PATIENCE_SECONDS`. How a write is read back stands in `scripts/lib/workspace/writing.py`. Locks
(`scripts/lib/workspace/locks.py`) keep two commands apart that change one endpoint, or look for a job and start it.
"""


def write_report(work: Path, report: Path) -> None:
    """Write the tables of what was struck, and every difference that was found."""
    trials = {file.stem: json.loads(file.read_text()) for file in sorted(work.glob("*.trials"))}
    rows = _rows(work / "results.jsonl", trials)
    lines = [_HEAD, "## By command", "", _heads("command", "requests", "trials", "of")]
    for command, of in trials.items():
        mine = [row for row in rows if row["command"] == command and row["kind"] in KINDS]
        lines.append(_line(command, _requests(of), len(mine), len(of), mine))
    struck = [row for row in rows if row["kind"] in KINDS]
    requests, of_all = sum(map(_requests, trials.values())), sum(map(len, trials.values()))
    lines.append(_line("all", requests, len(struck), of_all, struck))
    lines += ["", "## By kind of fault", "", _heads("kind", "requests", "trials", "of")]
    for kind in (*KINDS, "killed at a random moment", "at the same time"):
        mine = [row for row in rows if row["kind"] == kind]
        lines.append(_line(kind, len({(row["command"], row["request"]) for row in mine}), len(mine), len(mine), mine))
    lines += ["", "## How commands ended that did not survive at once", "", "| exit code | commands |", "|---|---:|"]
    codes = Counter(str(row["code"]) for row in rows if row["again"] is not None)
    lines += [f"| {code} | {number} |" for code, number in sorted(codes.items())]
    lines += ["", "## Differences", ""]
    lines += [f"- {_words(row)}" for row in rows if row["differences"]] or ["None."]
    report.write_text("\n".join(lines) + "\n")


def _rows(results: Path, trials: dict[str, list[list[str]]]) -> list[Row]:
    """Return the results of the trials there are now, and of what is done at random moments or at the same time."""
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    struck = {(command, request, kind) for command, of in trials.items() for request, kind in of}
    last = {(row["command"], row["request"], row["kind"]): row for row in rows}
    return [row for key, row in last.items() if key in struck or row["kind"] not in KINDS]


def _requests(trials: list[list[str]]) -> int:
    return len({request for request, _ in trials})


def _heads(*names: str) -> str:
    heads = [*names, "survived at once", "after one rerun", "with differences"]
    return f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}"


def _line(name: str, requests: int, trials: int, of: int, rows: Iterable[Row]) -> str:
    fates = Counter(
        "differs" if row["differences"] else "rerun" if row["again"] is not None else "once" for row in rows
    )
    return f"| {name} | {requests} | {trials} | {of} | {fates['once']} | {fates['rerun']} | {fates['differs']} |"


def _words(row: Row) -> str:
    return (
        f"`{row['command']}`, {row['kind']} at `{row['request']}` (exit {row['code']}): {'; '.join(row['differences'])}"
    )
