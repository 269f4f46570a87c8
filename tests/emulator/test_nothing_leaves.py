"""Nothing of a step goes to Azure: whatever library asks, from whatever thread or process, however many at once."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from quiet import attempts

from emulator import client
from emulator.runner.step_tracking import no_proxy_variables, tracking_variables
from emulator.wire.names import API, Names

ROOT = Path(__file__).resolve().parents[2]
IN_STEP = Path(client.__file__).parent / "in_step"
HOST = f"https://{API}"
AT_ONCE = f"""
import threading
import requests
THREADS = 16
gate = threading.Barrier(THREADS)
def ask():
    gate.wait()
    answers.append(requests.get("{HOST}/discovery", timeout=10).status_code)
answers = []
threads = [threading.Thread(target=ask) for _ in range(THREADS)]
[t.start() for t in threads]
[t.join() for t in threads]
assert answers == [200] * THREADS, answers
"""
# What the library imports late is imported here: a fork amid an import of another thread hangs, whoever imports.
FORKS = f"""
import encodings.idna, netrc, os, threading
import requests
def ask():
    return requests.get("{HOST}/discovery", timeout=10).status_code
thread = threading.Thread(target=ask)
thread.start()
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        os._exit(0 if ask() == 200 else 1)
    children.append(child)
thread.join()
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
assert ask() == 200
"""
SUBPROCESSES = f"""
import subprocess, sys
ask = 'import requests; assert requests.get("{HOST}/discovery", timeout=10).status_code == 200'
started = [subprocess.Popen([sys.executable, "-c", ask]) for _ in range(3)]
assert [each.wait() for each in started] == [0] * 3
"""
WRAPPED = f"""
import requests
from requests.adapters import HTTPAdapter
inner = HTTPAdapter.send
def send(adapter, *args, **kwargs):
    return inner(adapter, *args, **kwargs)
HTTPAdapter.send = send
assert requests.get("{HOST}/discovery", timeout=10).status_code == 200
"""
LOOKED_FOR = f"""
import importlib.util
importlib.util.find_spec("requests.adapters")
import requests
assert requests.get("{HOST}/discovery", timeout=10).status_code == 200
"""
PROGRAMS = {
    "at_once": AT_ONCE,
    "forks": FORKS,
    "subprocesses": SUBPROCESSES,
    "wrapped": WRAPPED,
    "looked_for": LOOKED_FOR,
}
REFUSED = """
asked = "{url}"
def refused(call):
    try:
        call()
    except Exception as error:
        text, cause = [], error
        while cause is not None:
            text.append(str(cause))
            cause = cause.__cause__ or cause.__context__
        assert "is a host of Azure" in " ".join(text), text
    else:
        raise SystemExit("it went out")
"""
LIBRARIES = {
    "urllib": "import urllib.request; refused(lambda: urllib.request.urlopen(asked, timeout=5))",
    "urllib3": "import urllib3; refused(lambda: urllib3.PoolManager().request('GET', asked, retries=False))",
    "httpx": "import httpx; refused(lambda: httpx.get(asked))",
    "http.client": (
        "import http.client, urllib.parse\n"
        "host = urllib.parse.urlsplit(asked).hostname\n"
        "refused(lambda: http.client.HTTPSConnection(host, timeout=5).request('GET', '/'))"
    ),
    "aiohttp": """
import asyncio, aiohttp
async def get():
    async with aiohttp.ClientSession() as session, session.get(asked) as answer:
        return answer.status
refused(lambda: asyncio.run(get()))
""",
    "aiohttp with the environment's proxy": """
import asyncio, aiohttp
async def get():
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(asked) as answer:
        return answer.status
