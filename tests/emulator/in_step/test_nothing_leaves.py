"""Nothing of a step goes to Azure: whatever library asks, from whatever thread or process, however many at once."""

import subprocess
import sys
import textwrap

import pytest
from step_programs import (
    HOST,
    LIBRARIES,
    OTHER_HOSTS,
    PROGRAMS,
    REFUSED,
    variables,
)


def ran(folder, code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=variables(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("round", range(2))
def test_first_requests_are_answered_inside(tmp_path, name, round):
    ran(tmp_path, PROGRAMS[name])


@pytest.mark.parametrize("library", LIBRARIES)
def test_another_library_gets_an_error_that_names_the_host(tmp_path, library):
    ran(tmp_path, REFUSED.format(url=f"{HOST}/discovery") + LIBRARIES[library])


@pytest.mark.parametrize("url", OTHER_HOSTS)
@pytest.mark.parametrize("library", ["requests", "urllib"])
def test_a_host_of_azure_that_is_not_the_workspaces_is_refused_by_name(tmp_path, url, library):
    call = {"requests": "import requests; refused(lambda: requests.get(address, timeout=5))", **LIBRARIES}[library]
    ran(tmp_path, REFUSED.format(url=url) + call)


def test_the_tokens_of_a_virtual_machine_are_out_of_reach(tmp_path):
    ran(tmp_path, REFUSED.format(url="http://169.254.169.254/metadata/identity/oauth2/token") + LIBRARIES["urllib"])


def test_where_the_workspace_cannot_be_opened_no_request_passes(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "workspace.db").write_bytes(b"no database" * 100)
    code = f"""
import requests
for _ in range(2):
    try:
        requests.get("{HOST}/discovery", timeout=5)
    except requests.RequestException as error:
        raise SystemExit(f"it went out: {{error}}")
    except Exception as error:
        assert "workspace.db" in str(error), error
"""
    ran(tmp_path, code)
