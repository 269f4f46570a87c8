"""Run a parallel step: workers run its script on mini-batches, failed ones again, and the rows of all become one file.

``AZUREML_EMULATOR_MINI_BATCHES`` holds the settings as JSON; the arguments are those of the script.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time

import mini_batch_inputs
import mini_batch_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_MLFLOW_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mlflow_scoring.py")
# As for the processes of a distributed step.
_MOST_WORKERS = 64


class Failed(Exception):
    """The step cannot go on; the message says why."""


class Step:
    """One execution with the ``settings`` of the step, on the input at ``source``."""

    def __init__(self, settings: dict[str, Any], source: str, arguments: list[str]) -> None:
        self._settings, self._source, self._arguments = settings, source, arguments
        self._batches = mini_batch_inputs.mini_batches(source, settings.get("size"), settings.get("keys") or [])
        self._waiting: queue.Queue[tuple[int, int]] = queue.Queue()
        self._results: dict[int, list[str] | None] = {}
        self._failed_items = self._failed_batches = 0
        self._fatal: str | None = None
        self._lock = threading.Lock()
        self._logs = os.environ["AZUREML_EMULATOR_LOGS"]

    def run(self) -> list[str]:
        """Process all mini-batches; return the lines of their results, in their order.

        Raises:
            Failed: more failed than the step allows, or its script cannot start.
        """
        for number in range(len(self._batches)):
            self._waiting.put((number, 0))
        wanted = int(self._settings["instances"]) * int(self._settings["concurrency"])
        if wanted > _MOST_WORKERS:
            raise Failed(f"It asks for {wanted} workers, and this machine runs at most {_MOST_WORKERS} of a step.")
        count = max(1, min(wanted, len(self._batches)))
        threads = [threading.Thread(target=self._work, args=(number, count)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._fatal:
            raise Failed(self._fatal)
        self._check_share()
        return [row for number in sorted(self._results) for row in self._results[number] or ()]

    def _work(self, number: int, count: int) -> None:
        worker = None
        while not self._fatal:
            with self._lock:
                if len(self._results) == len(self._batches):
                    break
            try:
                batch, attempt = self._waiting.get(timeout=0.05)
            except queue.Empty:
                continue
            worker = worker or self._start(number, count)
            answer: dict[str, Any] = {}
            if worker:
                answer = worker.ask({**self._batches[batch], "number": batch}, self._settings.get("timeout"))
                if "ended" in answer:
                    worker.end()
                    worker = None
            self._take(batch, attempt, answer)
        if worker:
            worker.end(gently=not self._fatal)

    def _start(self, number: int, count: int) -> mini_batch_process.Worker | None:
        """Start a worker; return None after a fatal error."""
        worker = mini_batch_process.Worker(
            self._logs,
            number,
            count,
            [self._settings["entry_script"] or _MLFLOW_SCRIPT, self._source, *self._arguments],
        )
        answer = worker.answer(None)
        if "ready" in answer:
            return worker
        worker.end()
        self._stop(answer.get("fatal") or "A worker ended while it started.")
        return None

    def _take(self, batch: int, attempt: int, answer: dict[str, Any]) -> None:
        """Store the answer for a mini-batch, put it back, or count it as failed."""
        size = mini_batch_inputs.length(self._batches[batch])
        if "fatal" in answer:
            self._stop(answer["fatal"])
        elif "rows" in answer:
            rows = answer["rows"]
            with self._lock:
                self._results[batch] = rows
                self._failed_items += max(0, size - len(rows))
            self._progress()
        elif not self._fatal:
            self._note(f"mini-batch {batch}, attempt {attempt + 1}: {answer.get('error', 'failed')}")
            if attempt < int(self._settings["retries"]):
                self._waiting.put((batch, attempt + 1))
                return
            with self._lock:
                self._results[batch] = None
                self._failed_items += size
                self._failed_batches += 1
            self._progress()

    def _progress(self) -> None:
        with self._lock:
            done, items, batches = len(self._results), self._failed_items, self._failed_batches
        line = f"{done} of {len(self._batches)} mini-batches, {batches} of them failed, {items} items failed"
        _append(os.path.join(self._logs, "logs", "job_progress_overview.txt"), line)
        for name, failed in (("error_threshold", items), ("mini_batch_error_threshold", batches)):
            allowed = int(self._settings[name])
            if 0 <= allowed < failed:
                self._stop(f"{failed} failed, and {name} allows {allowed}.")

    def _check_share(self) -> None:
        options = dict(zip(self._arguments, self._arguments[1:]))  # noqa: B905 (a step may run on Python 3.9)
        for name, failed in (
            ("--allowed_failed_percent", 100 * self._failed_batches / max(1, len(self._batches))),
            ("--allowed_failed_count", self._failed_batches),
        ):
            if name in options and failed > float(options[name]):
                raise Failed(f"{failed:g} failed mini-batches, and {name} allows {options[name]}.")
        if self._batches and self._failed_batches == len(self._batches):
            raise Failed("All mini-batches failed; see logs/user/error.txt.")

    def _stop(self, why: str) -> None:
        self._note(why)
        self._fatal = self._fatal or why

    def _note(self, text: str) -> None:
        _append(os.path.join(self._logs, "logs", "user", "error.txt"), text)


def _append(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"[{time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())}] {text}\n")


def main() -> int:
    """Run the step; return its exit status."""
    settings = json.loads(os.environ["AZUREML_EMULATOR_MINI_BATCHES"])
    if name := settings.get("model"):
        # A step finds the folder or file of its model, under its own name, in this folder.
        os.environ["AZUREML_MODEL_DIR"] = os.path.dirname(os.environ[f"AZURE_ML_INPUT_{name}"])
    output = settings.get("append_to") and os.environ[f"AZURE_ML_OUTPUT_{settings['append_to']}"]
    if settings.get("output_folder"):
        os.environ["AZUREML_BI_OUTPUT_PATH"] = os.environ[f"AZURE_ML_OUTPUT_{settings['output_folder']}"]
    try:
        step = Step(settings, os.environ[f"AZURE_ML_INPUT_{settings['input']}"], sys.argv[1:])
        rows = step.run()
    except (Failed, mini_batch_inputs.NotSupported) as error:
        print(error if isinstance(error, Failed) else f"{error} is not supported here.", file=sys.stderr)
        return 1
    if output:
        place = os.path.join(output, settings["append_file"]) if settings.get("append_file") else output
        with open(place, "a", encoding="utf-8") as file:
            file.writelines(row + "\n" for row in rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
