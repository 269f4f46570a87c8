"""Versions of assets that several processes create at once."""

import pytest
from helpers import start_python, wait_for_exit

from emulator.state import versions
from emulator.state.versions import record_version
from emulator.state.workspace import Workspace

REGISTER = """
    import json, sys
    from pathlib import Path
    from emulator.state.workspace import Workspace
    from emulator.state.versions import record_version

    workspace = Workspace(Path(sys.argv[1]))
    for number in range(20):
        properties = {"dataUri": sys.argv[2] + str(number), "dataType": "uri_folder"}
        record_version(workspace.store, "data", "contested", None, properties, {})
"""


def registered(store, version=None):
    properties = {"dataUri": f"of {version}", "dataType": "uri_folder"}
    return record_version(store, "data", "rows", version, properties, {}).version


def test_the_next_version_follows_the_highest_number_whatever_came_last(tmp_path):
    store = Workspace(tmp_path).store
    assert [registered(store) for _ in range(2)] == ["1", "2"]
    assert [registered(store, given) for given in ("0012", "text", "7", "²")] == ["0012", "text", "7", "²"]
    assert registered(store) == "13"


def test_a_workspace_that_noted_no_highest_number_is_counted_once(tmp_path, monkeypatch):
    store = Workspace(tmp_path).store
    registered(store, "40")
    older = store.get("data/rows")
    del older["highest"]
    store.put("data/rows", older)
    assert registered(store) == "41"
    monkeypatch.setattr(versions, "highest_version", None)
    assert registered(store) == "42"


@pytest.mark.slow
def test_versions_counted_by_several_processes_are_all_there(bench):
    writers = [start_python(REGISTER, bench.state, number) for number in range(3)]
    assert [wait_for_exit(writer)[0] for writer in writers] == [0] * 3
    versions = {name for name, _ in bench.workspace.store.documents("data/contested/versions")}
    assert versions == {str(number) for number in range(1, 61)}
