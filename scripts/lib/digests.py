"""Canonical JSON (RFC 8785): one sequence of bytes for one content, so that its digest means something."""

import hashlib
import json
import math


def canonical_json(value: object) -> bytes:
    """Serialise ``value`` as RFC 8785 asks: sorted keys, no spaces, ECMAScript numbers, UTF-8.

    Raises ValueError for NaN, infinities and integers that a double cannot hold exactly.
    """
    return _text(value).encode("utf-8")


def content_digest(value: object) -> str:
    """Return ``sha256:<hex>`` of the canonical form of ``value``."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()


def _text(value: object) -> str:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if float(value) != value:
            raise ValueError(f"The integer {value} is too large for canonical JSON.")
        return _number(float(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key)}:{_text(member)}" for key, member in members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    raise ValueError(f"A {type(value).__name__} has no canonical JSON form: {value!r}.")


def _number(value: float) -> str:
    """Write a double as ECMAScript does: shortest digits, plain notation between 1e-6 and 1e21."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = f"{abs(value)!r}e0".partition("e")
    whole, _, fraction = mantissa.partition(".")
    exponent = int(power.removesuffix("e0")) + len(whole)
    digits = whole + fraction
    exponent -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    if 0 < exponent <= 21:
        plain = digits.ljust(exponent, "0")
        return sign + plain[:exponent] + ("." + plain[exponent:] if len(plain) > exponent else "")
    if -6 < exponent <= 0:
        return f"{sign}0.{'0' * -exponent}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{exponent - 1:+d}"
