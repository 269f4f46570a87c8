"""Versions of assets that several processes create at once."""

import pytest
from helpers import start_python, wait_for_exit

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


@pytest.mark.slow
def test_versions_counted_by_several_processes_are_all_there(bench):
    writers = [start_python(REGISTER, bench.state, number) for number in range(3)]
    assert [wait_for_exit(writer)[0] for writer in writers] == [0] * 3
    versions = {name for name, _ in bench.workspace.store.documents("data/contested/versions")}
    assert versions == {str(number) for number in range(1, 61)}
