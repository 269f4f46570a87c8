"""Plays the recorded sessions against a handler and lists how its answers differ from Azure's.

python -m tests.wire.recordings [--session GLOB] [--folder FOLDER] [--list] [--write]
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from unittest.mock import patch

import click

from tests.wire import report
from tests.wire.comparison import Difference
from tests.wire.explained import load_explanations, sort_out
from tests.wire.player import Answer, Handler, Outcome, Player, parse
from tests.wire.sessions import FOLDERS, Session, read_sessions

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_UNREACHABLE = "http://127.0.0.1:9"


def emulator_for(session: Session, state: Path) -> Handler:
    """An empty emulator whose workspace bears the recorded names."""
    from emulator.service import Service
    from emulator.state.workspace import Workspace
    from emulator.wire.http import Request
    from emulator.wire.names import Names

    masked = {"subscription": "00000000-0000-0000-0000-000000000", "group": "00000", "workspace": "00000"}
    known = {"workspace_id": session.workspace_id} if session.workspace_id else {}
    names = Names(**masked, account=session.account, **known)
    workspace = Workspace(state, names)
    service = Service(workspace)

    def handle(method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            response = service.handle(Request(method, url, headers, body))
        except Exception as error:
            return Answer(500, {}, f"{type(error).__name__}: {error}")
        return parse(response.status, response.headers, response.body)

    return handle


def replay(
    pattern: str = "*",
    make: Callable[[Session, Path], Handler] = emulator_for,
    folders: tuple[Path, ...] | Path = FOLDERS,
) -> Iterator[Outcome]:
    """Plays the sessions whose names match, each against a fresh handler; their steps reach no web server."""
    for session in read_sessions(folders):
        if fnmatchcase(session.name, pattern):
            with (
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
                patch.dict(os.environ, dict.fromkeys(_PROXIES, _UNREACHABLE)),
            ):
                player = Player(session, make(session, Path(folder)))
                player.seed()
                outcome = player.play()
                player.end()
                yield outcome


@click.command()
@click.option("--session", "pattern", default="*", help="Play the sessions whose names match.")
@click.option("--folder", type=click.Path(path_type=Path), help="Play the sessions of this folder, and of no other.")
@click.option("--list", "listing", is_flag=True, help="Print every unexplained difference.")
@click.option("--write", is_flag=True, help="Write the tables of docs/wire.md; plays every session.")
def main(pattern: str, folder: Path | None, listing: bool, write: bool) -> None:
    """Play recorded sessions against the emulator and print a table of differences."""
    outcomes = list(replay("*") if write else replay(pattern, folders=folder or FOLDERS))
    if write:
        report.write(report.tables(outcomes))
    explanations = load_explanations()
    print(f"{'session':90} requests compared skipped explained unexplained")
    totals: Counter[str] = Counter()
    left: list[Difference] = []
    for outcome in outcomes:
        explained, unexplained = sort_out(outcome.differences, explanations)
        left += unexplained
        sizes = {
            "requests": len(outcome.session.exchanges),
            "compared": outcome.compared,
            "skipped": len(outcome.skipped),
            "explained": len(explained),
            "unexplained": len(unexplained),
        }
        totals.update(sizes)
        print(f"{outcome.session.name[:90]:90} " + " ".join(f"{n:{len(k)}}" for k, n in sizes.items()))
    print(f"{f'{len(outcomes)} sessions':90} " + " ".join(f"{totals[k]:{len(k)}}" for k in sizes))
    for reason, count in Counter(r for o in outcomes for r in o.skipped.values()).items():
        print(f"skipped {count}: {reason}")
    if listing:
        _print_grouped(left)


def _print_grouped(differences: list[Difference]) -> None:
    groups: dict[tuple[str, str, str], list[Difference]] = {}
    for one in differences:
        groups.setdefault((one.operation, one.pointer, one.rule), []).append(one)
    for (operation, pointer, rule), members in sorted(groups.items(), key=lambda g: -len(g[1])):
        first = members[0]
        print(f"{len(members):4} {operation} {pointer} {rule}: {first.recorded} | {first.ours}")
        print(f"       {first.session}#{first.request}")


if __name__ == "__main__":
    main()
