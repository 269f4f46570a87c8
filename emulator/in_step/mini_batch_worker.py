"""A worker of a parallel step: it loads the step's script, calls ``init`` once and ``run`` for each mini-batch it gets.

It reads a description in JSON from each line of its standard input, and answers each with a line.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
import traceback

import mini_batch_inputs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Context:
    """What a ``run`` with a second parameter gets: the number of the mini-batch, and the values of its partition."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.minibatch_index = described.get("number")
        self.partition_key_value = described.get("key")


def main() -> None:
    """Serve until the standard input ends."""
    script, source = sys.argv[1], sys.argv[2]
    questions, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What the script prints goes to the log of this process, which the standard error is; and neither the script nor a
    # program that it starts can read what is meant for this file.
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.argv = [script, *sys.argv[3:]]
    try:
        module = _load(script)
        getattr(module, "init", lambda: None)()
    except BaseException:
        _answer(answers, {"fatal": traceback.format_exc()})
        return
    _answer(answers, {"ready": True})
    table: list[Any] = []
    takes_context = len(inspect.signature(module.run).parameters) > 1
    for line in questions:
        described = json.loads(line)
        try:
            batch = mini_batch_inputs.load(source, described, table)
            result = module.run(batch, Context(described)) if takes_context else module.run(batch)
            _answer(answers, {"rows": rows_of(result)})
        except mini_batch_inputs.NotSupported as error:
            _answer(answers, {"fatal": f"{error} is not supported here."})
        except Exception:
            _answer(answers, {"error": traceback.format_exc()})
    getattr(module, "shutdown", lambda: None)()


def _load(script: str) -> Any:
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    spec = importlib.util.spec_from_file_location("mini_batch_script", script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Classes of the script can be pickled only if their module is found by its name.
    sys.modules["mini_batch_script"] = module
    spec.loader.exec_module(module)
    return module


def rows_of(result: Any) -> list[str]:
    """Return the lines of a result: a table's rows without a header, its values separated by spaces, or its elements.

    Raises:
        TypeError: it is neither a table nor a sequence.
    """
    if hasattr(result, "to_csv") and hasattr(result, "columns"):
        return list(result.to_csv(sep=" ", header=False, index=False).splitlines())
    if isinstance(result, (str, bytes, dict)) or not hasattr(result, "__iter__"):
        raise TypeError(f"run() returned {type(result).__name__}; it must return a pandas DataFrame or a list")
    return [str(element) for element in result]


def _answer(answers: Any, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
