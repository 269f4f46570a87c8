"""Public samples: the table, the reasons and what is prepared agree, and each judgement says no where it must."""

import json

import pytest

from tests import generated
from tests.samples import __main__ as program
from tests.samples import outcomes, report, selection
from tests.samples.outcomes import Outcome, Reason, classify, fault_of, reasons, stale
from tests.samples.run_sample import overlay, run_sample
from tests.samples.selection import VARIABLE, find_checkout, preparations, samples_of

PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
settings: {default_compute: azureml:cpu-cluster}
jobs:
  hello:
    command: COMMAND
    environment: {image: "python:3.11"}
"""
ELSEWHERE = "    inputs: {data: {type: uri_file, path: 'wasbs://c@elsewhere.blob.core.windows.net/x'}}\n"
REASON = Reason("download", "it reads the internet", "no such host")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with three pipelines: one that ends well, one that fails, one that is refused."""
    commands = {"good": "echo hello", "bad": "echo no such host; exit 3", "elsewhere": "echo"}
    for name, command in commands.items():
        folder = tmp_path / "checkout" / "cli" / "jobs" / name
        folder.mkdir(parents=True)
        text = PIPELINE.replace("COMMAND", command)
        text += ELSEWHERE if name == "elsewhere" else ""
        (folder / "pipeline.yml").write_text(text)
        (folder / "other.yml").write_text("type: command\ncommand: echo\n")
    (tmp_path / "checkout" / selection.NOTEBOOKS).mkdir(parents=True)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "checkout"))
    # The program sets it for the processes that it starts; this takes it back after the test.
    monkeypatch.setenv("AZUREML_EMULATOR_REGISTRIES", "")
    return find_checkout()


def test_the_table_and_the_reasons_agree():
    table, known = report.written(), reasons()
    failed = {sample: why for sample, (kind, why) in table.items() if kind == "failed"}
    assert sum(sample.endswith(".ipynb") for sample in table) >= 12
    assert sum(not sample.endswith(".ipynb") for sample in table) >= 40
    assert set(known) == set(failed), "a failure without a reason, or a reason without a failure"
    assert failed == {sample: f"{reason.fault}: {reason.why}" for sample, reason in known.items()}
    assert all(why for kind, why in table.values() if kind == "refused")
    assert not [why for _, why in table.values() if why.startswith("ours")]


def test_the_numbers_above_the_table_are_those_of_its_rows():
    kinds = [kind for _, (kind, _) in report.written().items()]
    rows = [line for line in generated.written(report.DOCUMENT, report.PROGRAM).splitlines() if line.startswith("| ")]
    counts = [[int(cell) for cell in row.split("|")[2:-1]] for row in rows[1:3]]
    totals = [sum(column) for column in zip(*counts, strict=True)]
    assert totals == [len(kinds), *(kinds.count(kind) for kind in outcomes.KINDS), 0]


def test_what_is_prepared_is_for_samples_of_the_table():
    before = preparations()
    assert set(before["assets"]) | set(before["inputs"]) <= set(report.written())


@pytest.mark.parametrize("place", [None, "", "/nowhere"])
def test_without_a_checkout_it_refuses_and_the_table_stays(monkeypatch, capsys, place):
    monkeypatch.delenv(VARIABLE, raising=False)
    if place is not None:
        monkeypatch.setenv(VARIABLE, place)
    monkeypatch.setattr("sys.argv", ["samples"])
    monkeypatch.setattr(report, "write", pytest.fail)
    assert program.main() == 2
    assert f"{VARIABLE} must name a checkout" in capsys.readouterr().err


def test_a_checkout_with_fewer_samples_than_the_table_is_refused(checkout, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["samples"])
    monkeypatch.setattr(program, "run_sample", pytest.fail)
    assert program.main() == 2
    assert "nothing is run" in capsys.readouterr().err


def test_only_pipeline_jobs_are_samples(checkout):
    assert [sample.path for sample in samples_of(checkout)] == [
        f"cli/jobs/{name}/pipeline.yml" for name in ("bad", "elsewhere", "good")
    ]


