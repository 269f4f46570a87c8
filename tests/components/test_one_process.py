"""Steps that one process does refuse several by name, first of all, and write nothing."""

import os
import subprocess
import sys

import pytest
from patients import ROOT, component_modules
from several import variables

SCORE = ("data", "prepared-data", "model", "transformations", "predictions")
COMMANDS = {
    "score": (*(part for name in SCORE for part in (f"--{name}", f"{{}}/{name}")), "--report-refusals", "true"),
    "withhold": (
        *("--data", "{}/data", "--target-column", "target", "--folds", "5", "--hold-out", "0.2"),
        *("--hold-out-above", "1000", "--folds-output", "{}/folds", "--labels-output", "{}/labels"),
    ),
    "validate": ("--data", "{}/data", "--called", "rows", "--validation", "{}/validation"),
}
SEVERAL = {
    "pytorch": (variables(1, 2, 1), "the step has 2"),
    "pytorch, alone on its node": ({"WORLD_SIZE": "4", "RANK": "0"}, "the step has 4"),
    "mpi": ({"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}, "OMPI_COMM_WORLD_SIZE is set"),
    "tensorflow": ({"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"]}}'}, "TF_CONFIG is set"),
}


@pytest.mark.parametrize(("given", "found"), SEVERAL.values(), ids=SEVERAL.keys())
@pytest.mark.parametrize("name", COMMANDS)
def test_several_processes_are_refused_first_of_all(tmp_path, name, given, found):
    command = [part.format(tmp_path) for part in COMMANDS[name]]
    shared = os.pathsep.join([str(ROOT / "components" / "shared"), str(ROOT / "scripts" / "lib" / "data")])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": shared, "PYTHONDONTWRITEBYTECODE": "1", **given}
    program = [sys.executable, ROOT / "components" / name / f"{name}.py", *command]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    [told] = done.stderr.splitlines()
    assert told.startswith(f"{name} refused its input: ")
    assert f"is done by one process, and {found}. Remove its `distribution`." in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [{}, {"WORLD_SIZE": "1", "RANK": "0"}, {"OMPI_COMM_WORLD_SIZE": "1"}])
@pytest.mark.parametrize("name", COMMANDS)
def test_one_process_is_not_refused(monkeypatch, name, given):
    for variable in ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "TF_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    component_modules(name).refusal.require_one_process("This")
