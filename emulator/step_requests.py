"""Handle the requests of a step whose Python is too old for this package: they come on stdin, responses go to stdout.

A message is a line of JSON and then as many bytes as its field ``length`` says. ``{"host": …}`` asks whether requests
to a host are handled here; all other messages are requests.
"""

import json
import os
import sys
from contextlib import nullcontext
from typing import Any, BinaryIO

from emulator.client import Embedded, handles, open_workspace
from emulator.faults.rules import ConnectionDropped
from emulator.wire.http import Request
from emulator.wire.names import Names


def serve(embedded: Embedded, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Handle the requests of ``incoming`` until it ends."""
    while line := incoming.readline():
        message = json.loads(line)
        answer, content = _answer(embedded, message, incoming.read(message["length"]))
        outgoing.write(json.dumps({**answer, "length": len(content)}).encode() + b"\n" + content)
        outgoing.flush()


def _answer(embedded: Embedded, message: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    if "host" in message:
        return {"handled": handles(embedded, message["host"])}, b""
    try:
        response = embedded.service.handle(Request(message["method"], message["url"], message["headers"], body))
    except ConnectionDropped as error:
        return {"dropped": f"Connection aborted: {error}"}, b""
    return {"status": response.status, "headers": dict(response.headers)}, b"".join(response.pieces())


if __name__ == "__main__":
    names = Names(**json.loads(os.environ["AZUREML_EMULATOR_NAMES"]))
    # With a lock, the workspace is that of a step.
    serve(open_workspace(None, names, None, nullcontext()), sys.stdin.buffer, sys.stdout.buffer)
