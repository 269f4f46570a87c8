"""The environment of a step: its scripts run its own interpreter, and the shared environment stays as it is."""

import sys

from emulator.runner.overlays import make_overlay


def test_an_interpreter_that_is_a_script_is_not_written_through_its_link(tmp_path):
    programs = tmp_path / "shared" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "shared" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages").mkdir(parents=True)
    interpreter = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
    (programs / "python").write_text(interpreter)
    tool = f"#!{programs}/python\nprint('{programs}/python')\n"
    (programs / "tool").write_text(tool)

    for place in ("first", "second"):
        made = make_overlay(programs / "python", tmp_path / place)
        assert (made / "python").resolve() == programs / "python"
        assert (made / "tool").read_text() == tool.replace(str(programs), str(made))
        assert (made / "tool").stat().st_mode & 0o111
    assert (programs / "python").read_text() == interpreter
    assert (programs / "tool").read_text() == tool
