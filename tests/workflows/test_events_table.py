"""The page on workflows shows the table of events as the scenarios wrote it."""

from events import PAGE, PROGRAM, markdown

from tests.kept_rows import assert_shown


def test_the_page_shows_the_table():
    assert_shown(PAGE, PROGRAM, markdown())
    assert markdown().count("\n") > 25
