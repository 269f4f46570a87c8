"""Inputs at http(s) addresses, from a real server on this machine: read, failed, changed, and shared by two jobs."""

import hashlib
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.ai.ml import Input
from azure.ai.ml.entities import Data

from emulator.runner.web_files import WebFiles
from emulator.server.tls import Authority

EXECUTION_LOG = "logs/azureml/executionlogs.txt"
TITANIC = b"survived,age\n1,22\n"


class Site(ThreadingHTTPServer):
    """A web server with ``pages``; says ETags unless ``etags`` is False, and answers while ``open`` is set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {}
        self.etags = True
        self.open = threading.Event()
        self.open.set()
        self.asked = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Say nothing of clients that went away."""

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site, path = self.server, self.path.partition("?")[0]
        content = site.pages.get(path)
        etag = f'"{hashlib.md5(content or b"").hexdigest()}"'
        unchanged = site.etags and self.headers["If-None-Match"] == etag
        status = 404 if content is None else 304 if unchanged else 200
        site.asked.append((path, status))
        site.open.wait(10)
        self.send_response(status)
        if site.etags and status == 200:
            self.send_header("ETag", etag)
        if path != "/endless.csv":
            more = 1000 if path == "/cut.csv" else 0
            self.send_header("Content-Length", str(len(content or b"") + more))
        self.end_headers()
        slow = path == "/slow.bin"
        pieces = [content[i : i + 1] for i in range(len(content))] if slow else [content or b""]
        for piece in pieces if status == 200 else ():
            self.wfile.write(piece)
            time.sleep(0.01 if slow else 0)
        if path == "/cut.csv":
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with Site() as server:
        server.pages = {"/data/titanic.csv": TITANIC, "/cut.csv": TITANIC, "/endless.csv": TITANIC}
        yield server
        server.shutdown()


@pytest.fixture
def copy(bench):
    """Return a component that copies the file it reads, its name first; no other test's step has its command."""
    command = "(basename ${{inputs.d}}; cat ${{inputs.d}}) > ${{outputs.o}} #" + bench.folder.name
    return bench.component(command, {"d": {"type": "uri_file"}}, {"o": "uri_file"})


def step(copy, data="${{parent.inputs.d}}"):
    return {"copy": {"component": copy, "inputs": {"d": data}, "outputs": {"o": "${{parent.outputs.o}}"}}}


def web(url, kind="uri_file"):
    return {"type": kind, "path": url}


OUT = {"o": {"type": "uri_file"}}


def held(bench, url):
    """Return the contents that are here of an address, each checked against its digest, and nothing half-written."""
    place = bench.state / "web" / hashlib.sha256(url.encode()).hexdigest()[:32]
    assert not list(place.glob("part-*"))
    files = [file for folder in place.iterdir() if folder.is_dir() for file in folder.iterdir()]
    assert all(hashlib.sha256(file.read_bytes()).hexdigest() == file.parent.name for file in files)
    return sorted(file.read_bytes() for file in files)


def failure(bench, job):
    error = bench.workspace.store.get(f"jobs/{job.name}")["error"]
    assert (job.status, error["code"]) == ("Failed", "UserError")
    return error["message"]


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
        asked = {"d": Input(type="uri_file", path=site.url("/data/titanic.csv"))}
        invoked = client.batch_endpoints.invoke(endpoint_name="web-inputs", deployment_name="one", inputs=asked)
        assert bench.output(bench.finished(invoked.name), "o").read_bytes() == b"titanic.csv\n" + TITANIC


def ask_for_a_command(bench, uri):
    asked = {"jobType": "Command", "command": "true", "computeId": "cluster"}
    asked["environmentId"] = f"{bench.workspace.names.arm}/environments/plain-env/versions/1"
    asked["inputs"] = {"d": {"jobInputType": "uri_file", "uri": uri}}
    return bench.ask("PUT", "/jobs/refused", {"properties": asked})


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


