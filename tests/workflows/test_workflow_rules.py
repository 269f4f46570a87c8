"""The rules of the house for workflow files, and every `run:` against the command it names."""

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest
from runner.syntax import needs, read_action, read_workflow

from emulator.__main__ import _parse

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = {path.name: read_workflow(path) for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
ACTIONS = {path.parent.name: read_action(path.parent) for path in sorted(ROOT.glob(".github/actions/*/action.yml"))}
JOBS = {f"{file}:{name}": job for file, flow in WORKFLOWS.items() for name, job in flow["jobs"].items()}
# Jobs that a machine runs; others call a workflow of this repository.
MACHINES = [where for where, job in JOBS.items() if "uses" not in job]
# Variables of the repository that GitHub reads before it knows those of an environment.
EARLY = {"PROBLEM", "RUNS_ON", "AZURE_TENANT_ID", "PUBLISH_SITE"}
STEPS = [
    *((where, step) for where, job in JOBS.items() for step in job.get("steps", [])),
    *((name, step) for name, action in ACTIONS.items() for step in action["runs"]["steps"]),
]
RUNS = [pytest.param(step["run"], id=f"{where}:{step['name']}") for where, step in STEPS if "run" in step]
EXPECTED = [
    "azure-test-job",
    "check-setup",
    "cleanup",
    "long-tests",
    "promote",
    "publish-site",
    "pull-request-comment",
    "pull-request",
    "release-problem",
    "release",
    "retrain",
]


def test_the_workflows_are_these():
    assert [file.removesuffix(".yml") for file in WORKFLOWS] == EXPECTED


def parse(run):
    """Parse a run line as bash and Click would; returns what it calls. Raises when it would not work.

    The runner signals bash alone; with `exec` our command takes its place and hears that it is to stop.
    """
    assert "\n" not in run.strip(), "a run is one command"
    first, *words = shlex.split(run)
    assert first == "exec", "bash hands the process over"
    if words[0] == "make":
        return _make_target(words[1:])
    if words[:2] != [".venv/bin/python", "-m"]:
        assert words[0] in {"test", "true"}, f"{words[0]}: neither a command of ours, nor make"
        return words[0]
    if words[2] == "emulator":
        return _parse(words[3:]).do.__name__
    assert re.fullmatch(r"scripts\.[a-z]+_[a-z_]+", words[2]), words[2]
    arguments = [re.sub(r"^\$\{?(\w+)\}?$", _value, word) for word in words[3:]]
    context = importlib.import_module(words[2]).main.make_context(words[2], arguments, resilient_parsing=False)
    if words[2] == "scripts.repeat_command":
        name, given = context.params["name"], ["--problem", "wine", *context.params["arguments"]]
        importlib.import_module(f"scripts.{name}").main.make_context(name, given, resilient_parsing=False)
    return context.info_name


def _value(match):
    """A value that a variable may have where the type of its option asks for one."""
    known = {
        "KEEP": "2",
        "PROBLEM": "heart-disease",
        "DATA": str(ROOT / "data"),
        "VARIANT": "ordinal",
        "DATA_ASSET": "heart:1",
        "CONCERNED": '["wine", "diabetes"]',
        "PROBLEMS": '["wine", "diabetes"]',
        "PLANNED": '["wine"]',
    }
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
        ("exec .venv/bin/python -m scripts.validate_data --dataset x --output y", click.UsageError),
        ("exec .venv/bin/python -m scripts.repeat_command --problems x show_status", click.BadParameter),
        ("exec .venv/bin/python -m scripts.repeat_command --problems wine cancel_jobs", click.BadParameter),
        ("exec .venv/bin/python -m scripts.repeat_command --problems wine show_status -- --x", click.UsageError),
        (".venv/bin/python -m scripts.validate_data --output y", AssertionError),
        ("exec .venv/bin/python -m scripts.validate_nothing --data x", ModuleNotFoundError),
        ("exec .venv/bin/python -m emulator rest", SystemExit),
        ("exec make everything", AssertionError),
        ("exec pip install x", AssertionError),
        ("exec make lint\nmake test", AssertionError),
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
    for line in re.findall(r"^ +(?:actions|contents|id-token|pages|pull-requests): .*$", text, re.MULTILINE):
        assert re.search(r"(read|write) # \w+", line), f"a grant without its reason: {line}"
    if set(flow["on"]) == {"workflow_call"}:
        assert "concurrency" not in flow, "it runs within another's run, and holds no place of its own"
    else:
        assert isinstance(flow["concurrency"]["cancel-in-progress"], bool)


@pytest.mark.parametrize("where", JOBS)
def test_jobs(where):
    job = JOBS[where]
    assert job["name"]
    if "uses" not in job:
        assert 0 < job["timeout-minutes"] <= 300
    granted = job.get("permissions", {})
    if where.startswith("pull-request.yml:"):
        assert set(granted.items()) <= {("contents", "read")}, "a pull request's code gets no right and no secret"


def test_only_a_pull_request_is_cancelled_by_a_newer_one():
    cancelling = {file for file, flow in WORKFLOWS.items() if flow.get("concurrency", {}).get("cancel-in-progress")}
    assert cancelling == {"pull-request.yml"}


WRITES = re.compile(r"promote_deployment|rollback_default|retire_deployments.*--yes|delete_endpoint")
# One lock an endpoint on Azure; the embedded workspace is one folder, and so has one for all.
NAMES = ("inputs.problem", "(inputs.problem || vars.PROBLEM)")
LOCKS = [f"endpoint-${{{{ vars.AZURE_TENANT_ID && {name} || 'embedded' }}}}" for name in NAMES]


def steps_that(pattern, job):
    return [step for step in job.get("steps", []) if re.search(pattern, step.get("run", ""))]


@pytest.mark.parametrize("where", JOBS)
def test_who_writes_the_endpoint_holds_its_lock_and_nobody_waits_for_people_in_it(where):
    job = JOBS[where]
    group = job.get("concurrency", {})
    if steps_that(WRITES, job) and not where.startswith("pull-request"):
        assert group["group"] in LOCKS
        assert group["queue"] == "max"
    if group:
        assert group["queue"] == "max", "nobody who waits is replaced"
        assert job.get("environment", {}) != "production-approval"
    environment = job.get("environment")
    assert environment is None or isinstance(environment, dict), "a job says whether it is a deployment"
    if environment and environment["name"].startswith("production-approval"):
        assert environment["deployment"] is False
        assert "concurrency" not in job


@pytest.mark.parametrize("where", [where for where, job in JOBS.items() if steps_that("promote_deployment", job)])
def test_approval_stands_before_every_promotion(where):
    jobs = WORKFLOWS[where.partition(":")[0]]["jobs"]
    needed = needs(JOBS[where])
    assert "approve" in {*needed, *(name for job in needed for name in needs(jobs[job]))}
    assert jobs["approve"]["environment"]["name"] == "production-approval"


@pytest.mark.parametrize("where", [where for where, job in JOBS.items() if steps_that("evaluate|invoke|run_p", job)])
def test_who_starts_jobs_is_followed_by_a_job_that_cancels_them(where):
    file, _, name = where.partition(":")
    if file == "azure-test-job.yml":
        assert steps_that("cancel_jobs", JOBS[where])[0]["if"].startswith("always()")
        return
    net = WORKFLOWS[file]["jobs"]["leftovers"]
    assert name in net["needs"]
    assert net["if"].startswith("always()")
    assert "concurrency" not in net, "it waits for nobody"


@pytest.mark.parametrize("where", MACHINES)
def test_the_machine_is_a_variable_everywhere(where):
    assert JOBS[where]["runs-on"] == "${{ vars.RUNS_ON || 'ubuntu-24.04' }}"


@pytest.mark.parametrize("where", JOBS)
def test_only_who_runs_tests_installs_what_they_need(where):
    steps = JOBS[where].get("steps", [])
    installed = [
        step.get("with", {}).get("tests", "false")
        for step in steps
        if "actions/setup" in step.get("uses", "") and "$/" in step["uses"]
    ]
    tests = any(step.get("run", "").startswith("exec make ") for step in steps)
    assert set(installed) <= {"true" if tests else "false"}
    assert installed or not tests


def test_the_site_is_published_by_one_job_that_runs_none_of_our_code():
    publishing = [where for where in MACHINES if "pages" in JOBS[where].get("permissions", {})]
    assert publishing == ["publish-site.yml:deploy"]
    (step,) = JOBS[publishing[0]]["steps"]
    assert step["uses"].startswith("actions/deploy-pages@")
    assert JOBS[publishing[0]]["environment"]["name"] == "github-pages"


CALLS = [where for where, job in JOBS.items() if job.get("uses") == "$/.github/workflows/publish-site.yml"]


@pytest.mark.parametrize("where", CALLS)
def test_the_site_is_published_where_it_is_switched_on_and_one_after_the_other(where):
    job = JOBS[where]
    assert job["if"] == "${{ !cancelled() && vars.PUBLISH_SITE == 'true' }}"
    assert job["concurrency"] == {"group": "site", "queue": "max"}


def test_who_writes_the_endpoint_publishes_what_became_of_it():
    callers = {"release-problem.yml": "release.yml"}
    writing = {where.partition(":")[0] for where in JOBS if steps_that(WRITES, JOBS[where])}
    writing = {callers.get(file, file) for file in writing}
    assert {where.partition(":")[0] for where in CALLS} == (writing | {"retrain.yml"})


def test_names_of_jobs_are_unambiguous():
    """Branch protection asks for a check by the name of its job alone, whichever workflow it is of."""
    final = WORKFLOWS["pull-request.yml"]["jobs"]["green"]
    assert final["needs"] == [name for name in WORKFLOWS["pull-request.yml"]["jobs"] if name != "green"]
    assert final["if"] == "always()"
    required = [where for where, job in JOBS.items() if job["name"] == final["name"]]
    assert required == ["pull-request.yml:green"]
    assert {"pull_request", "merge_group"} <= set(WORKFLOWS["pull-request.yml"]["on"])


@pytest.mark.parametrize("where", JOBS)
def test_what_is_decided_before_the_environment_is_known_asks_for_no_variable_of_it(where):
    early = {key: JOBS[where].get(key, "") for key in ("if", "concurrency", "runs-on", "name", "environment")}
    assert set(re.findall(r"vars\.(\w+)", str(early))) <= EARLY


SIGN_IN = [where for where in MACHINES if "id-token" in JOBS[where].get("permissions", {})]


@pytest.mark.parametrize("where", SIGN_IN)
def test_who_signs_in_does_so_as_an_environment(where):
    job = JOBS[where]
    name = job["environment"]["name"]
    if "matrix.environment" in name:
        assert set(job["strategy"]["matrix"]["environment"]) <= {"staging", "production", "azure-test"}
    elif "${{" not in name:
        assert name in ("staging", "production", "azure-test", "github-pages")
    else:
        assert set(re.findall(r"'(\w+)'", name)) - {"failure"} <= {"staging", "production"}


def test_every_job_on_azure_names_the_same_variables():
    blocks = [{**job["env"], "PROBLEM": ""} for job in JOBS.values() if "AZURE_ML_WORKSPACE" in job.get("env", {})]
    assert len(blocks) > 8
    assert all(block == blocks[0] for block in blocks)
    for where in SIGN_IN:
        assert "pages" in JOBS[where]["permissions"] or {**JOBS[where]["env"], "PROBLEM": ""} == blocks[0], where


def test_no_file_names_a_problem():
    """Another problem in the repository changes nothing here."""
    names = [path.parent.name for path in ROOT.glob("data/*/datapackage.json")]
    files = [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob(".github/actions/*/action.yml")]
    assert names
    assert files
    assert not [(file.name, name) for file in files for name in names if name in file.read_text(encoding="utf-8")]


def copies_the_state(step):
    given = step.get("with", {})
    return step.get("uses", "").startswith(("actions/cache/save@", "actions/upload-artifact@")) and (
        "azureml-local" in given.get("path", "")
    )


def test_a_workspace_is_copied_only_when_nothing_writes_into_it():
    kept = [*(job["steps"] for job in JOBS.values() if "steps" in job), *(a["runs"]["steps"] for a in ACTIONS.values())]
    before = [steps[at - 1] for steps in kept for at, step in enumerate(steps) if copies_the_state(step)]
    assert len(before) == 2
    assert all(step["run"].endswith("-m emulator wait") and step["continue-on-error"] for step in before)


def artifacts_of(flow):
    return [step["with"]["name"] for job in flow["jobs"].values() for step in job["steps"] if "upload" in str(step)]


def test_what_lines_of_several_problems_leave_in_one_run_has_the_name_of_its_problem():
    left = artifacts_of(WORKFLOWS["release-problem.yml"])
    assert left
    assert all("${{ inputs.problem }}" in name for name in left)
    (action,) = [step for step in ACTIONS["keep-workspace"]["runs"]["steps"] if "cache" in step.get("uses", "")]
    assert "${{ env.PROBLEM }}" in action["with"]["key"]
    assert not [key for key in WORKFLOWS["pull-request.yml"]["env"] if key.startswith("AZURE")]
