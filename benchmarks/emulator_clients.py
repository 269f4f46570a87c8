"""A client that loads the embedded workspace: in a process that has the workspace in itself, or through a server."""

import json
import time
import uuid
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import click

from emulator.service import Service
from emulator.state.records import TERMINAL
from emulator.state.workspace import Workspace
from emulator.wire.http import Request, Response
from emulator.wire.names import API, MANAGEMENT, Names

Times = dict[str, list[float]]
Send = Callable[[Request], Response]


class Client:
    """Sends requests as the SDK does, by ``send``, and keeps how long each took."""

    def __init__(self, send: Send, names: Names) -> None:
        self._send, self.names = send, names
        self.times: Times = {}

    def ask(self, kind: str, method: str, path: str, body: object = None, host: str = MANAGEMENT) -> Response:
        """Send one request to ``path`` below the workspace; fail on any answer but a good one."""
        prefix = "" if host != MANAGEMENT else self.names.arm
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, f"https://{host}{prefix}{path}", {}, content)
        started = time.perf_counter()
        response = self._send(request)
        self.times.setdefault(kind, []).append(time.perf_counter() - started)
        if response.status >= 400:
            raise click.ClickException(f"{method} {path}: {response.status} {response.body[:500]!r}")
        return response


def through_server(variables: dict[str, str]) -> Send:
    """Return what sends requests to the server that gave out ``variables``, over connections that are kept."""
    import urllib3

    proxy = urllib3.util.parse_url(variables["HTTPS_PROXY"])
    pool = urllib3.ProxyManager(
        f"http://127.0.0.1:{proxy.port}",
        proxy_headers=urllib3.make_headers(proxy_basic_auth=proxy.auth),
        ca_certs=variables["REQUESTS_CA_BUNDLE"],
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": variables["AZURE_CLIENT_ID"],
        "client_secret": variables["AZURE_CLIENT_SECRET"],
        "scope": f"https://{MANAGEMENT}/.default",
    }
    sign_in = f"https://login.microsoftonline.com/{variables['AZURE_TENANT_ID']}/oauth2/v2.0/token"
    token = pool.request("POST", sign_in, fields=form, encode_multipart=False).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def send(request: Request) -> Response:
        answer = pool.request(request.method, request.url, body=request.body, headers=headers)
        return Response(answer.status, {}, answer.data)

    return send


def job_body() -> dict:
    """Return a command job that does next to nothing."""
    properties = {
        "jobType": "Command",
        "command": "echo done",
        "computeId": "cluster",
        "environmentId": "azureml:plain:1",
    }
    return {"properties": {**properties, "experimentName": "load"}}


def connect(client: Client) -> None:
    """Reach each of the workspace's hosts once, because connections that are kept are made once."""
    client.ask("connect", "GET", "")
    client.ask("connect", "GET", f"/mlflow/v2.0{client.names.arm}/api/2.0/mlflow/runs/get?run_id=shared", host=API)
    client.ask("connect", "GET", "/azureml?restype=container&comp=list", host=client.names.storage_host)
    client.times.clear()


def submit_and_read(client: Client, jobs: int, number: int) -> list[str]:
    """Submit, poll and read ``jobs`` jobs, logging to one shared run; return the jobs' names."""
    root = f"/mlflow/v2.0{client.names.arm}/api/2.0/mlflow"
    names = []
    for _ in range(jobs):
        name = f"load-{number}-{uuid.uuid4().hex[:8]}"
        client.ask("submit", "PUT", f"/jobs/{name}", job_body())
        metric = {"run_id": "shared", "key": "count", "value": len(names), "step": number, "timestamp": time.time_ns()}
        client.ask("log a metric", "POST", f"{root}/runs/log-metric", metric, API)
        tag = {"run_id": "shared", "key": name, "value": str(number)}
        client.ask("change a shared run", "POST", f"{root}/runs/set-tag", tag, API)
        while True:
            answer = client.ask("get", "GET", f"/jobs/{name}")
            if json.loads(answer.body)["properties"]["status"] in TERMINAL:
                break
            time.sleep(0.05)
        client.ask("list", "GET", "/jobs")
        host, blob = client.names.storage_host, f"/azureml/ExperimentRun/dcid.{name}/user_logs/std_log.txt"
        if client.ask("download", "GET", blob, host=host).body != b"done\n":
            raise click.ClickException(f"Job {name} left no log.")
        names.append(name)
    return names


_ready: Barrier


def meet_at(barrier: Barrier) -> None:
    """Have this process's client wait at ``barrier`` for all others, so that they begin at once."""
    global _ready
    _ready = barrier


def run_client(state: Path, variables: dict[str, str] | None, jobs: int, number: int) -> tuple[Times, list[str]]:
    """Run client ``number`` in this process; return its times by kind of call, and its jobs' names.

    It uses the server that gave out ``variables``, or, without any, this process's own workspace in ``state``.
    """
    workspace = Workspace(state)
    client = Client(through_server(variables) if variables else Service(workspace).handle, workspace.names)
    connect(client)
    _ready.wait()
    return client.times, submit_and_read(client, jobs, number)
