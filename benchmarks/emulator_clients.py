"""Clients that load the embedded workspace: each in its own process's workspace, or through a server that all share."""

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from emulator.http import Request, Response
from emulator.names import API, MANAGEMENT, Names
from emulator.service import Workspace

TERMINAL = ("Completed", "Failed", "Canceled")

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

    def send(request: Request) -> Response:
        url = request.url + ("?sig=any" if request.host.endswith("windows.net") else "")
        answer = pool.request(request.method, url, body=request.body, headers={"Authorization": f"Bearer {token}"})
        return Response(answer.status, {}, answer.data)

    # Connections are made here, because what is told are the times of calls.
    for host, path in ((MANAGEMENT, "/"), (API, "/discovery"), (Names().storage_host, "/")):
        send(Request("GET", f"https://{host}{path}"))
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


def run_clients(
    state: Path, variables: dict[str, str] | None, jobs: int, numbers: list[int]
) -> list[tuple[Times, list[str]]]:
    """Run clients as threads of this process; return each one's times by kind of call, and its jobs' names.

    They share the server that gave out ``variables``, or, without any, this process's workspace in ``state``.
    """
    workspace = Workspace(state)

    def one(number: int) -> tuple[Times, list[str]]:
        client = Client(through_server(variables) if variables else workspace.handle, workspace.names)
        try:
            return client.times, submit_and_read(client, jobs, number)
        finally:
            workspace.store.close()

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(one, numbers))
