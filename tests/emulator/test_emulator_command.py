"""``python -m emulator``: what it refuses, and reset."""

import socket

import pytest

from emulator.__main__ import _write_secret, main
from emulator.state.workspace import Workspace


def test_reset_forgets_all(tmp_path):
    Workspace(tmp_path / "state").store.put("computes/kept", {})
    assert main(["reset", "--state", str(tmp_path / "state")]) == 0
    assert Workspace(tmp_path / "state").store.get("computes/kept") is None


def test_a_state_that_cannot_be_used_is_one_message(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["reset", "--state", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.startswith(f"Error: The state folder {tmp_path / 'file'} cannot be made")


def test_a_port_that_is_taken_is_one_message(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--state", str(tmp_path), "--port", str(port)]) == 2
    assert (
        capsys.readouterr().err
        == f"Error: port {port} of 127.0.0.1 cannot be used (Address already in use); name another.\n"
    )


@pytest.mark.parametrize("given", [["--env-file", "no/such/folder"], ["--", "no-such-command"]])
def test_a_file_that_cannot_be_used_is_one_message(tmp_path, capsys, given):
    assert main(["serve", "--state", str(tmp_path), *given]) == 2
    assert capsys.readouterr().err == f"Error: {given[1]} cannot be used (No such file or directory); name another.\n"


@pytest.mark.parametrize("given", [["--port", "65536"], ["--port", "-1"], ["--max-body-mib", "0"], ["--port", "http"]])
def test_numbers_out_of_range_are_refused(tmp_path, capsys, given):
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--state", str(tmp_path), *given])
    assert ended.value.code == 2
    assert f"{given[1]!r} is not a number from" in capsys.readouterr().err


def test_a_file_of_secrets_is_its_owners_alone_also_where_it_was_there(tmp_path):
    place = tmp_path / "variables.sh"
    place.write_text("longer than what is written now")
    place.chmod(0o644)
    _write_secret(place, "export A=b\n")
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("export A=b\n", 0o600)
