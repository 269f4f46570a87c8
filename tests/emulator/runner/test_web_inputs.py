"""Inputs at http(s) addresses: where a job may name them, and when a step reads them again."""

import hashlib
import os

import pytest
from azure.ai.ml import Input
from azure.ai.ml.entities import Data
from helpers import EXECUTION_LOG
from web_site import OUT, TITANIC, failure, held, step, web

from emulator.server.tls import Authority


class TestWhereInputsAreGiven:
    """Each way to give data to a job takes an address."""

    def test_to_a_pipeline_job(self, bench, site, copy):
        job = bench.run(step(copy), {"d": web(site.url("/data/titanic.csv?version=3"))}, OUT)
        assert bench.output(job, "o").read_bytes() == b"titanic.csv\n" + TITANIC
        log = bench.log(job, EXECUTION_LOG)
        assert f"input d is {site.url('/data/titanic.csv')}, {len(TITANIC)} bytes, SHA-256 " in log
        assert "version=3" not in log, "a query may be a signature"

    def test_to_a_step_of_a_step(self, bench, site, copy):
        data = {"d": {"type": "uri_file"}}
        jobs = {name: {"type": "command", **inner} for name, inner in step(copy).items()}
        inner = bench.pipeline_component(jobs, data, {"o": "uri_file"})
        outer = {
            "type": "pipeline",
            "component": inner,
            "inputs": {"d": web(site.url("/data/titanic.csv"))},
            "outputs": {"o": "${{parent.outputs.o}}"},
        }
        job = bench.run({"outer": outer}, outputs=OUT)
        assert bench.output(job, "o").read_bytes() == b"titanic.csv\n" + TITANIC

    def test_to_a_command_job(self, bench, site):
        inputs, outputs = {"d": web(site.url("/data/titanic.csv"))}, {"o": {"type": "uri_file"}}
        job = bench.command("cp ${{inputs.d}} ${{outputs.o}}", inputs=inputs, outputs=outputs)
        assert bench.output(job, "o").read_bytes() == TITANIC

    def test_by_a_data_asset(self, bench, client, site):
        url = site.url("/data/titanic.csv")
        data = client.data.create_or_update(Data(name="titanic", version="1", type="uri_file", path=url))
        assert data.path == url
        inputs, outputs = {"d": web("azureml:titanic:1")}, {"o": {"type": "uri_file"}}
        job = bench.command("cp ${{inputs.d}} ${{outputs.o}}", inputs=inputs, outputs=outputs)
        assert bench.output(job, "o").read_bytes() == TITANIC

    def test_to_an_endpoint(self, bench, client, site, copy):
        jobs = {name: {"type": "command", **inner} for name, inner in step(copy).items()}
        component = bench.pipeline_component(jobs, {"d": {"type": "uri_file"}}, {"o": "uri_file"})
        bench.endpoint("web-inputs")
        bench.deploy("web-inputs", "one", component)
        inputs = {"d": Input(type="uri_file", path=site.url("/data/titanic.csv"))}
        invoked = client.batch_endpoints.invoke(endpoint_name="web-inputs", deployment_name="one", inputs=inputs)
        assert bench.output(bench.finished(invoked.name), "o").read_bytes() == b"titanic.csv\n" + TITANIC


@pytest.mark.parametrize("trusted", [True, False])
def test_https_is_read_from_whom_the_machine_trusts(bench, site, copy, monkeypatch, trusted):
    authority = Authority()
    site.socket = authority.context("localhost").wrap_socket(site.socket, server_side=True)
    (bench.folder / "trusted.pem").write_bytes(authority.pem)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(bench.folder / "trusted.pem"))
    url = site.url("/data/titanic.csv").replace("http://127.0.0.1", "https://localhost")
    job = bench.run(step(copy), {"d": web(url)}, OUT)
    if trusted:
        assert bench.output(job, "o").read_bytes() == b"titanic.csv\n" + TITANIC
    else:
        assert "certificate verify failed" in failure(bench, job)


@pytest.mark.parametrize("etags", [True, False])
def test_a_step_runs_again_when_the_file_has_changed_and_only_then(bench, site, copy, etags):
    site.etags = etags
    contents, reused = [], []
    for content in (b"one", b"one", b"two", b"one"):
        site.pages["/changing.csv"] = content
        job = bench.run(step(copy), {"d": web(site.url("/changing.csv"))}, OUT)
        contents.append(bench.output(job, "o").read_bytes())
        reused.append(bench.children(job)["copy"].properties.get("azureml.isreused"))
    assert contents == [b"changing.csv\n" + content for content in (b"one", b"one", b"two", b"one")]
    assert reused == [None, "true", None, "true"]
    assert [status for _, status in site.requests] == [200, 304 if etags else 200, 200, 200]
    assert held(bench, site.url("/changing.csv")) == [b"one", b"two"]


def test_what_a_step_did_to_its_input_does_not_reach_the_next(bench, site):
    site.pages["/kept.csv"] = b"as it was"
    command = "cat ${{inputs.d}} > ${{outputs.o}}; chmod u+w ${{inputs.d}}; echo changed > ${{inputs.d}}"
    for _ in range(2):
        inputs, outputs = {"d": web(site.url("/kept.csv"))}, {"o": {"type": "uri_file"}}
        job = bench.command(command, inputs=inputs, outputs=outputs)
        assert bench.output(job, "o").read_bytes() == b"as it was"


def test_the_name_of_a_file_does_nothing_in_a_command(bench, site):
    """Commands name inputs without quotes."""
    site.pages["/$(touch%20$HOME)%20x;y.csv"] = b"harmless"
    inputs, outputs = {"d": web(site.url("/$(touch $HOME) x;y.csv"))}, {"o": {"type": "uri_file"}}
    job = bench.command("basename ${{inputs.d}} > ${{outputs.o}}", inputs=inputs, outputs=outputs)
    assert bench.output(job, "o").read_text() == "__touch__HOME__x_y.csv\n"


def test_two_jobs_at_once_read_one_file(bench, site, copy):
    """Neither is held up at submission; both wait for the server, and both get all of it."""
    site.open.clear()
    site.pages["/large.bin"] = content = os.urandom(3 << 20)
    command = "sha256sum < ${{inputs.d}} > ${{outputs.o}}"
    other = bench.component(command, {"d": {"type": "uri_file"}}, {"o": "uri_file"})
    twice = {**step(other), "again": {"component": copy, "inputs": {"d": "${{parent.inputs.d}}"}}}
    jobs = [bench.submit(twice, {"d": web(site.url("/large.bin"))}, OUT) for _ in range(2)]
    for job in jobs:
        bench.until(job.name, lambda job: job.status == "Running")
    site.open.set()
    for job in jobs:
        assert bench.finished(job.name).status == "Completed"
        assert bench.output(job, "o").read_text().split()[0] == hashlib.sha256(content).hexdigest()
    assert sorted(status for _, status in site.requests) == [200, 304]
    assert held(bench, site.url("/large.bin")) == [content]


def test_a_job_can_be_canceled_while_its_file_comes(bench, client, site, copy):
    site.pages["/slow.bin"] = bytes(10_000)
    job = bench.submit(step(copy), {"d": web(site.url("/slow.bin"))}, OUT)
    bench.until(job.name, lambda job: "copy" in bench.children(job))
    client.jobs.begin_cancel(job.name).result()
    canceled = bench.finished(job.name)
    assert (canceled.status, bench.children(canceled)["copy"].status) == ("Canceled", "Canceled")
    assert held(bench, site.url("/slow.bin")) == []
