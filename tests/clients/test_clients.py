"""The matrix of clients: its table, the line of the installed client, and how it tells what failed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import generated
from tests.clients import __main__ as program
from tests.clients.matrix import Client, Row, clients, run, short, table
from tests.notebook.served import served_workspace

SDK = next(client for client in reversed(clients()) if client.package == "azure-ai-ml")
TRACKING = next(client for client in reversed(clients()) if client.package != "azure-ai-ml")
# What the embedded workspace does not have, and what no version of the client on Azure is known to do.
NOT_SERVED = {"experiment_tag", "log_input"}


def written():
    """The rows of the table in the document: a version to yes or no for each deed."""
    text = generated.written(program.DOCUMENT, program.PROGRAM)
    return {row[0]: row[1:] for row in (re.findall(r"[^|\s]+", line) for line in text.splitlines() if "|" in line)}


def test_the_table_has_every_client_and_the_deeds_of_its_line():
    rows = written()
    for client in clients():
        assert [version for version in rows if version.startswith(f"{client.version}.")], client.tag
        assert rows[client.package] == client.deeds


def test_each_no_of_the_table_has_its_error_below():
    text = generated.written(program.DOCUMENT, program.PROGRAM)
    noes = {version for version, cells in written().items() if "no" in cells}
    assert noes == set(re.findall(r"\d+\.\d+\.\d+", " ".join(re.findall(r"\(([\d., ]+)\)$", text, re.MULTILINE))))


@pytest.mark.slow
def test_the_installed_clients_do_their_lines(tmp_path):
    with served_workspace(tmp_path, lambda request, response: None) as served:
        rows = {client.package: run(client, Path(sys.executable), served) for client in (SDK, TRACKING)}
    failed = {package: {deed for deed, error in row.errors.items() if error} for package, row in rows.items()}
    told = {version: cells for version, cells in written().items() if version in {row.version for row in rows.values()}}
    for row in rows.values():
        assert ["no" if row.errors[deed] else "yes" for deed in row.errors] == told.get(row.version, told)
    assert failed[TRACKING.package] >= NOT_SERVED


def test_a_deed_that_fails_is_told_and_ends_no_other(tmp_path):
    line = tmp_path / "line.py"
    line.write_text(
        "import sys\nsys.path.insert(0, sys.argv[4])\nfrom deeds import do\n"
        "class Line:\n"
        "    def __init__(self, tag, folder): self.tag = tag\n"
        "    def first(self): raise ValueError(self.tag)\n"
        "    def second(self): pass\n"
        'DEEDS = ("first", "second")\n'
        "do(Line, DEEDS)\n"
    )
    report = tmp_path / "report"
    here = str(Path(program.__file__).parent)
    subprocess.run([sys.executable, str(line), "t", str(tmp_path), str(report), here], check=True, capture_output=True)
    told = [json.loads(each) for each in report.read_text().splitlines()]
    assert told == [{"deed": "first", "error": "ValueError: t"}, {"deed": "second", "error": ""}]


def test_a_client_that_does_not_start_has_done_nothing(tmp_path):
    client = Client("pytest", "0", (), "sdk_line.py")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\ncase $1 in -c) echo 0.1 ;; *) echo ImportError: nothing >&2; exit 1 ;; esac\n")
    python.chmod(0o755)
    (tmp_path / "served").mkdir()
    with served_workspace(tmp_path / "served", lambda request, response: None) as served:
        row = run(client, python, served)
    assert set(row.errors.values()) == {"ImportError: nothing"}


def test_equal_errors_are_told_once():
    rows = [Row("sdk", version, {"a": "", "b": f"E: https://x/{version} no"}) for version in ("1.1.0", "1.2.0")]
    assert table(rows).splitlines() == [
        "| sdk | a | b |",
        "|---|---|---|",
        "| 1.1.0 | yes | no |",
        "| 1.2.0 | yes | no |",
        "",
        "- b: E: … no (1.1.0, 1.2.0)",
    ]
    assert short("x" * 200).endswith("…")


def test_a_client_that_cannot_be_installed_leaves_the_table(monkeypatch, capsys):
    def install(client):
        raise subprocess.CalledProcessError(1, "uv")

    monkeypatch.setattr(program, "install", install)
    monkeypatch.setattr(generated, "write", pytest.fail)
    monkeypatch.setattr("sys.argv", ["clients"])
    assert program.main() == 1
    assert "cannot be installed" in capsys.readouterr().err
