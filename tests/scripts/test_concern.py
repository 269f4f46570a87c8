"""Which problems a change concerns: those of its folders and of the components that their pipelines use, else all."""

import json
import subprocess

import pytest

from scripts.lib.line.concern import changed_files, concerned_problems
from scripts.lib.repository import files
from scripts.lib.repository.problem import problem_names

ALL = problem_names()


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ([], []),
        (["docs/workflows.md", "README.md", "LICENSE", "tests/test_readme.py", "benchmarks/training.py"], []),
        (["data/README.md", "azure/release_role.json"], []),
        (["data/wine/wine.csv"], ["wine"]),
        (["pipelines/wine/trees/pipeline.yml"], ["wine"]),
        (["endpoints/wine/serving.yml", "docs/gate.md"], ["wine"]),
        (["endpoints/wine-score/endpoint.yml"], ["wine"]),
        (["endpoints/wine/gate.yml", "data/diabetes/datapackage.json"], ["diabetes", "wine"]),
        (["data/no-such-problem/rows.csv"], []),
        (["components/train_hgb/train.py"], ["wine"]),
        (["components/nobody_uses_it/step.py"], []),
        (["components/prepare/prepare.py"], ALL),
        (["components/shared/protocol.py"], ALL),
        (["components/environment.yml"], ALL),
        (["pipelines/withhold.yml"], ALL),
        (["scripts/lib/errors.py"], ALL),
        (["uv.lock"], ALL),
        ([".github/workflows/release.yml"], ALL),
        (["a-new-folder/file"], ALL),
    ],
)
def test_concerned(changed, problems):
    assert concerned_problems(changed) == problems


def test_who_uses_a_component_is_what_the_pipelines_say():
    """Held to the files themselves: a problem uses a component if one of its pipelines names its folder."""
    for folder in (files.ROOT / "components").glob("*/component.yml"):
        name = folder.parent.name
        users = [
            problem
            for problem in ALL
            if any(
                f"components/{name}/" in path.read_text(encoding="utf-8")
                for path in (files.ROOT / "pipelines" / problem).glob("*/*.yml")
            )
        ]
        expected = ALL if name == "withhold" else users
        assert set(users) <= set(concerned_problems([f"components/{name}/component.yml"])) <= set(expected), name


def test_a_problem_whose_pipelines_cannot_be_read_is_concerned(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOT", tmp_path)
    (tmp_path / "data/odd").mkdir(parents=True)
    (tmp_path / "data/odd/datapackage.json").write_text("{}")
    assert concerned_problems(["components/prepare/prepare.py"]) == ["odd"]


def test_what_changed_since_a_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOT", tmp_path)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for name in ("one", "two"):
        (tmp_path / name).touch()
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", name], check=True)
    assert changed_files("HEAD^") == ["two"]
    assert changed_files("HEAD") == []
    for absent in ("0" * 40, "no-such-branch", "--output=x"):
        assert changed_files(absent) is None
    assert not (tmp_path / "x").exists()


def test_a_plan_that_concerns_nothing_reaches_for_no_workspace(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from scripts.plan_problems import main

    for name in ("OUTPUT", "STEP_SUMMARY"):
        monkeypatch.setenv(f"GITHUB_{name}", str(tmp_path / name))
    monkeypatch.setenv("RELEASE_REPORT", str(tmp_path / "report/report.md"))
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    done = CliRunner().invoke(main, ["--changed-since", "HEAD"])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["concerned"] == []
    assert not (tmp_path / "state").exists()
    assert {"problems=[]", "any=false"} <= set((tmp_path / "OUTPUT").read_text().splitlines())
    sentence = "Changes no deployment: it concerns no problem."
    assert sentence in (tmp_path / "STEP_SUMMARY").read_text()
    assert (tmp_path / "report/headline.md").read_text() == f"{sentence}\n"
