"""Inputs at http(s) addresses that cannot be read: the step fails and says why."""

import socket

import pytest
from azure.ai.ml.entities import Data
from helpers import EXECUTION_LOG
from web_site import OUT, TITANIC, failure, held, step, web


def ask_for_a_command(bench, uri):
    properties = {"jobType": "Command", "command": "true", "computeId": "cluster"}
    properties["environmentId"] = f"{bench.workspace.names.arm}/environments/plain-env/versions/1"
    properties["inputs"] = {"d": {"jobInputType": "uri_file", "uri": uri}}
    return bench.request("PUT", "/jobs/refused", {"properties": properties})


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
        assert site.requests == []

    def test_a_folder_asset_given_as_a_file(self, bench, client, site, copy):
        asset = Data(name="web-folder", version="1", type="uri_folder", path=site.url("/data"))
        assert client.data.create_or_update(asset).path == site.url("/data/")
        job = bench.run(step(copy), {"d": web("azureml:web-folder:1")}, OUT)
        assert "is of type uri_folder" in failure(bench, job)

    @pytest.mark.parametrize("uri", ["http://", "https:///x.csv", "http://host:port/x.csv", "http://[::1/x"])
    def test_what_is_no_address_is_refused_at_once(self, bench, uri):
        status, response = ask_for_a_command(bench, uri)
        assert (status, response["error"]["message"]) == (400, f"{uri} is not an address of a web server.")

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
        status, response = ask_for_a_command(bench, uri)
        assert (status, response["error"]["code"]) == (400, "NotSupported")
        assert uri in response["error"]["message"]
