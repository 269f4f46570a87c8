"""The state folder: any path, with spaces too, readable by its owner alone."""

import os

import pytest
from workbench import Workbench

from emulator.state.folder import plain_path
from emulator.state.workspace import Workspace
from emulator.wire.errors import Unusable


def test_a_plain_folder_is_used_as_it_is(tmp_path):
    assert plain_path(tmp_path / "new" / "state") == (tmp_path / "new" / "state").resolve()


def test_a_folder_with_spaces_gets_a_link_without(tmp_path, monkeypatch):
    (tmp_path / "links").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "links"))
    folder = tmp_path / "it's my $tate; really"
    link = plain_path(folder)
    assert link.parent == tmp_path / "links"
    assert link.resolve() == folder.resolve()
    assert plain_path(folder) == link
    link.unlink()
    link.write_text("in the way")
    with pytest.raises(Unusable, match="is in the way"):
        plain_path(folder)


def test_a_folder_that_no_link_makes_plain_is_refused(tmp_path, monkeypatch):
    (tmp_path / "also spaced").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "also spaced"))
    with pytest.raises(Unusable, match="cannot be used"):
        plain_path(tmp_path / "my state")


def test_jobs_run_in_a_state_folder_with_spaces(tmp_path):
    bench = Workbench(tmp_path / "my state" / "of things")
    bench.folder = tmp_path
    bench.set_up()
    command = "cp ${{inputs.d}}/rows.csv ${{outputs.o}}/copied"
    component = bench.component(command, {"d": {"type": "uri_folder"}}, {"o": "uri_folder"})
    step = {"component": component, "inputs": {"d": "${{parent.inputs.d}}"}, "outputs": {"o": "${{parent.outputs.o}}"}}
    inputs = {"d": {"type": "uri_folder", "path": "azureml:rows:1"}}
    job = bench.run({"copy": step}, inputs, {"o": {"type": "uri_folder"}})
    assert job.status == "Completed"
    assert (tmp_path / "my state" / "of things") in (bench.output(job, "o") / "copied").resolve().parents


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "state").touch()
    with pytest.raises(Unusable, match=r"state cannot be made \(File exists\); name another"):
        Workspace(tmp_path / "state")


def test_the_state_folder_is_its_owners_alone(tmp_path):
    before = os.umask(0o022)
    try:
        assert Workspace(tmp_path / "new" / "state").state.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
