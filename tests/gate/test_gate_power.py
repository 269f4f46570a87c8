"""The published power table is about the shipped gate, and its command works."""

import re
import subprocess
import sys

import pytest

from scripts.lib.gate.config import load_gate
from tests.gate.samples import GATE_FILE, ROOT

REPORT = ROOT / "docs" / "gate_power.md"
SHARE = re.compile(r"^\d+\.\d%$")


def table(text):
    """Return the lines of the first table as lists of cells, without its header."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.count("|") == 8][1:]


def test_the_table_is_about_the_shipped_gate():
    text = REPORT.read_text(encoding="utf-8")
    digest = load_gate(GATE_FILE).digest
    assert digest in text, "gate.yml changed: run `python -m benchmarks.gate_power` and commit its report"


def test_the_table_and_its_command_are_what_the_benchmark_writes_today():
    from benchmarks import gate_power

    text = REPORT.read_text(encoding="utf-8")
    assert f"| {gate_power.HEADER} |" in text
    command = f"python -m benchmarks.gate_power --seed {gate_power.SEED} --datasets {gate_power.DATASETS}"
    assert f"Command: `{command}`" in text


def test_the_shipped_gate_meets_its_goals():
    rows = table(REPORT.read_text(encoding="utf-8"))
    assert {row[1] for row in rows} == {"≥ 95 %", "≤ 5 %", "≥ 90 %", "out of reach"}
    for name, goal, _, _, share, *_ in rows:
        promoted = float(share.rstrip("%"))
        if goal.startswith("≥"):
            assert promoted >= float(goal.split()[1]), name
        if goal.startswith("≤"):
            assert promoted <= float(goal.split()[1]), name


@pytest.mark.slow
def test_a_tiny_run_writes_the_table(tmp_path):
    report = tmp_path / "power.md"
    sample = ROOT / "data" / "sample" / "heart_synthetic.csv"
    options = ["--seed", "1", "--datasets", "2", "--data", str(sample), "--report", str(report)]
    subprocess.run([sys.executable, "-m", "benchmarks.gate_power", *options], cwd=ROOT, check=True)
    text = report.read_text(encoding="utf-8")
    assert load_gate(GATE_FILE).digest in text
    assert "not the UCI Cleveland data" in text
    rows = table(text)
    assert [row[0] for row in rows] == [row[0] for row in table(REPORT.read_text(encoding="utf-8"))]
    assert all(SHARE.match(row[4]) for row in rows)
    identical = next(row for row in rows if row[0].startswith("identical code"))
    assert identical[2] == "+0.0000 (0.0000)"
