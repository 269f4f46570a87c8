"""Canonical JSON (RFC 8785): one sequence of bytes for one content, so that its digest means something."""

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """Return ``value`` as canonical JSON: sorted keys, no spaces, ECMAScript numbers, UTF-8.

    Raises:
        ValueError: it holds NaN, an infinity, an integer that a double cannot hold, or what JSON has no form for.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError:
        return rfc8785.dumps(_with_doubles(value))


def content_digest(value: Any) -> str:
    """Return ``sha256:HEX`` of the canonical form of ``value``."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()


def _with_doubles(value: Any) -> Any:
    """Return ``value`` with its large integers as the doubles they were before JSON was read, where they are exact."""
    if isinstance(value, dict):
        return {key: _with_doubles(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_doubles(item) for item in value]
    large = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53
    return float(value) if large and abs(value) < 2**1023 and int(float(value)) == value else value
