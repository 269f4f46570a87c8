"""The documentation lists the operations that are there."""

from helpers import REPOSITORY

from emulator.routes.routing import ROUTES, operations_table

DOCUMENT = REPOSITORY / "docs" / "emulator.md"


def test_every_operation_says_what_it_does():
    undocumented = [entry.template for entry in ROUTES if not (entry.handler.__doc__ or "").strip()]
    assert not undocumented


def test_the_documented_table_is_current():
    documented = DOCUMENT.read_text(encoding="utf-8").partition("<!-- operations:")[2].partition("-->\n")[2]
    assert documented == operations_table(), (
        "docs/emulator.md: replace its last table by what the comment above it prints"
    )