class TestWhatCannotBeRead:
    """It is accepted when the job is submitted, as Azure does; the step fails and says what to do."""

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("/absent.csv", "HTTP 404 Not Found"),
            ("/cut.csv", f"the connection was cut after {len(TITANIC)} of {len(TITANIC) + 1000} bytes"),
            ("/endless.csv", "the server does not tell its length (no Content-Length)"),
        ],
    )
    def test_a_file_that_does_not_come(self, bench, site, copy, path, reason):
        job = bench.run(step(copy), {"d": web(site.url(path))}, OUT)
        message = failure(bench, job)
        assert message.startswith(f"Input d: {site.url(path)} could not be read: {reason}")
        assert "upload the file as a data asset" in message
        assert f"copy: failed. {message}" in bench.log(job, EXECUTION_LOG)
        assert bench.children(job)["copy"].status == "Failed"
        assert held(bench, site.url(path)) == []

    def test_a_server_that_is_not_there(self, bench, site, copy):
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unheard.getsockname()[1]}/x.csv"
            job = bench.run(step(copy), {"d": web(url)}, OUT)
        assert f"{url} could not be read: [Errno" in failure(bench, job)
        assert "Connection refused" in failure(bench, job)

    def test_a_command_job_fails_alike(self, bench, site):
        job = bench.command("cat ${{inputs.d}}", inputs={"d": web(site.url("/absent.csv"))})
        assert "HTTP 404 Not Found" in failure(bench, job)

    @pytest.mark.parametrize("kind", ["uri_folder", "mltable"])
    def test_a_folder(self, bench, site, kind):
        component = bench.component("ls ${{inputs.d}}", {"d": {"type": kind}})
        steps = {"list": {"component": component, "inputs": {"d": "${{parent.inputs.d}}"}}}
        job = bench.run(steps, {"d": web(site.url("/data/"), kind)})
        message = failure(bench, job)
        assert message.startswith(f"Input d: {site.url('/data/')} is of type {kind}, and there are no folders")
        assert site.asked == []

    def test_a_folder_asset_given_as_a_file(self, bench, client, site, copy):
        asset = Data(name="web-folder", version="1", type="uri_folder", path=site.url("/data"))
        assert client.data.create_or_update(asset).path == site.url("/data/")
        job = bench.run(step(copy), {"d": web("azureml:web-folder:1")}, OUT)
        assert "is of type uri_folder" in failure(bench, job)

    @pytest.mark.parametrize("uri", ["http://", "https:///x.csv", "http://host:port/x.csv", "http://[::1/x"])
    def test_what_is_no_address_is_refused_at_once(self, bench, uri):
        status, answer = ask_for_a_command(bench, uri)
        assert (status, answer["error"]["message"]) == (400, f"{uri} is not an address of a web server.")

    @pytest.mark.parametrize(
        "uri",
        [
            "wasbs://container@account.blob.core.windows.net/x.csv",
            "abfss://system@account.dfs.core.windows.net/x.csv",
            "s3://bucket/x.csv",
            "azureml://registries/azureml/data/x/versions/1",
        ],
    )
    def test_other_schemes_are_refused_by_name(self, bench, uri):
        status, answer = ask_for_a_command(bench, uri)
        assert (status, answer["error"]["code"]) == (400, "NotSupported")
        assert uri in answer["error"]["message"]


@pytest.mark.parametrize("etags", [True, False])
def test_a_step_runs_again_when_the_file_has_changed_and_only_then(bench, site, copy, etags):
    site.etags = etags
    told, reused = [], []
    for content in (b"one", b"one", b"two", b"one"):
        site.pages["/changing.csv"] = content
        job = bench.run(step(copy), {"d": web(site.url("/changing.csv"))}, OUT)
        told.append(bench.output(job, "o").read_bytes())
        reused.append(bench.children(job)["copy"].properties.get("azureml.isreused"))
    assert told == [b"changing.csv\n" + content for content in (b"one", b"one", b"two", b"one")]
    assert reused == [None, "true", None, "true"]
    assert [status for _, status in site.asked] == [200, 304 if etags else 200, 200, 200]
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
    assert sorted(status for _, status in site.asked) == [200, 304]
    assert held(bench, site.url("/large.bin")) == [content]


def test_a_job_can_be_canceled_while_its_file_comes(bench, client, site, copy):
    site.pages["/slow.bin"] = bytes(10_000)
    job = bench.submit(step(copy), {"d": web(site.url("/slow.bin"))}, OUT)
    bench.until(job.name, lambda job: "copy" in bench.children(job))
    client.jobs.begin_cancel(job.name).result()
    canceled = bench.finished(job.name)
    assert (canceled.status, bench.children(canceled)["copy"].status) == ("Canceled", "Canceled")
    assert held(bench, site.url("/slow.bin")) == []


def test_what_a_killed_download_left_is_removed(site, tmp_path):
    url = site.url("/data/titanic.csv")
    for _ in range(2):
        fetched = WebFiles(tmp_path).fetch(url, lambda: False)
        assert not list(fetched.path.parents[1].glob("part-*"))
        (fetched.path.parents[1] / "part-of-a-killed-job").write_bytes(b"surv")
    assert fetched.path.read_bytes() == TITANIC
