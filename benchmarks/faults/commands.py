"""The commands that write, each with the workspace that it starts from and its arguments."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.runs import run, use_small_problem
from tests.small_problem import PROBLEM

VARIANTS = ("ordinal", "onehot")


@dataclass(frozen=True)
class Command:
    """A command line; ``{here}`` stands for the folder of one trial."""

    name: str
    start: str
    arguments: tuple[str, ...]

    def line(self, here: Path) -> list[str]:
        """Return the command line in a trial's folder."""
        return [self.name, *(argument.replace("{here}", str(here)) for argument in self.arguments)]


def prepare(states: Path) -> list[Command]:
    """Make the workspaces that the commands start from, unless they are there; return the commands."""
    empty, released, judged = states / "empty", states / "released", states / "judged"
    mark = states / "made.json"
    data = use_small_problem(states / "repository")
    if not mark.exists():
        empty.mkdir(parents=True, exist_ok=True)
        _make(released, VARIANTS, data)
        _make(judged, VARIANTS[:1], data)
        name = _must(judged, "deploy_candidate", "--variant", VARIANTS[1])["deployment"]
        asset = _must(judged, "setup_workspace", "--data", str(data), "--work", str(judged / "data"))["data_asset"]
        judge = ("--deployment", name, "--data-asset", asset, "--output", str(judged / "evidence"))
        _must(judged, "evaluate_candidate", *judge, codes=(0, 4))
        _make_unjudged(judged, states / "unjudged", data)
        mark.write_text(json.dumps({"candidate": name, "asset": asset}))
    made = json.loads(mark.read_text())
    return _commands(made["candidate"], made["asset"], data)


def _make(folder: Path, variants: tuple[str, ...], data: Path) -> None:
    """Make each variant the default in turn, whatever the gate says: these workspaces are to be different, not good."""
    folder.mkdir(parents=True, exist_ok=True)
    asset = _must(folder, "setup_workspace", "--data", str(data), "--work", str(folder / "data"))["data_asset"]
    for variant in variants:
        name = _must(folder, "deploy_candidate", "--variant", variant)["deployment"]
        judge = ("--deployment", name, "--data-asset", asset, "--output", str(folder / variant))
        _must(folder, "evaluate_candidate", *judge, codes=(0, 4))
        _must(folder, *_promotion(name, f"{folder}/{variant}/evidence.json"))


def _make_unjudged(judged: Path, folder: Path, data: Path) -> None:
    """Release the candidate and take all of it back but the steps, which are reused: a judgement then takes seconds."""
    shutil.copytree(judged, folder)
    release = ("--variant", VARIANTS[1], "--data", str(data), "--output", str(folder / "out"))
    before = _must(folder, "show_status")["default"]
    _must(folder, "release_variants", *release, codes=(0, 4))
    if _must(folder, "show_status")["default"] != before:
        _must(folder, "rollback_default")
    for stored in folder.glob("state/blobs/*/releases/*/judgements/*"):
        stored.unlink()


def _promotion(name: str, evidence: str) -> tuple[str, ...]:
    forced = ("--force", "--reason", "Faults are what is looked at here")
    return ("promote_deployment", "--deployment", name, "--evidence", evidence, *forced)


def _must(folder: Path, *line: str, codes: tuple[int, ...] = (0,)) -> dict[str, str]:
    done = run(list(line), folder)
    if done.code not in codes:
        raise SystemExit(f"{' '.join(line)} ended with {done.code}:\n{done.story}")
    return dict(json.loads(done.result))


def _commands(candidate: str, asset: str, file: Path) -> list[Command]:
    data = ("--data", str(file))
    return [
        Command("setup_workspace", "empty", (*data, "--work", "{here}/data")),
        Command("promote_deployment", "judged", _promotion(candidate, "{here}/evidence/evidence.json")[1:]),
        Command("rollback_default", "released", ()),
        Command("retire_deployments", "judged", ("--keep", "0", "--yes")),
        Command("delete_endpoint", "released", ("--confirm", PROBLEM, "--scoring", "--compute")),
        Command(
            "evaluate_candidate",
            "unjudged",
            ("--deployment", candidate, "--data-asset", asset, "--output", "{here}/evidence"),
        ),
        Command("release_variants", "unjudged", ("--variant", VARIANTS[1], *data, "--output", "{here}/out")),
    ]