refused(lambda: asyncio.run(get()))
""",
}
OTHER_HOSTS = ("https://other.blob.core.windows.net/data/x.csv", "https://login.microsoftonline.com/common")


def variables(folder, **more):
    asked = {"HTTPS_PROXY": "http://10.99.0.7:3128", **more}
    return {
        "PATH": os.environ["PATH"],
        "AZUREML_LOCAL_STATE": str(folder / "state"),
        **tracking_variables(Names(), "job", "tests"),
        **asked,
        **no_proxy_variables(asked),
        "PYTHONPATH": str(IN_STEP),
    }


def ran(folder, code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=variables(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("round", range(2))
def test_first_requests_are_answered_inside(tmp_path, name, round):
    ran(tmp_path, PROGRAMS[name])


@pytest.mark.parametrize("library", LIBRARIES)
def test_another_library_gets_an_error_that_names_the_host(tmp_path, library):
    ran(tmp_path, REFUSED.format(url=f"{HOST}/discovery") + LIBRARIES[library])


@pytest.mark.parametrize("url", OTHER_HOSTS)
@pytest.mark.parametrize("library", ["requests", "urllib"])
def test_a_host_of_azure_that_is_not_the_workspaces_is_refused_by_name(tmp_path, url, library):
    call = {"requests": "import requests; refused(lambda: requests.get(asked, timeout=5))", **LIBRARIES}[library]
    ran(tmp_path, REFUSED.format(url=url) + call)


def test_the_tokens_of_a_virtual_machine_are_out_of_reach(tmp_path):
    ran(tmp_path, REFUSED.format(url="http://169.254.169.254/metadata/identity/oauth2/token") + LIBRARIES["urllib"])


def test_where_the_workspace_cannot_be_opened_no_request_passes(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "workspace.db").write_bytes(b"no database" * 100)
    code = f"""
import requests
for _ in range(2):
    try:
        requests.get("{HOST}/discovery", timeout=5)
    except requests.RequestException as error:
        raise SystemExit(f"it went out: {{error}}")
    except Exception as error:
        assert "workspace.db" in str(error), error
"""
    ran(tmp_path, code)


@pytest.mark.slow
def test_below_the_program_nothing_is_seen_to_leave(tmp_path):
    code = "\n".join(
        [*PROGRAMS.values(), REFUSED.format(url=f"{HOST}/discovery"), *LIBRARIES.values()]
        + [f"asked = {url!r}\n{LIBRARIES['urllib']}" for url in OTHER_HOSTS]
    )
    (tmp_path / "all.py").write_text(code)
    assert attempts(tmp_path, [sys.executable, "all.py"], variables(tmp_path)) == []


AUTOLOG = """
import mlflow, numpy
mlflow.autolog()
from sklearn.linear_model import LogisticRegression
import xgboost
rows, side = numpy.array([[0.0], [1.0], [2.0], [3.0]]), numpy.array([0, 0, 1, 1])
with mlflow.start_run():
    LogisticRegression().fit(rows, side)
    xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows, side), 2)
"""
SUBMIT = """
import time
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import AmlCompute, Environment
from emulator.client import activate
embedded = activate()
names = embedded.names
ml = MLClient(embedded.credential, names.subscription, names.group, names.workspace)
ml.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
ml.environments.create_or_update(Environment(name="plain", version="1", image="image"))
job = command(command="python train.py", code="code", environment="plain:1", compute="cluster")
job = ml.jobs.create_or_update(job)
while (job := ml.jobs.get(job.name)).status not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
folder = embedded.workspace.blobs.path("azureml", f"ExperimentRun/dcid.{job.name}")
assert job.status == "Completed", (folder / "user_logs/std_log.txt").read_text()
"""


@pytest.mark.slow
def test_a_release_and_a_step_that_logs_by_itself_send_nothing_out(tmp_path):
    own = {name: value for name, value in os.environ.items() if not name.startswith("AZURE")}
    state = {**own, "AZUREML_LOCAL_STATE": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    release = ["release_variants", "--variant", "ordinal", "--output", str(tmp_path / "out")]
    assert (
        attempts(tmp_path, ["bash", "-c", f"cd '{ROOT}' && '{sys.executable}' -m scripts.{' '.join(release)}"], state)
        == []
    )
    autolog = tmp_path / "autolog.py"
    autolog.write_text(SUBMIT)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text(AUTOLOG)
    assert attempts(tmp_path, [sys.executable, str(autolog)], state) == []


@pytest.mark.slow
def test_what_does_leave_is_seen(tmp_path):
    code = "import socket\ntry: socket.create_connection(('192.0.2.7', 443), timeout=0.5)\nexcept OSError: pass"
    found = attempts(tmp_path, [sys.executable, "-c", code])
    assert [attempt.split(":")[0] for attempt in found] == ["192.0.2.7 port 443"]
