"""Make the lines that tests start from: after a release or a judgement."""

import json

from release_line import Line, asset_of

PARTS = ("scripts", "emulator", "components", "pipelines", "endpoints", "data")


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
