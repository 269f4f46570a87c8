"""A delivered model with rows prepared for it, scored as the step does it, and what the step refuses."""

import json

import yaml
from test_components import run_step


def score(case, **options):
    inputs = {
        "data": case.data,
        "prepared_data": case.features,
        "model": case.model,
        "transformations": case.transformations,
        **options,
    }
    return run_step("score", inputs, {"predictions": case.out / "predictions"}, case.out)


def refusal(case):
    """Score, and return the reason and message of the refusal; it must come as a file without a trace of scores."""
    done = score(case, report_refusals="true")
    assert done.returncode == 0, done.stderr[-2000:]
    assert [path.name for path in (case.out / "predictions").iterdir()] == ["refusal.json"]
    told = json.loads((case.out / "predictions" / "refusal.json").read_text())
    assert f"score refused [{told['reason']}]: {told['message']}" in done.stdout
    assert "\n" not in told["message"]
    return told["reason"], told["message"]


def change(path, edit):
    content = yaml.safe_load(path.read_text())
    edit(content)
    path.write_text(yaml.safe_dump(content))


def booster(case):
    import xgboost

    return xgboost.Booster(model_file=case.model / "model.ubj")


def refusal_reason(done):
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert len(told) == 1
    return told[0].removeprefix("score refused [").partition("]: ")[0]
