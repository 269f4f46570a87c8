"""Let the Python of the workspace answer a step whose own Python is too old for the code of the workspace."""

from __future__ import annotations

import io
import json
import os
import subprocess
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_START = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module('emulator.step_requests', None, '__main__')"
)


class OtherPython:
    """A process of the workspace's Python that answers requests; a fork of this process starts one of its own."""

    def __init__(self, original: Any, lock: Any, library: ModuleType, hosts: ModuleType) -> None:
        self._original, self._lock, self._library, self._hosts = original, lock, library, hosts
        self._process: Any = None
        self._of = 0
        self._handled: dict[str, bool] = {}

    def send(self, adapter: Any, prepared: Any, *args: Any, **kwargs: Any) -> Any:
        """Send ``prepared`` to the workspace, or to the network if its host does not belong to Azure."""
        from requests import ConnectionError as RequestsConnectionError

        host = (urlsplit(prepared.url or "").hostname or "").lower()
        with self._lock:
            if host not in self._handled:
                self._handled[host] = self._ask({"host": host}, b"")[0]["handled"]
        if not self._handled[host]:
            if self._hosts.is_azure(host):
                raise RequestsConnectionError(self._hosts.refusal(host), request=prepared)
            return self._original(adapter, prepared, *args, **kwargs)
        method, body = prepared.method or "GET", self._library.read_body(prepared.body)
        headers = {_text(name): _text(value) for name, value in prepared.headers.items() if value is not None}
        with self._lock:
            answer, content = self._ask({"method": method, "url": prepared.url, "headers": headers}, body)
        if "dropped" in answer:
            raise RequestsConnectionError(answer["dropped"], request=prepared)
        raw = self._library.raw_response(answer["status"], answer["headers"], io.BytesIO(content), len(content), method)
        return adapter.build_response(prepared, raw)

    def _ask(self, message: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        if self._of != os.getpid():
            self._process, self._of = _start(), os.getpid()
        message["length"] = len(body)
        self._process.stdin.write(json.dumps(message).encode() + b"\n" + body)
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer, self._process.stdout.read(answer["length"])


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _start() -> Any:
    # The variables of Python are for the step's own.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [os.environ["AZUREML_EMULATOR_PYTHON"], "-c", _START, os.path.dirname(_PACKAGE)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables)
