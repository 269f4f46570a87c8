"""Inputs of a pipeline inside texts of its steps: bound or refused, never passed on to a shell."""

import pytest
from azure.core.exceptions import HttpResponseError


def test_in_a_variable(bench):
    say = bench.component("echo ${WHO}", name="say_who")
    jobs = {"a": {"component": say, "environment_variables": {"WHO": "${{parent.inputs.who}}"}}}
    job = bench.run(jobs, inputs={"who": "ann"})
    assert bench.log(bench.children(job)["a"]) == "ann\n"


def test_in_a_time_limit(bench):
    slow = bench.component("sleep 30", name="sleeps")
    job = bench.run({"a": {"component": slow, "limits": {"timeout": "${{parent.inputs.n}}"}}}, inputs={"n": 1})
    assert job.status == "Failed"
    assert (
        "longer than its limit of 1 s"
        in bench.workspace.store.get(f"jobs/{bench.children(job)['a'].name}")["error"]["message"]
    )


def test_in_the_path_of_an_output(bench):
    write = bench.component("echo 1 > ${{outputs.o}}/x", outputs={"o": "uri_folder"}, name="writes_x")
    path = "azureml://datastores/workspaceblobstore/paths/by/${{parent.inputs.run}}/"
    jobs = {"a": {"component": write, "outputs": {"o": {"type": "uri_folder", "path": path}}}}
    child = bench.children(bench.run(jobs, inputs={"run": "r7"}))["a"]
    assert bench.output(child, "o").parts[-2:] == ("by", "r7")
    assert (bench.output(child, "o") / "x").read_text() == "1\n"


def test_the_documented_default_path_of_an_output(bench):
    write = bench.component("echo 1 > ${{outputs.o}}/x", outputs={"o": "uri_folder"}, name="writes_x_too")
    path = "azureml://datastores/${{default_datastore}}/paths/tpl/${{name}}/${{output_name}}/"
    jobs = {"a": {"component": write, "outputs": {"o": "${{parent.outputs.b}}"}}}
    job = bench.run(jobs, outputs={"b": {"type": "uri_folder", "path": path}})
    assert (bench.output(job, "b") / "x").read_text() == "1\n"


def test_an_input_that_there_is_not_is_refused(bench):
    say = bench.component("true", name="says_nothing")
    jobs = {"a": {"component": say, "environment_variables": {"WHO": "${{parent.inputs.nobody}}"}}}
    with pytest.raises(HttpResponseError, match="Failed to find referenced input nobody"):
        bench.submit(jobs)


def test_a_default_datastore_that_there_is_not_is_refused_and_another_is_obeyed(bench):
    write = bench.component("echo 1 > ${{outputs.o}}/x", outputs={"o": "uri_folder"}, name="writes_anywhere")
    with pytest.raises(HttpResponseError, match="Could not find datastore: no_such_store"):
        bench.submit({"a": {"component": write}}, default_datastore="azureml:no_such_store")
    job = bench.run({"a": {"component": write}}, default_datastore="azureml:workspaceartifactstore")
    place = bench.output(bench.children(job)["a"], "o")
    assert place.is_relative_to(bench.workspace.blobs.path("azureml", "azureml"))
    assert (place / "x").read_text() == "1\n"
