"""Look at the cells of a column as texts: where they lie, and which distinct ones there are."""

import numpy as np
from scanning import PADDING, Block

FEW = 4096
_QUOTE = ord('"')
_SPACES = np.isin(np.arange(256), list(b" \t"))
_MASKS = np.array([2 ** (8 * length) - 1 for length in range(PADDING + 1)], np.uint64)


def distinct(block: Block, column: int) -> tuple[list[bytes], np.ndarray]:
    """Return the distinct texts of ``column``, without the spaces and quotes around them, and each cell's place there.

    Their bytes are compared as numbers, eight at a time, and no text is made of each cell; no cell holds a NUL.
    """
    start, stop = _trimmed(block, column)
    length = stop - start
    words, codes = _coded(_words(block, start, length))
    longest = int(length.max(initial=0))
    if longest <= PADDING:
        return words.view(f"S{PADDING}").tolist(), codes
    known = len(words)
    for offset in range(PADDING, longest, PADDING):
        rows = np.flatnonzero(length > offset)
        words, following = _coded(_words(block, start[rows] + offset, length[rows] - offset))
        pairs, codes_of_pairs = _coded(codes[rows] * len(words) + following)
        codes[rows] = known + codes_of_pairs
        known += len(pairs)
    used, codes = _coded(codes)
    example = np.empty(len(used), np.intp)
    example[codes] = np.arange(len(codes))
    spans = zip(start[example].tolist(), stop[example].tolist(), strict=True)
    return [block.content[a:b].tobytes() for a, b in spans], codes


def _words(block: Block, start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return up to eight bytes from each ``start`` on as a number."""
    wide = np.ndarray((len(block.content) - PADDING + 1,), "<u8", block.content, strides=(1,))
    words: np.ndarray = wide[start] & _MASKS[np.minimum(length, PADDING)]
    return words


def _coded(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct ``words``, ascending, and the place of each among them."""
    if words.max(initial=0) < len(words):
        # Cells of one or two characters: a table of all such words is quicker than a search.
        small = words.astype(np.intp)
        seen = np.bincount(small) > 0
        return np.flatnonzero(seen).astype(words.dtype), (np.cumsum(seen) - 1)[small]
    unique = np.unique(words)
    if len(unique) > FEW:
        unique, codes = np.unique(words, return_inverse=True)
    else:
        codes = np.searchsorted(unique, words)
    return unique, codes


def without_spaces(block: Block, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the cells of ``column`` start and stop without the spaces around them."""
    return _stripped(block.content, block.start[:, column], block.stop[:, column])


def _trimmed(block: Block, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the cells of ``column`` start and stop without the spaces and quotes around them."""
    start, stop = without_spaces(block, column)
    quoted = (block.content[start] == _QUOTE) & (stop - start >= 2)
    if quoted.any():
        start, stop = _stripped(block.content, start + quoted, stop - quoted)
    return start, stop


def _stripped(content: np.ndarray, start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    while (more := _SPACES[content[start]] & (start < stop)).any():
        start = start + more
    while (more := _SPACES[content[stop - 1]] & (start < stop)).any():
        stop = stop - more
    return start, stop
