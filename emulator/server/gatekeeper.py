"""Access to the server: its secrets, the sign-in that issues tokens, and the check of each request."""

import base64
import hmac
import secrets
import uuid
from urllib.parse import parse_qs

from emulator.faults import unauthorized
from emulator.wire.errors import ServiceError
from emulator.wire.http import Request, Response, json_response
from emulator.wire.names import Names, host_kind
from emulator.wire.tokens import issue_token, token_error

LOGIN_HOSTS = ("login.microsoftonline.com", "login.microsoft.com", "login.windows.net")
_TOKEN_SECONDS = 3600
_PROXY_USER = "emulator"
_OPEN = (("GET", "/discovery"),)


class Gatekeeper:
    """The secrets of one server, and the checks of them; the server refuses a request without a secret."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._signing_key = secrets.token_bytes(32)
        self.client_id = str(uuid.uuid4())
        self.client_secret = secrets.token_urlsafe(32)
        self.proxy_secret = secrets.token_urlsafe(32)

    def proxy_url(self, port: int) -> str:
        """Return the address of the server with the secret for its proxy."""
        return f"http://{_PROXY_USER}:{self.proxy_secret}@127.0.0.1:{port}"

    def may_connect(self, authorization: str) -> bool:
        """Return whether the value of a ``Proxy-Authorization`` header has the secret."""
        kind, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        return kind.lower() == "basic" and hmac.compare_digest(given, f"{_PROXY_USER}:{self.proxy_secret}".encode())

    def refusal(self, request: Request) -> Response | None:
        """Return the error response for a ``request`` without a valid token, or None if it is allowed.

        Requests to the blob service have a signature, which must exist but is not checked, because the client has shown
        the secret of the proxy before. Discovery needs no token, and the SDK sends none.
        """
        kind, _, token = request.header("Authorization").partition(" ")
        if (request.method, request.path) in _OPEN:
            return None
        if host_kind(request.host) == "blob":
            signed = kind.lower() in ("sharedkey", "bearer") or "sig" in request.query
            return None if signed else _no_authentication()
        if kind.lower() != "bearer":
            return unauthorized("Authentication failed. The 'Authorization' header is missing.", "Missing")
        error = token_error(token, self._signing_key)
        return unauthorized(error, "Expired" if "expiry" in error else "Invalid") if error else None

    def sign_in(self, request: Request) -> Response:
        """Return the response of Microsoft's sign-in, for the one application that this server has."""
        base = f"https://{request.host}/{self._names.tenant}"
        path = request.path.rstrip("/")
        if path.endswith("/discovery/instance"):
            hosts = {"preferred_network": LOGIN_HOSTS[0], "preferred_cache": LOGIN_HOSTS[2], "aliases": LOGIN_HOSTS}
            where = f"{base}/v2.0/.well-known/openid-configuration"
            return json_response(200, {"tenant_discovery_endpoint": where, "metadata": [hosts]})
        if path.endswith("/.well-known/openid-configuration"):
            configuration = {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "tenant_region_scope": None,
            }
            return json_response(200, configuration)
        if request.method == "POST" and path.endswith("/oauth2/v2.0/token"):
            return self._token(request)
        return ServiceError(404, "NotFound", f"The sign-in of the embedded workspace has no {path}.").response()

    def _token(self, request: Request) -> Response:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        id_matches = hmac.compare_digest(form.get("client_id", "").encode(), self.client_id.encode())
        secret_matches = hmac.compare_digest(form.get("client_secret", "").encode(), self.client_secret.encode())
        if form.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type", "AADSTS70003: only client_credentials is known here.")
        if not (id_matches and secret_matches):
            return _oauth_error("invalid_client", "AADSTS7000215: Invalid client secret provided.")
        audience = form.get("scope", "").split(" ")[0].removesuffix("/.default")
        token, _ = issue_token(self._names, audience, _TOKEN_SECONDS, self._signing_key)
        body = {"token_type": "Bearer", "expires_in": _TOKEN_SECONDS, "access_token": token}
        return json_response(200, body, {"Cache-Control": "no-store"})


def _oauth_error(code: str, message: str) -> Response:
    return json_response(401, {"error": code, "error_description": message})


def _no_authentication() -> Response:
    message = (
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
    )
    body = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>NoAuthenticationInformation</Code><Message>{message}</Message></Error>"
    )
    headers = {"Content-Type": "application/xml", "x-ms-error-code": "NoAuthenticationInformation"}
    return Response(401, {**headers, "WWW-Authenticate": "Bearer"}, body.encode())
