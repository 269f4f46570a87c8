"""Write the static site of a workspace: the page of each endpoint, and an index of them."""

from pathlib import Path

from scripts.lib.errors import NotFound
from scripts.lib.line.endpoint_overview import endpoint_overview
from scripts.lib.report.endpoint_page import SiteEntry, endpoint_html, site_html
from scripts.lib.repository.problem import find_problem, problem_names
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.links import endpoint_page


def write_site(connection: Connection, output: Path) -> list[SiteEntry]:
    """Write the site into ``output``; return what the index lists, a problem an entry. Other files there stay."""
    output.mkdir(parents=True, exist_ok=True)
    entries = [_write_endpoint(connection, name, output) for name in problem_names()]
    (output / "index.html").write_text(site_html(connection.description, entries), encoding="utf-8")
    return entries


def _write_endpoint(connection: Connection, name: str, output: Path) -> SiteEntry:
    title, page = find_problem(name).title, output / name / "index.html"
    try:
        shown = endpoint_overview(connection, name, endpoint_page(endpoint_name(connection.client, name)))
    except NotFound:
        page.unlink(missing_ok=True)
        return SiteEntry(name, title, "It was not released to this workspace.", "", False)
    page.parent.mkdir(exist_ok=True)
    page.write_text(endpoint_html(shown), encoding="utf-8")
    return SiteEntry(name, title, shown.serves, f"{name}/index.html", bool(shown.default))
