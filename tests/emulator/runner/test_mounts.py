"""What a step sees of its data: names that a shell leaves alone, inputs to read only, outputs at their place."""

import pytest

FOLDERS = ["patient data (1)", "x; touch stolen", "$(touch stolen)", "a'b\"c", "it is [2024] & more"]


def folder_input(folder, name):
    place = folder / name
    (place / "deep").mkdir(parents=True)
    (place / "rows.csv").write_text("a\n1\n")
    (place / "deep" / "more (2).csv").write_text("a\n2\n")
    return place


def step(bench, command, inputs, outputs=None, **values):
    file = bench.component(command, inputs, outputs)
    return bench.run({"a": {"component": file, "inputs": values}}, force_rerun=True)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_any_name_reaches_the_command_as_one_word(bench, name):
    place = folder_input(bench.folder, name)
    command = "test -f ${{inputs.d}}/rows.csv && basename ${{inputs.d}} && ls && ! ls stolen"
    job = step(bench, command, {"d": {"type": "uri_folder"}}, d={"type": "uri_folder", "path": str(place)})
    assert job.status == "Completed"
    assert bench.log(bench.children(job)["a"]).split("\n")[0] == "INPUT_d"


def test_a_file_keeps_its_ending_under_a_safe_name(bench):
    file = bench.folder / "rows; x (1).csv"
    file.write_text("a\n1\n")
    job = step(
        bench,
        "cat ${{inputs.d}}; echo ${{inputs.d}}",
        {"d": {"type": "uri_file"}},
        d={"type": "uri_file", "path": str(file)},
    )
    lines = bench.log(bench.children(job)["a"]).splitlines()
    assert lines[:2] == ["a", "1"]
    assert lines[2].endswith("/INPUT_d/rows__x__1_.csv")


@pytest.mark.parametrize(
    "write",
    [
        "echo 9 >> ${{inputs.d}}/rows.csv",
        "touch ${{inputs.d}}/new",
        "rm ${{inputs.d}}/rows.csv",
        "rm -rf ${{inputs.d}}/deep",
    ],
)
def test_a_step_cannot_write_to_its_input(bench, write):
    place = folder_input(bench.folder, "input")
    job = step(bench, write, {"d": {"type": "uri_folder"}}, d={"type": "uri_folder", "path": str(place)})
    assert job.status == "Failed"
    assert "denied" in bench.log(bench.children(job)["a"])
    again = step(
        bench,
        "cat ${{inputs.d}}/rows.csv; ls ${{inputs.d}}; find ${{inputs.d}} -name '*2*'",
        {"d": {"type": "uri_folder"}},
        d={"type": "uri_folder", "path": str(place)},
    )
    assert bench.log(bench.children(again)["a"]).split()[:4] == ["a", "1", "deep", "rows.csv"]


def test_what_was_copied_out_of_an_input_may_be_changed_and_the_input_stays(bench):
    place = folder_input(bench.folder, "input")
    command = "cp -r ${{inputs.d}}/. ${{outputs.o}} && chmod -R u+w ${{outputs.o}} && echo 9 >> ${{outputs.o}}/rows.csv"
    job = step(
        bench, command, {"d": {"type": "uri_folder"}}, {"o": "uri_folder"}, d={"type": "uri_folder", "path": str(place)}
    )
    child = bench.children(job)["a"]
    assert job.status == "Completed", bench.log(child)
    assert (bench.output(child, "o") / "rows.csv").read_text() == "a\n1\n9\n"
    assert not (bench.output(child, "o") / "rows.csv").is_symlink()


@pytest.mark.parametrize("write", ["echo 1 > p; mv p ${{outputs.o}}", "echo 1 > p; cp p ${{outputs.o}}"])
def test_a_file_that_is_an_output_may_be_copied_or_renamed_into_place(bench, write):
    job = step(bench, write, {}, {"o": "uri_file"})
    file = bench.output(bench.children(job)["a"], "o")
    assert file.read_text() == "1\n"
    assert not file.is_symlink()


def test_an_output_that_was_an_input_meanwhile_can_be_written_again(bench):
    outputs = {"o": {"type": "uri_folder", "path": "azureml://datastores/workspaceblobstore/paths/same/place/"}}
    write = bench.component("echo ${{inputs.n}} > ${{outputs.o}}/x", {"n": {"type": "integer"}}, {"o": "uri_folder"})
    read = bench.component("cat ${{inputs.d}}/x", {"d": {"type": "uri_folder"}})
    for number in (1, 2):
        jobs = {
            "w": {"component": write, "inputs": {"n": number}, "outputs": {"o": "${{parent.outputs.o}}"}},
            "r": {"component": read, "inputs": {"d": "${{parent.jobs.w.outputs.o}}"}},
        }
        job = bench.run(jobs, outputs=outputs, force_rerun=True)
        assert bench.log(bench.children(job)["r"]) == f"{number}\n"
