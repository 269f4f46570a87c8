"""The identity tokens that GitHub gives a job which may ask for them; nobody checks their signature here."""

import base64
import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

RIGHT = "Bearer t"


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        right = self.headers["Authorization"] == RIGHT and {"sub", "audience"} <= set(given)
        claims = json.dumps({"sub": given.get("sub"), "aud": given.get("audience")}).encode()
        token = f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}."
        self.send_response(200 if right else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"value": token} if right else {}).encode())

    def log_message(self, *words: object) -> None:
        """What is asked is in no log."""


@cache
def address() -> str:
    """Where tokens are given, by one server for this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/token"
