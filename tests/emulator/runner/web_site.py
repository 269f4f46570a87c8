"""A web server for tests, and jobs that read from it."""

import hashlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TITANIC = b"survived,age\n1,22\n"


class Site(ThreadingHTTPServer):
    """A web server with ``pages``; says ETags unless ``etags`` is False, and answers while ``open`` is set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {}
        self.etags = True
        self.open = threading.Event()
        self.open.set()
        self.requests = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Say nothing of clients that went away."""

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site, path = self.server, self.path.partition("?")[0]
        content = site.pages.get(path)
        etag = f'"{hashlib.md5(content or b"").hexdigest()}"'
        unchanged = site.etags and self.headers["If-None-Match"] == etag
        status = 404 if content is None else 304 if unchanged else 200
        site.requests.append((path, status))
        site.open.wait(10)
        self.send_response(status)
        if site.etags and status == 200:
            self.send_header("ETag", etag)
        if path != "/endless.csv":
            more = 1000 if path == "/cut.csv" else 0
            self.send_header("Content-Length", str(len(content or b"") + more))
        self.end_headers()
        slow = path == "/slow.bin"
        pieces = [content[i : i + 1] for i in range(len(content))] if slow else [content or b""]
        for piece in pieces if status == 200 else ():
            self.wfile.write(piece)
            time.sleep(0.01 if slow else 0)
        if path == "/cut.csv":
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args):
        """Say nothing."""


def step(copy, data="${{parent.inputs.d}}"):
    return {"copy": {"component": copy, "inputs": {"d": data}, "outputs": {"o": "${{parent.outputs.o}}"}}}


def web(url, kind="uri_file"):
    return {"type": kind, "path": url}


OUT = {"o": {"type": "uri_file"}}


def held(bench, url):
    """Return the contents that are here of an address, each checked against its digest, and nothing half-written."""
    place = bench.state / "web" / hashlib.sha256(url.encode()).hexdigest()[:32]
    assert not list(place.glob("part-*"))
    files = [file for folder in place.iterdir() if folder.is_dir() for file in folder.iterdir()]
    assert all(hashlib.sha256(file.read_bytes()).hexdigest() == file.parent.name for file in files)
    return sorted(file.read_bytes() for file in files)


def failure(bench, job):
    error = bench.workspace.store.get(f"jobs/{job.name}")["error"]
    assert (job.status, error["code"]) == ("Failed", "UserError")
    return error["message"]
