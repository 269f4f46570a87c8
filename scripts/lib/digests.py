"""Canonical JSON (RFC 8785): one sequence of bytes for one content, so that its digest means something."""

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as canonical JSON: sorted keys, no spaces, ECMAScript numbers, UTF-8.

    Raises:
        ValueError: it holds NaN, an infinity, an integer that a double cannot hold, or what JSON has no form for.
    """
    return rfc8785.dumps(value)


def content_digest(value: Any) -> str:
    """Return ``sha256:HEX`` of the canonical form of ``value``."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()
