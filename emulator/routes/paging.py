"""Lists of the control plane come a page at a time; each page names the address of the next."""

from typing import Any

from emulator.routes.routing import Call
from emulator.state.documents import Collection

_PAGE = 100


def page_of(call: Call, collection: Collection[Any]) -> tuple[list[tuple[int, str, str]], str | None]:
    """Return the rows of the page that the request asks for, and the address of the next page, None after the last.

    A row is its number, the last part of its key, and its document as JSON text.
    """
    token = call.request.query.get("$skip") or call.request.query.get("$skipToken")
    rows = call.workspace.store.page(collection, _PAGE, int(token) if token else None)
    if len(rows) < _PAGE:
        return rows, None
    return rows, address_after(call, rows[-1][0])


def address_after(call: Call, number: int, parameter: str = "$skip") -> str:
    """Return the address of the page after the row ``number`` of the list that the request asks for."""
    return f"{call.request.url.split('&$skip')[0]}&{parameter}={number}"
