"""Make the lines that tests start from: once for all test processes, after a release or a judgement."""

import fcntl
import json
import os
from pathlib import Path

from release_line import Line, asset_of

PARTS = ("scripts", "emulator", "components", "pipelines", "endpoints", "data")


def made_once(tmp_path_factory, name: str, make) -> Path:
    """Return a folder that ``make`` filled, once for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, mark = base / name, base / f"{name}.made"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists():
            folder.mkdir()
            make(folder)
            mark.touch()
    return folder


def release_once(line: Line, *data: str) -> None:
    """Release ordinal, then onehot; leave state, outputs and result in the line's folder."""
    variants, folder = ("--variant", "ordinal", "--variant", "onehot"), line.folder
    summary = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_OUTPUT": str(folder / "output")}
    done = line.process("release_variants", *variants, *data, "--output", str(folder / "out"), **summary)
    (folder / "result.json").write_text(json.dumps(done.result))
    (folder / "story.txt").write_text(done.story)


def judge_once(line: Line, *data: str) -> None:
    """Release a line anew, up to an onehot that has passed the gate but is not promoted; keep the names."""
    asset, folder, names = asset_of(line), line.folder, {}
    line.run("delete_endpoint", "--confirm", line.problem)
    line.run("setup_workspace", *data, "--work", str(folder / "out" / "data"))
    for variant in ("ordinal", "onehot"):
        names[variant] = line.run("deploy_candidate", "--variant", variant).result["deployment"]
        evidence = folder / "out" / variant
        judge = ("--deployment", names[variant], "--data-asset", asset, "--output", str(evidence))
        line.run("evaluate_candidate", *judge)
        if variant == "ordinal":
            line.run("promote_deployment", "--deployment", names[variant], "--evidence", f"{evidence}/evidence.json")
    (folder / "names.json").write_text(json.dumps(names))
