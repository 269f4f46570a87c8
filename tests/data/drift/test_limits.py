"""The file of limits is read, or refused by key and value."""

import pytest

from scripts.lib.data.drift.limits import FILE, Limits, read_limits
from scripts.lib.errors import BadConfiguration


def write(folder, text):
    (folder / FILE).write_text(text)
    return folder


def test_without_a_file_the_defaults_hold(tmp_path):
    assert read_limits(tmp_path) == Limits()


def test_every_key_is_read(tmp_path):
    text = "false_alarm: 0.02\ntarget: 0.2\ncolumns: {chol: {distribution: 0.3}}\naccepted: ['0123456789ab']\n"
    limits = read_limits(write(tmp_path, text))
    assert (limits.false_alarm, limits.target, limits.distribution) == (0.02, 0.2, 0.1)
    assert (limits.of("chol", "distribution"), limits.of("age", "distribution")) == (0.3, 0.1)
    assert limits.accepts("0123456789abcdef")
    assert not limits.accepts("1123456789abcdef")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- 1", "must hold a mapping"),
        ("relations: 0.1", "`relations` is unknown"),
        ("relation: 2", "`relation` is 2"),
        ("relation: true", "`relation` is True"),
        ("relation: much", "`relation` is 'much'"),
        ("false_alarm: 0", "`false_alarm` is 0"),
        ("columns: [chol]", "`columns` is no mapping"),
        ("columns: {chol: 0.1}", "`columns` is no mapping"),
        ("columns: {chol: {target: 0.1}}", "`columns.chol.target` is unknown"),
        ("accepted: [123456789012]", "in quotes"),
        ("accepted: ['0123']", "12 hexadecimal digits"),
    ],
)
def test_what_cannot_be_is_refused_by_key_and_value(tmp_path, text, named):
    with pytest.raises(BadConfiguration, match=named):
        read_limits(write(tmp_path, text))
