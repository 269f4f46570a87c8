"""The page on workflows shows the table of events as the scenarios wrote it."""

import os

from events import BEGIN, END, PAGE, markdown


def test_the_page_shows_the_table():
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    shown, tail = rest.split(END)
    if os.environ.get("UPDATE_EXPECTED"):
        PAGE.write_text(head + BEGIN + markdown() + END + tail, encoding="utf-8")
        return
    assert shown == markdown()
    assert markdown().count("\n") > 26