@pytest.mark.slow
def test_a_run_tells_completed_refused_and_failed_apart(checkout):
    found = {sample.path.split("/")[2]: run_sample(sample, checkout, 120) for sample in samples_of(checkout)}
    assert {name: outcome.kind for name, outcome in found.items()} == {
        "good": "completed",
        "bad": "failed",
        "elsewhere": "refused",
    }
    assert "no such host" in found["bad"].said
    assert found["elsewhere"].reason == "Reading wasbs://c@elsewhere.blob.core.windows.net/x"


@pytest.mark.slow
def test_a_sample_that_takes_too_long_is_ended_and_told(checkout):
    [sample] = [each for each in samples_of(checkout) if "good" in each.path]
    assert "TimeoutError: it took longer than 1 s" in run_sample(sample, checkout, 1).said


def test_results_are_kept_until_they_are_asked_for_again(checkout, monkeypatch, tmp_path, capsys):
    ran = []
    monkeypatch.setattr(program, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(
        program, "run_sample", lambda sample, *_: ran.append(sample.path) or Outcome(sample.path, "completed", "", 1.0)
    )
    for options in (["--only", "good"], ["--only", "jobs/b", "--only", "jobs/g"], ["--only", "good", "--again"]):
        monkeypatch.setattr("sys.argv", ["samples", *options])
        assert program.main() == 0
    assert [path.split("/")[2] for path in ran] == ["good", "bad", "good"]
    assert "1 completed, 0 refused, 0 failed" in capsys.readouterr().out


def test_a_failure_without_a_reason_that_it_shows_is_ours():
    failed = Outcome("a.yml", "failed", "x", 1.0, "no such host")
    assert fault_of(failed, {"a.yml": REASON}) == "download"
    assert fault_of(failed, {"b.yml": REASON}) == "ours"
    assert fault_of(Outcome("a.yml", "failed", "x", 1.0, "another error"), {"a.yml": REASON}) == "ours"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome("a.yml", "completed", "", 1.0), "completed, and has a reason to fail"),
        (Outcome("a.yml", "failed", "x", 1.0, "another error"), "failed without 'no such host'"),
        (Outcome("b.yml", "failed", "x", 1.0, "no such host"), "there is no such sample"),
    ],
)
def test_a_reason_that_does_not_hold_is_stale(outcome, words):
    assert words in stale([outcome], {"a.yml": REASON})[0]


def test_a_reason_that_holds_is_not_stale():
    assert not stale([Outcome("a.yml", "failed", "x", 1.0, "no such host")], {"a.yml": REASON})


def test_a_refusal_that_the_sample_does_not_repeat_is_a_failure():
    message = "A step of type spark is not supported by the embedded workspace."
    assert classify("a.yml", False, [message], f"Error: {message}", 1.0).kind == "refused"
    assert classify("a.yml", False, [message], "Error: no such host", 1.0).kind == "failed"


def test_an_unknown_fault_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "reasons.yml"
    path.write_text(json.dumps({"a.yml": {"fault": "weather", "why": "rain", "seen": "rain"}}))
    monkeypatch.setattr(outcomes, "REASONS", path)
    with pytest.raises(ValueError, match=r"a\.yml needs"):
        reasons()


def test_a_notebook_lies_among_what_lies_beside_it(tmp_path):
    checkout = tmp_path / "checkout"
    for path in ("a/b/n.ipynb", "a/b/x.txt", "a/c/y.txt", "z.txt"):
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(path)
    copy = overlay(checkout, "a/b/n.ipynb", tmp_path / "tree")
    (copy.parent / "x.txt").write_text("changed")
    assert (copy.parent / "../c/y.txt").resolve().read_text() == "a/c/y.txt"
    assert (copy.parent / "../../z.txt").resolve().read_text() == "z.txt"
    assert (checkout / "a/b/x.txt").read_text() == "a/b/x.txt"
