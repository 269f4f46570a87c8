"""Time the validation of many rows, beside the same rules in plain pandas, and beside all rows in memory at once.

Run: python -m benchmarks.validation [--rows 1000000]

Each side is a process of its own: interpreter start, imports, reading and, for validate_data, the result file
and the Data Docs are in the time. The rows are those of the data given, drawn with a fixed seed and jittered.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path

from scripts.lib.data.described import suite_of
from scripts.lib.repository.problem import find_problem

ROOT = Path(__file__).resolve().parents[1]
PROBLEM = find_problem("heart-disease")
SAMPLE = PROBLEM.sample
JITTER = {"age": 2, "trestbps": 8, "chol": 25, "thalach": 10}
BROKEN = {"cp": 9, "chol": -1, "thal": "unheard-of"}


def write_rows(source: Path, target: Path, rows: int, broken: bool) -> None:
    """Write ``rows`` rows drawn from ``source`` to ``target``; ``broken`` spoils every seventh in three columns."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(0)
    data = pd.read_csv(source)
    frame = data.iloc[draw.integers(len(data), size=rows)].reset_index(drop=True)
    for column, width in JITTER.items():
        frame[column] += draw.integers(-width, width + 1, size=rows)
    frame["oldpeak"] = (frame["oldpeak"] + draw.integers(0, 10, size=rows) / 10).round(1)
    for column in ("chol", "ca"):
        frame[column] = frame[column].astype("Int64")
    if broken:
        for column, value in BROKEN.items():
            frame.loc[::7, column] = value
    frame.to_csv(target, index=False)


def plain_pandas(path: Path) -> list[str]:
    """Return the rules of the suite that the file does not meet, judged by hand."""
    import pandas as pd

    frame = pd.read_csv(path, na_values=["?"])
    judge = {
        "columns": lambda k: list(frame.columns) == k["column_list"],
        "type": lambda k: ("str" in k["type_list"]) == (frame[k["column"]].dtype == object),
        "categories": lambda k: frame[k["column"]].dropna().isin(k["value_set"]).all(),
        "range": lambda k: frame[k["column"]].dropna().between(k["min_value"], k["max_value"]).all(),
        "missing": lambda k: frame[k["column"]].notna().mean() >= k.get("mostly", 1),
        "row count": lambda k: len(frame) >= k["min_value"],
        "duplicates": lambda k: 1 - frame.duplicated(keep=False).mean() >= k["mostly"],
        "label balance": lambda k: k["min_value"] <= frame[k["column"]].mean() <= k["max_value"],
    }
    return [
        f"{rule['kwargs'].get('column', 'table')}: {rule['meta']['rule']}"
        for rule in suite_of(PROBLEM)["expectations"]
        if not judge[rule["meta"]["rule"]](rule["kwargs"])
    ]


def in_memory(path: Path, output: Path) -> list[str]:
    """Return the rules that the file does not meet, judged with all rows in memory."""
    from scripts.lib.data.source import resolve
    from scripts.lib.data.validation import validate

    source = resolve(path, output, PROBLEM)
    return [f"{found.column}: {found.rule}" for found in validate(source, output, PROBLEM, source.rows).findings]


def timed(name: str, command: list[str]) -> str:
    """Run ``command`` and return a row of the table."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=errors)
        # Its own use of resources, not that of the largest command so far.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 3):
            errors.seek(0)
            sys.exit(errors.read())
        told.seek(0)
        findings = json.load(told)["findings"]
    processor = used.ru_utime + used.ru_stime
    return f"| {name} | {wall:.1f} | {processor:.1f} | {used.ru_maxrss / 2**20:.2f} | {len(findings)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=SAMPLE, help="canonical CSV file to draw rows from")
    parser.add_argument(
        "--memory", action=argparse.BooleanOptionalAction, default=True, help="with all rows in memory, too"
    )
    for hidden in ("--plain", "--whole"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if one := options.plain or options.whole:
        print(json.dumps({"findings": plain_pandas(one) if options.plain else in_memory(one, one.parent)}))
        return
    print(f"{options.rows:,} rows, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print("| | wall s | processor s | peak GB | rules not met |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for state in ("good", "broken"):
            file = Path(folder, f"{state}.csv")
            # In a process of its own: a command starts with the peak of the process that starts it.
            writing = Process(target=write_rows, args=(options.data, file, options.rows, state == "broken"))
            writing.start()
            writing.join()
            itself = [sys.executable, "-m", "benchmarks.validation"]
            problem = ("--problem", "heart-disease")
            ours = [sys.executable, "-m", "scripts.validate_data", *problem, "--data", str(file), "--output", folder]
            print(timed(f"plain pandas, {state} rows", [*itself, "--plain", str(file)]), flush=True)
            print(timed(f"validate_data, {state} rows", ours), flush=True)
            if options.memory:
                print(timed(f"all rows in memory, {state} rows", [*itself, "--whole", str(file)]), flush=True)


if __name__ == "__main__":
    main()
