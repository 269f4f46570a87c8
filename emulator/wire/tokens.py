"""Access tokens of the embedded workspace: signed JSON web tokens, which Azure's clients can read."""

import base64
import hashlib
import hmac
import json
import time
from functools import lru_cache

from emulator.wire.names import Names


def _encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def issue_token(names: Names, audience: str, seconds: float, secret: bytes = b"embedded") -> tuple[str, int]:
    """Return a token for ``audience`` that ``secret`` signs, and when it expires (epoch seconds)."""
    expires = int(time.time() + seconds)
    claims = {"aud": audience, "tid": names.tenant, "oid": names.workspace_id, "exp": expires}
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signed = ".".join(map(_encode, parts))
    return f"{signed}.{_encode(_signature(signed, secret))}", expires


def token_error(token: str, secret: bytes) -> str | None:
    """Return why ``token`` is not valid, or None if ``secret`` signed it and it has not expired."""
    expires = _expiry(token, secret)
    if expires is None:
        return "The access token is invalid."
    return "The access token expiry UTC time is earlier than current UTC time." if expires < time.time() else None


@lru_cache(maxsize=256)
def _expiry(token: str, secret: bytes) -> float | None:
    """Return when ``token`` expires (epoch seconds), or None if ``secret`` did not sign it."""
    signed, _, signature = token.rpartition(".")
    try:
        is_ours = hmac.compare_digest(_decode(signature), _signature(signed, secret))
        return float(json.loads(_decode(signed.partition(".")[2]))["exp"]) if is_ours else None
    except ValueError:
        return None


def _signature(signed: str, secret: bytes) -> bytes:
    return hmac.digest(secret, signed.encode(), hashlib.sha256)
