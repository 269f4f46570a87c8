"""Only UCI's own file is kept, whatever the server does."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.fetch_data import main
from scripts.lib.data.inspection import inspect
from scripts.lib.repository.problem import find_problem

PROBLEM = find_problem("heart-disease")
UCI = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "uci-heart-disease"


@pytest.fixture
def cleveland():
    path = (UCI / "processed.cleveland.data").resolve()
    if not path.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")
    return path


@contextmanager
def serving(respond):
    """Serve ``respond(handler)`` for every GET on the loopback interface; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            respond(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/processed.cleveland.data"
    finally:
        server.shutdown()
        server.server_close()


def sends(body, length=None):
    def respond(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def fetch(url, output, *options):
    return CliRunner().invoke(main, ["--url", url, "--output", str(output), *options])


def assert_refused(outcome, output, exit_code, message):
    assert outcome.exit_code == exit_code, outcome.output
    assert message in outcome.stderr
    assert outcome.stderr.count("Error:") == 1
    assert "Traceback" not in outcome.stderr
    assert not output.exists() or not list(output.iterdir())


def test_the_pinned_digests_are_those_of_the_file(tmp_path, cleveland):
    assert inspect(cleveland, PROBLEM).sha256 == PROBLEM.origin.sha256
    outcome = fetch(cleveland.as_uri(), tmp_path)
    assert outcome.exit_code == 0, outcome.output
    written = Path(json.loads(outcome.stdout)["file"])
    assert written == tmp_path / "cleveland.csv"
    assert inspect(written, PROBLEM).sha256 == PROBLEM.origin.converted_sha256
    assert [file.name for file in tmp_path.iterdir()] == ["cleveland.csv"]


def test_the_file_is_fetched_over_http(tmp_path, cleveland):
    with serving(sends(cleveland.read_bytes())) as url:
        outcome = fetch(url, tmp_path / "real")
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout)["rows"] == 303


def test_fetching_again_is_harmless(tmp_path, cleveland):
    for _ in range(2):
        assert fetch(cleveland.as_uri(), tmp_path).exit_code == 0
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "tampered", [lambda body: body.replace(b"63.0", b"64.0", 1), lambda body: body + b"\n", lambda _: b""]
)
def test_a_tampered_file_is_refused_and_nothing_kept(tmp_path, cleveland, tampered):
    with serving(sends(tampered(cleveland.read_bytes()))) as url:
        outcome = fetch(url, tmp_path / "real")
    assert_refused(outcome, tmp_path / "real", 3, "Nothing was kept")


def test_a_tampered_file_leaves_the_fetched_one_alone(tmp_path, cleveland):
    fetch(cleveland.as_uri(), tmp_path)
    before = (tmp_path / "cleveland.csv").read_bytes()
    with serving(sends(b"other")) as url:
        assert fetch(url, tmp_path).exit_code == 3
    assert (tmp_path / "cleveland.csv").read_bytes() == before


def test_an_error_status_is_told(tmp_path):
    with serving(lambda handler: handler.send_error(404)) as url:
        outcome = fetch(url, tmp_path / "real")
    assert_refused(outcome, tmp_path / "real", 1, "the server answered 404 Not Found")


def test_a_dropped_connection_is_told(tmp_path, cleveland):
    body = cleveland.read_bytes()
    with serving(sends(body[:5000], length=len(body))) as url:
        outcome = fetch(url, tmp_path / "real")
    assert_refused(outcome, tmp_path / "real", 1, "could not be downloaded")


def test_a_connection_closed_without_an_answer_is_told(tmp_path):
    with serving(lambda handler: handler.connection.close()) as url:
        outcome = fetch(url, tmp_path / "real")
    assert_refused(outcome, tmp_path / "real", 1, "could not be downloaded")


def test_a_silent_server_times_out(tmp_path):
    with serving(lambda _: time.sleep(1)) as url:
        outcome = fetch(url, tmp_path / "real", "--timeout", "0.2")
    assert_refused(outcome, tmp_path / "real", 1, "timed out")


def test_a_server_that_drips_times_out(tmp_path):
    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(40):
                handler.wfile.write(b"6")
                time.sleep(0.05)
        except OSError:
            pass

    with serving(drip) as url:
        outcome = fetch(url, tmp_path / "real", "--timeout", "0.3")
    assert_refused(outcome, tmp_path / "real", 1, "not done after 0.3 s")


def test_nobody_there_is_told(tmp_path):
    with serving(sends(b"")) as url:
        pass
    assert_refused(fetch(url, tmp_path / "real"), tmp_path / "real", 1, "could not be downloaded")


def test_a_missing_local_copy_is_told(tmp_path):
    url = (tmp_path / "nowhere.data").as_uri()
    assert_refused(fetch(url, tmp_path / "real"), tmp_path / "real", 1, "No such file")


@pytest.mark.parametrize("url", ["ftp://example.invalid/x", "processed.cleveland.data"])
def test_what_is_no_url_is_a_usage_error(tmp_path, url):
    assert_refused(fetch(url, tmp_path / "real"), tmp_path / "real", 2, "is not a URL")


def test_an_impossible_timeout_is_a_usage_error(tmp_path):
    assert fetch("file:///x", tmp_path, "--timeout", "0").exit_code == 2
