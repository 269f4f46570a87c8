"""Draw the charts of all warm commands in one process: its engine takes longer to begin than a command to draw."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import Any

_SIZE = struct.Struct("!?Q")


def begin(address: str) -> None:
    """Start the process that draws; it ends with this one, which holds the other end of its standard input."""
    process = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE)
    while not os.path.exists(address):
        if process.poll() is not None:
            raise ChildProcessError("the process that draws charts did not start")
        time.sleep(0.05)


def draw_elsewhere(address: str) -> None:
    """Let this process have its charts drawn by that of ``begin``, by the same function of the same library."""
    import vl_convert

    def vegalite_to_svg(vl_spec: Any) -> str:
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(address)
            _send(there, True, json.dumps(vl_spec))
            drawn, text = _receive(there)
        if not drawn:
            raise ValueError(text)
        return text

    vl_convert.vegalite_to_svg = vegalite_to_svg


def serve(address: str) -> None:
    """Draw what is asked for, one after the other."""
    import vl_convert

    # What stops a command of a terminal stops that command alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.new")
    listener.listen(64)
    os.rename(f"{address}.new", address)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                spec = json.loads(_receive(connection)[1])
                try:
                    answer = True, vl_convert.vegalite_to_svg(spec)
                except ValueError as error:
                    answer = False, str(error)
                _send(connection, *answer)
            except (OSError, EOFError):
                continue  # the command was killed


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _send(there: socket.socket, good: bool, text: str) -> None:
    there.sendall(_SIZE.pack(good, len(text.encode())) + text.encode())


def _receive(there: socket.socket) -> tuple[bool, str]:
    good, size = _SIZE.unpack(_exactly(there, _SIZE.size))
    return good, _exactly(there, size).decode()


def _exactly(there: socket.socket, size: int) -> bytes:
    text = b""
    while len(text) < size:
        if not (more := there.recv(size - len(text))):
            raise EOFError("the other side has gone")
        text += more
    return text


if __name__ == "__main__":
    serve(sys.argv[1])
