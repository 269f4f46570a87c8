"""Programs that a step may run, and the environment variables of a step."""

import os
from pathlib import Path

from emulator import client
from emulator.runner.step_tracking import no_proxy_variables, tracking_variables
from emulator.wire.names import API, Names

IN_STEP = Path(client.__file__).parent / "in_step"


HOST = f"https://{API}"


AT_ONCE = f"""
import threading
import requests
THREADS = 16
gate = threading.Barrier(THREADS)
def send():
    gate.wait()
    answers.append(requests.get("{HOST}/discovery", timeout=10).status_code)
answers = []
threads = [threading.Thread(target=send) for _ in range(THREADS)]
[t.start() for t in threads]
[t.join() for t in threads]
assert answers == [200] * THREADS, answers
"""


# What the library imports late is imported here: a fork amid an import of another thread hangs, whoever imports.
FORKS = f"""
import encodings.idna, netrc, os, threading
import requests
def send():
    return requests.get("{HOST}/discovery", timeout=10).status_code
thread = threading.Thread(target=send)
thread.start()
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        os._exit(0 if send() == 200 else 1)
    children.append(child)
thread.join()
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
assert send() == 200
"""


SUBPROCESSES = f"""
import subprocess, sys
send = 'import requests; assert requests.get("{HOST}/discovery", timeout=10).status_code == 200'
started = [subprocess.Popen([sys.executable, "-c", send]) for _ in range(3)]
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
address = "{url}"
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
    "urllib": "import urllib.request; refused(lambda: urllib.request.urlopen(address, timeout=5))",
    "urllib3": "import urllib3; refused(lambda: urllib3.PoolManager().request('GET', address, retries=False))",
    "httpx": "import httpx; refused(lambda: httpx.get(address))",
    "http.client": (
        "import http.client, urllib.parse\n"
        "host = urllib.parse.urlsplit(address).hostname\n"
        "refused(lambda: http.client.HTTPSConnection(host, timeout=5).request('GET', '/'))"
    ),
    "aiohttp": """
import asyncio, aiohttp
async def get():
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status
refused(lambda: asyncio.run(get()))
""",
    "aiohttp with the environment's proxy": """
import asyncio, aiohttp
async def get():
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(address) as response:
        return response.status
refused(lambda: asyncio.run(get()))
""",
}


OTHER_HOSTS = ("https://other.blob.core.windows.net/data/x.csv", "https://login.microsoftonline.com/common")


def variables(folder, **more):
    own = {"HTTPS_PROXY": "http://10.99.0.7:3128", **more}
    return {
        "PATH": os.environ["PATH"],
        "AZUREML_LOCAL_STATE": str(folder / "state"),
        **tracking_variables(Names(), "job", "tests"),
        **own,
        **no_proxy_variables(own),
        "PYTHONPATH": str(IN_STEP),
    }
