"""Install the locked packages of a group, and show how far that is; only Python's own library is there yet.

``python -m scripts.lib.installation GROUP [OPTION OF uv pip sync …]``, in the environment that the packages go into. uv
is installed first, by pip, checked against the same hashes.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_REFRESH_SECONDS = 0.1
_UV = Path(sys.executable).with_name("uv")
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
# What uv tells of its progress; anything else is a warning or an error.
_PROGRESS = re.compile(
    r" [+~-] | ?(Using|Resolved|Downloading|Downloaded|Building|Built|Prepared|Uninstalled|Installed|Audited|Bytecode) "
)
_CLEAR = "\r\x1b[K"


class Progress:
    """One line of a terminal that says what is done and for how long; elsewhere a plain line when something begins."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title, self._stream, self._detail, self._outcome = title, stream, "", ""
        self._begun, self._ended = time.monotonic(), threading.Event()
        self._live = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb") and not os.environ.get("CI")
        self._thread = threading.Thread(target=self._draw, daemon=True)

    def __enter__(self) -> "Progress":
        if self._live:
            self._thread.start()
        else:
            print(f"{self._title} …", file=self._stream, flush=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        if self._live:
            self._thread.join()
            self._stream.write(_CLEAR)
        seconds = time.monotonic() - self._begun
        mark = ("✓ " if kind is None else "✗ ") if self._live else ""
        print(f"{mark}{self._title}{self._outcome}  {seconds:.1f} s", file=self._stream, flush=True)

    def tell(self, line: str) -> None:
        """Take a line that a tool wrote: its progress is shown in passing, anything else stays."""
        if _PROGRESS.match(line):
            if line.startswith(("Downloading", "Building", "Prepared")):
                self._detail = line.strip()
            elif line.startswith(("Installed", "Audited")):
                self._outcome = f"  {line.partition(' in ')[0].strip().lower()}"
        elif line.strip():
            print(f"{_CLEAR if self._live else ''}{line.rstrip()}", file=self._stream, flush=True)

    def _draw(self) -> None:
        turn = 0
        while not self._ended.wait(_REFRESH_SECONDS):
            turn += 1
            elapsed = f"{time.monotonic() - self._begun:.0f} s"
            line = f"{_SPINNER[turn % len(_SPINNER)]} {self._title}  {elapsed}  {self._detail}"
            width = os.get_terminal_size(self._stream.fileno()).columns
            self._stream.write(f"{_CLEAR}{line[: width - 1]}")
            self._stream.flush()


def install(group: str, options: Sequence[str], stream: TextIO) -> int:
    """Bring this environment to the packages of the group and no other; return the exit code of what failed, or 0."""
    with tempfile.TemporaryDirectory() as folder:
        of_uv, wanted = Path(folder, "uv.txt"), Path(folder, "wanted.txt")
        of_uv.write_text(_pin_of_uv(Path("requirements.txt").read_text(encoding="utf-8")), encoding="utf-8")
        place, python = os.path.relpath(sys.prefix), sys.executable
        export = f"export --quiet --frozen --only-group {group} --no-header -o".split()
        sync = ["pip", "sync", *options, "--require-hashes", "--python", python]
        return (
            _run(f"Install uv into {place}", [python, *_PIP, of_uv], stream)
            or subprocess.run([_UV, *export, wanted]).returncode
            or _run(f"Install the packages of uv.lock into {place}", [_UV, *sync, wanted], stream)
        )


def _pin_of_uv(requirements: str) -> str:
    """Return the part of a requirements file that pins uv, with its hashes."""
    found = re.search(r"^uv==.*\n(?:[ \t]+.*\n)*", requirements, re.MULTILINE)
    if not found:
        raise SystemExit("requirements.txt does not pin uv; `make lock` writes it.")
    return found[0]


def _run(title: str, command: Sequence[str | Path], stream: TextIO) -> int:
    """Run a tool and show its progress; return its exit code."""
    try:
        with Progress(title, stream) as progress:
            tool = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace")
            for line in tool.stderr or ():
                progress.tell(line)
            if code := tool.wait():
                raise subprocess.CalledProcessError(code, command)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    try:
        sys.exit(install(sys.argv[1], sys.argv[2:], sys.stderr))
    except KeyboardInterrupt:
        print("Stopped by Ctrl-C. The same command goes on from here.", file=sys.stderr)
        sys.exit(130)
