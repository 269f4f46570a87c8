"""Time the validation of many rows, beside the same rules written out in plain pandas.

Run: python -m benchmarks.validation [--rows 1000000]

Each side is a process of its own: interpreter start, imports, reading and, for validate_data, the result file
and the Data Docs are in the time. The rows are those of the data given, drawn with a fixed seed and jittered.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
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


def timed(name: str, command: list[str]) -> str:
    """Run ``command`` and return a row of the table; the peak memory is that of the largest process so far."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    findings = json.loads(done.stdout)["findings"]
    return f"| {name} | {wall:.1f} | {processor:.1f} | {after.ru_maxrss / 2**20:.2f} | {len(findings)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=SAMPLE, help="canonical CSV file to draw rows from")
    parser.add_argument("--plain", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        print(json.dumps({"findings": plain_pandas(options.plain)}))
        return
    print(f"{options.rows:,} rows, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    print("| | wall s | processor s | peak GB so far | rules not met |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for state in ("good", "broken"):
            file = Path(folder, f"{state}.csv")
            write_rows(options.data, file, options.rows, state == "broken")
            plain = [sys.executable, "-m", "benchmarks.validation", "--plain", str(file)]
            problem = ("--problem", "heart-disease")
            ours = [sys.executable, "-m", "scripts.validate_data", *problem, "--data", str(file), "--output", folder]
            print(timed(f"plain pandas, {state} rows", plain), flush=True)
            print(timed(f"validate_data, {state} rows", ours), flush=True)


if __name__ == "__main__":
    main()
