"""The page about other clients names what there is: every option of ``serve``, every kind of fault."""

import pytest
from helpers import REPOSITORY

from emulator import __main__
from emulator.faults import rules

PAGE = (REPOSITORY / "docs" / "emulator_clients.md").read_text(encoding="utf-8")


def test_every_option_is_on_the_page(capsys):
    with pytest.raises(SystemExit):
        __main__.main(["serve", "--help"])
    options = {word.strip("[],") for word in capsys.readouterr().out.split() if word.startswith(("--", "[--"))}
    assert options - {"--help", "--"}
    assert [option for option in options - {"--help", "--"} if option not in PAGE] == []


def test_every_fault_is_on_the_page():
    assert [word for word in (*map(str, rules.STATUSES), *rules._WORDS) if f"`{word}`" not in PAGE] == []


def test_the_example_of_a_fault_is_accepted(monkeypatch, tmp_path):
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "faults.yml"
    path.write_text(example)
    monkeypatch.setenv(rules.VARIABLE, str(path))
    [fault] = rules.configured_faults()
    assert (fault.answer, fault.skip, fault.times, fault.retry_after) == (429, 1, 2, 1)
