"""The body of a response that is a part of a file is that part, whatever its size, and is never whole in memory."""

import tracemalloc

import pytest

from emulator.wire.file_part import Part
from emulator.wire.http import Response

_LARGE = 64 << 20


@pytest.fixture
def file(tmp_path):
    """A file of which every byte is told from its neighbours."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 20_000)
    return path


@pytest.mark.parametrize(("start", "size"), [(0, 5_120_000), (0, 0), (7, 1), (255, 3_000_001), (5_119_999, 1)])
def test_a_part_is_the_bytes_of_the_file(file, start, size):
    response = Response(206, part=Part(file, start, size))
    expected = file.read_bytes()[start : start + size]
    assert b"".join(response.pieces()) == expected
    with response.open() as opened:
        assert opened.read() == expected
    assert response.size == size


def test_a_part_beyond_the_end_ends_with_the_file(file):
    assert b"".join(Part(file, 5_119_990, 100).pieces()) == file.read_bytes()[-10:]


def test_a_large_part_is_in_memory_by_pieces(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(_LARGE)
    tracemalloc.start()
    try:
        assert sum(map(len, Part(path, 0, _LARGE).pieces())) == _LARGE
        assert tracemalloc.get_traced_memory()[1] < _LARGE / 8
    finally:
        tracemalloc.stop()
