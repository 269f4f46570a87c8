"""A web server and a component that copies its input."""

import pytest
from web_site import TITANIC, Site


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with Site() as server:
        server.pages = {"/data/titanic.csv": TITANIC, "/cut.csv": TITANIC, "/endless.csv": TITANIC}
        yield server
        server.shutdown()


@pytest.fixture
def copy(bench):
    """Return a component that copies the file it reads, its name first; no other test's step has its command."""
    command = "(basename ${{inputs.d}}; cat ${{inputs.d}}) > ${{outputs.o}} #" + bench.folder.name
    return bench.component(command, {"d": {"type": "uri_file"}}, {"o": "uri_file"})
