"""Files that a played session needs: public data is replaced, and what a request out of scope made is there too."""

import pytest

from tests.wire import sessions
from tests.wire.scope import out_of_scope
from tests.wire.seeded_files import public_data
from tests.wire.seeding import seeds
from tests.wire.sessions import Exchange, Message, Session, read_sessions

OWN = "https://store.blob.core.windows.net"


def invocation(uri: str, url: str = "https://some.eastus.inference.ml.azure.com/jobs") -> Session:
    body = {"properties": {"inputData": {"rows": {"uri": uri, "jobInputType": "UriFile"}}}}
    file = Exchange(0, "HEAD", f"{OWN}/c/file", Message({}, None), 404, Message({}, None))
    again = Exchange(1, "HEAD", f"{OWN}/c/other", Message({}, None), 404, Message({}, None))
    return Session("any", (file, again, Exchange(2, "POST", url, Message({}, body), 201, Message({}, {}))))


def test_a_file_of_the_workspace_takes_the_place_of_public_data():
    session = invocation("https://examples.blob.core.windows.net/datasets/iris.csv")
    assert list(public_data(session).values()) == [f"{OWN}/public/datasets/iris.csv"]
    assert [(call.method, call.url) for call in seeds(session, set())] == [("PUT", f"{OWN}/public/datasets/iris.csv")]


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        (f"{OWN}/c/rows.csv", "https://some.eastus.inference.ml.azure.com/jobs"),
        ("azureml://datastores/workspaceblobstore/paths/rows", "https://some.eastus.inference.ml.azure.com/jobs"),
        ("https://examples.blob.core.windows.net/iris.csv", "https://elsewhere.azure.com/jobs"),
    ],
)
def test_data_of_the_workspace_and_of_other_requests_stays(uri, url):
    assert public_data(invocation(uri, url)) == {}


@pytest.mark.skipif(not sessions.ROOT.is_dir(), reason="needs ../shared/azure_wire")
def test_code_that_is_named_but_whose_requests_are_out_of_scope_is_seeded():
    session = next(each for each in read_sessions() if each.name.endswith("test_batch_invoke"))
    skipped = out_of_scope(session)
    (code,) = {
        exchange.url for exchange in session.exchanges if exchange.number in skipped and "versions/" in exchange.url
    }
    name = code.partition("/codes/")[2].partition("/")[0]
    assert any(f"/codes/{name}/versions/1" in call.url for call in seeds(session, set(skipped)))
