"""Requests to the tracking server of a workspace, and what tests read from the responses."""

import json

from emulator.service import Service
from emulator.wire.http import Request
from emulator.wire.names import API


def request(workspace, method, path, body=None, version="v2.0"):
    url = f"https://{API}/mlflow/{version}{workspace.names.arm}/api/2.0/{path}"
    content = b"" if body is None else json.dumps(body).encode()
    response = Service(workspace).handle(Request(method, url, {}, content))
    return response.status, json.loads(response.body)


def new_run(workspace, **parameters):
    status, body = request(workspace, "POST", "mlflow/runs/create", {"experiment_id": "0", **parameters})
    assert status == 200
    return body["run"]["info"]["run_id"]


def run_data(workspace, run):
    status, body = request(workspace, "GET", f"mlflow/runs/get?run_id={run}")
    assert status == 200
    return {kind: {pair["key"]: pair["value"] for pair in body["run"]["data"][kind]} for kind in body["run"]["data"]}
