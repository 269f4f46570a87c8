"""Run one sample as a program of its own against a fresh workspace, and judge what became of it."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from emulator.wire.http import Request, Response
from tests.notebook.runner import cells_of, run_cells, wanted_packages
from tests.notebook.served import Served, served_workspace
from tests.samples.outcomes import Outcome, classify
from tests.samples.selection import Sample

SUBMIT = Path(__file__).with_name("submit.py")
_TAIL = 4000


class Refusals:
    """The messages with which a workspace has refused something as not supported."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def __call__(self, request: Request, response: Response) -> None:
        """Note the message of a refusal."""
        if response.status == 400 and b"NotSupported" in response.body:
            self.messages.append(json.loads(response.body)["error"]["message"])


def run_sample(sample: Sample, checkout: Path, seconds: float, keep: Path | None = None) -> Outcome:
    """Run ``sample`` of ``checkout`` for at most ``seconds``; ``keep`` is a folder in which its workspace stays."""
    began = time.monotonic()
    if keep:
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True)
    folder = keep or Path(tempfile.mkdtemp(prefix="sample-"))
    refusals = Refusals()
    try:
        with served_workspace(folder, refusals) as served:
            completed, late = _run(sample, checkout, served, seconds)
            said = f"{served.output[-_TAIL:]}\n{_logs(served)}{late}"
        return classify(sample.path, completed, refusals.messages, said, round(time.monotonic() - began, 1))
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _run(sample: Sample, checkout: Path, served: Served, seconds: float) -> tuple[bool, str]:
    """Return whether it completed, and what is to be said of a run that took too long."""
    is_notebook = sample.kind == "notebook"
    task = {
        "computes": sample.computes,
        "assets": sample.assets,
        "inputs": sample.inputs,
        "pipeline": None if is_notebook else sample.path,
    }
    program = [sys.executable, str(SUBMIT), str(checkout), json.dumps(task)]
    ended = True
    try:
        ended = served.run(program, (checkout / sample.path).parent, seconds) == 0
        if is_notebook and ended:
            notebook = overlay(checkout, sample.path, served.folder / "tree")
            run_cells(served, notebook, seconds, [*sample.packages, *wanted_packages(notebook)])
            ended = not any(cell["error"] for cell in cells_of(served.folder))
    except subprocess.TimeoutExpired:
        return False, f"\nTimeoutError: it took longer than {seconds:.0f} s\n"
    except (SyntaxError, subprocess.CalledProcessError) as error:
        return False, f"\n{type(error).__name__}: {error}\n"
    jobs = served.jobs()
    return ended and set(jobs.values()) <= {"Completed"}, ""


def overlay(checkout: Path, path: str, place: Path) -> Path:
    """Copy the folder of the file ``path``, with links to what lies beside it in the checkout; return the file."""
    *above, _, name = Path(path).parts
    folder = Path(path).parent
    for depth in range(len(above) + 1):
        inner = Path(*folder.parts[:depth])
        (place / inner).mkdir(parents=True, exist_ok=True)
        for entry in (checkout / inner).iterdir():
            if entry.name != folder.parts[depth]:
                (place / inner / entry.name).symlink_to(entry)
    shutil.copytree(checkout / folder, place / folder)
    return place / folder / name


def _logs(served: Served) -> str:
    """Return the beginnings and ends of what the steps have logged, unless all jobs completed."""
    if set(served.jobs().values()) <= {"Completed"}:
        return ""
    files = sorted((served.folder / "state" / "blobs").rglob("*"), key=lambda path: path.as_posix())
    names = ("std_log", "executionlogs.txt", "error.txt", "processNNN")
    chosen = [path for path in files if path.is_file() and path.name.startswith(names)]
    return "\n".join(_shortened(path.read_text(errors="replace")) for path in chosen)


def _shortened(text: str) -> str:
    return text if len(text) <= 2 * _TAIL else f"{text[:_TAIL]}\n…\n{text[-_TAIL:]}"
