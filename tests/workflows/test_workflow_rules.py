"""The rules of the house for workflow files, and every `run:` against the command it names."""

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest
from runner.syntax import read_action, read_workflow

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = {path.name: read_workflow(path) for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
ACTIONS = {path.parent.name: read_action(path.parent) for path in sorted(ROOT.glob(".github/actions/*/action.yml"))}
JOBS = {f"{file}:{name}": job for file, flow in WORKFLOWS.items() for name, job in flow["jobs"].items()}
STEPS = [
    *((where, step) for where, job in JOBS.items() for step in job.get("steps", [])),
    *((name, step) for name, action in ACTIONS.items() for step in action["runs"]["steps"]),
]
RUNS = [pytest.param(step["run"], id=f"{where}:{step['name']}") for where, step in STEPS if "run" in step]
EXPECTED = [
    "azure-test-job",
    "check-setup",
    "cleanup",
    "promote",
    "pull-request-comment",
    "pull-request",
    "release-variant",
    "release",
    "retrain",
]


def test_the_workflows_are_these():
    assert [file.removesuffix(".yml") for file in WORKFLOWS] == EXPECTED


def parse(run):
    """Parse a run line as bash and Click would; returns what it calls. Raises when it would not work."""
    assert "\n" not in run.strip(), "a run is one command"
    words = shlex.split(run)
    while re.match(r"^\w+=", words[0]):
        words.pop(0)
    if words[0] == "make":
        return _make_target(words[1:])
    if words[:2] != [".venv/bin/python", "-m"]:
        assert words[0] in {"test", "cat", "mkdir"}, f"{words[0]}: neither a command of ours, nor make"
        return words[0]
    assert re.fullmatch(r"scripts\.[a-z]+_[a-z_]+", words[2]), words[2]
    command = importlib.import_module(words[2]).main
    arguments = [re.sub(r"^\$\{?(\w+)\}?$", _value, word) for word in words[3:]]
    context = command.make_context(words[2], arguments, resilient_parsing=False)
    return context.info_name


def _value(match):
    """A value that a variable may have where the type of its option asks for one."""
    known = {"KEEP": "2", "DATA": str(ROOT / "data"), "VARIANT": "ordinal", "DATA_ASSET": "heart:1"}
    return known.get(match[1], match[1].lower())


def _make_target(words):
    (target,) = [word for word in words if not word.startswith("-")]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(VENV)", ".venv")
    assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"no target {target} in Makefile"
    return f"make {target}"


@pytest.mark.parametrize("run", RUNS)
def test_every_run_is_a_command_that_exists(run, tmp_path, monkeypatch):
    (tmp_path / "out/evidence").mkdir(parents=True)
    (tmp_path / "out/evidence/evidence.json").touch()
    monkeypatch.chdir(tmp_path)
    assert parse(run)


@pytest.mark.parametrize(
    ("run", "error"),
    [
        (".venv/bin/python -m scripts.validate_data --dataset x --output y", click.UsageError),
        (".venv/bin/python -m scripts.validate_nothing --data x", ModuleNotFoundError),
        ("make everything", AssertionError),
        ("pip install x", AssertionError),
        ("make lint\nmake test", AssertionError),
    ],
)
def test_a_wrong_run_is_found(run, error):
    with pytest.raises(error):
        parse(run)


@pytest.mark.parametrize(("where", "step"), STEPS, ids=[f"{where}:{step['name']}" for where, step in STEPS])
def test_steps(where, step):
    if "run" in step:
        assert "${{" not in step["run"], "values come by env"
        assert where.split(":")[0].endswith(".yml") or step["shell"] == "bash"
    elif not step["uses"].startswith("$/"):
        assert re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40}", step["uses"])
    if step.get("uses", "").startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] is False


def test_every_pin_names_its_version_and_there_is_one_pin_an_action():
    pins = {}
    for path in [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob(".github/actions/*/action.yml")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses: actions/" in line:
                name, pin, version = re.search(r"actions/([\w-]+)[\w/]*@(\w{40}) # (v\d+\.\d+\.\d+)$", line).groups()
                pins.setdefault(name, set()).add((pin, version))
    assert pins
    assert all(len(versions) == 1 for versions in pins.values()), pins


@pytest.mark.parametrize("file", WORKFLOWS)
def test_workflows(file):
    flow, text = WORKFLOWS[file], (ROOT / ".github/workflows" / file).read_text(encoding="utf-8")
    assert flow["permissions"] == {}
    assert "secrets." not in text
    assert "pull_request_target" not in flow["on"]
    for line in re.findall(r"^ +(?:actions|contents|id-token|pull-requests): .*$", text, re.MULTILINE):
        assert re.search(r"(read|write) # \w+", line), f"a grant without its reason: {line}"
    if file == "release-variant.yml":
        return
    assert isinstance(flow["concurrency"]["cancel-in-progress"], bool)
    others = [name for name in flow["jobs"] if name != "all-green"]
    final = flow["jobs"]["all-green"]
    assert (final["needs"] if isinstance(final["needs"], list) else [final["needs"]]) == others
    assert final["if"] == "always()"


@pytest.mark.parametrize("where", JOBS)
def test_jobs(where):
    job = JOBS[where]
    assert job["name"]
    if "uses" not in job:
        assert 0 < job["timeout-minutes"] <= 240
    granted = job.get("permissions", {})
    if where.startswith("pull-request.yml:"):
        assert set(granted.items()) <= {("contents", "read")}, "a pull request's code gets no right and no secret"


def test_only_a_pull_request_is_cancelled_by_a_newer_one():
    cancelling = {file for file, flow in WORKFLOWS.items() if flow.get("concurrency", {}).get("cancel-in-progress")}
    assert cancelling == {"pull-request.yml"}


def test_what_changes_an_endpoint_waits_for_the_other():
    groups = {file: flow.get("concurrency", {}).get("group") for file, flow in WORKFLOWS.items()}
    same = {groups[file] for file in ("release.yml", "promote.yml", "cleanup.yml", "retrain.yml")}
    assert same == {"endpoint-${{ vars.ENDPOINT || 'uci-classifier-train' }}"}


def test_approval_stands_before_every_change_of_the_default():
    for where, job in JOBS.items():
        changes = [s for s in job.get("steps", []) if re.search("promote_deployment|rollback", s.get("run", ""))]
        if changes and not where.startswith("pull-request"):
            assert job["environment"] == "production", where


def test_every_workflow_on_azure_names_the_same_variables():
    blocks = {file: flow.get("env", {}) for file, flow in WORKFLOWS.items() if not file.startswith("pull-request")}
    shared = {file: {k: v for k, v in env.items() if k in blocks["retrain.yml"]} for file, env in blocks.items()}
    assert all(env == blocks["retrain.yml"] for env in shared.values()), shared
    assert not [key for key in WORKFLOWS["pull-request.yml"]["env"] if key.startswith("AZURE")]
