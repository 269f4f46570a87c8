"""Canonical JSON gives one sequence of bytes for one content, as RFC 8785 says."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.digests import canonical_json, content_digest

NUMBERS = st.floats(-(2.0**53), 2.0**53) | st.integers(1 - 2**53, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)

# RFC 8785, appendix B.
SAMPLES = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), SAMPLES.items())
def test_numbers_are_written_as_the_standard_says(bits, text):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number) == text.encode()


def test_keys_are_sorted_by_utf16_units():
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    members = json.loads(canonical_json(dict.fromkeys(keys, 0)))
    assert list(members) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_there_are_no_spaces_and_text_stays_as_it_is():
    assert canonical_json({"b": [1, 2.50, None], "a": "é\n"}) == '{"a":"é\\n","b":[1,2.5,null]}'.encode()


def test_a_large_double_is_the_same_once_it_was_read():
    assert canonical_json({"rmse": 2.0**53}) == canonical_json({"rmse": 2**53}) == b'{"rmse":9007199254740992}'


@given(JSON)
@settings(deadline=None)
def test_what_is_written_reads_back_the_same(value):
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9), min_size=2), st.randoms())
@settings(deadline=None)
def test_the_digest_ignores_the_order_of_keys_and_sees_every_value(content, random):
    shuffled = list(content.items())
    random.shuffle(shuffled)
    assert content_digest(dict(shuffled)) == content_digest(content)
    key = shuffled[0][0]
    assert content_digest(content | {key: content[key] + 1}) != content_digest(content)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1, {"a": {1, 2}}, {1: "a"}, "\ud800"])
def test_what_has_no_json_form_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011
        canonical_json(value)
