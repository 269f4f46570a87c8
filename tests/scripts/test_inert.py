"""Text that others wrote is shown as plain text: in a cell of a table, in a sentence, in an annotation."""

import pytest

from scripts.lib.telling.inert import annotate, inert
from tests.markdown_tricks import TRICKS, blocks, dangers


def test_the_tricks_are_tricks():
    """What the look finds is there, or it could not miss it."""
    assert dangers("\n\n".join(TRICKS[:20])) == {
        "link_open", "image", "html_inline", "html_block", "mention", "address", "reference",
    }  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_shown_as_it_stands(trick):
    told = inert(trick)
    assert "\n" not in told
    assert len(told) < 800
    assert not dangers(f"It says {told}, no more.")
    assert blocks(f"It says {told}, no more.") == ["paragraph_open", "inline", "paragraph_close"]
    table = f"| a | b |\n|---|---|\n| {told} | c |"
    assert not dangers(table)
    assert blocks(table).count("td_open") == 2


def test_plain_names_stay_readable():
    assert inert("chest pain type 4") == "chest pain type 4"
    assert inert("ordinal-0123456789") == "ordinal-0123456789"


@pytest.mark.parametrize("trick", TRICKS)
def test_an_annotation_is_one_line_of_its_own_file(trick, monkeypatch, capfd):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotate("error", trick, f"data/{trick}.csv", 7)
    told = capfd.readouterr().err
    assert told.count("\n") == 1
    where, _, _ = told.removeprefix("::error ").partition("::")
    assert [part.partition("=")[0] for part in where.split(",")] == ["file", "line"]


def test_elsewhere_nothing_is_annotated(monkeypatch, capfd):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    annotate("error", "x", "y")
    assert capfd.readouterr().err == ""
