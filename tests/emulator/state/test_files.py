"""A file is appended whole, whether the system copies it or this program has to."""

import errno
import os

import pytest

from emulator.state.files import append


def _refuses(*_):
    raise OSError(errno.EXDEV, "not on this file system")


def _gives_up_midway(copy):
    def act(source, target, count):
        if os.lseek(source, 0, os.SEEK_CUR):
            raise OSError(errno.EOPNOTSUPP, "no more")
        return copy(source, target, 3)

    return act


@pytest.mark.parametrize("kind", ["as it is", "refused", "given up", "absent"])
def test_all_of_a_file_is_appended(tmp_path, monkeypatch, kind):
    if kind == "refused":
        monkeypatch.setattr(os, "copy_file_range", _refuses, raising=False)
    elif kind == "given up":
        copy = getattr(os, "copy_file_range", None) or pytest.skip("This system has no copying of its own.")
        monkeypatch.setattr(os, "copy_file_range", _gives_up_midway(copy))
    elif kind == "absent":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    sources = [tmp_path / name for name in ("one", "none", "two")]
    for source, content in zip(sources, (b"first" * 1000, b"", b"second" * 1000), strict=True):
        source.write_bytes(content)
    with (tmp_path / "joined").open("wb") as joined:
        joined.write(b"begin ")
        for source in sources:
            append(source, joined)
    assert (tmp_path / "joined").read_bytes() == b"begin " + b"first" * 1000 + b"second" * 1000
