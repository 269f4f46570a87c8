"""Look at the cells of a column as texts: where they lie, and which distinct ones there are."""

import numpy as np
from scanning import PADDING, Block

FEW = 4096
_QUOTE = ord('"')
_SPACES = np.isin(np.arange(256), list(b" \t"))
_MASKS = np.array([2 ** (8 * length) - 1 for length in range(PADDING + 1)], np.uint64)


def distinct(block: Block, column: int) -> tuple[list[bytes], np.ndarray]:
    """Return the distinct texts of ``column``, without the spaces and quotes around them, and each cell's place there.

    Most cells are short: their bytes are compared as one number, and no text is made of each.
    """
    start, stop = _trimmed(block, column)
    length = stop - start
    short = length <= PADDING
    wide = np.ndarray((len(block.content) - PADDING + 1,), "<u8", block.content, strides=(1,))
    words = (wide[start] & _MASKS[np.minimum(length, PADDING)])[short]
    unique = np.unique(words)
    if len(unique) > FEW:
        unique, codes = np.unique(words, return_inverse=True)
    else:
        codes = np.searchsorted(unique, words)
    texts = unique.view(f"S{PADDING}").tolist()
    if short.all():
        return texts, codes
    raw, places = block.content.tobytes(), np.empty(len(start), np.intp)
    known: dict[bytes, int] = {}
    spans = zip(start[~short].tolist(), stop[~short].tolist(), strict=True)
    longer = [known.setdefault(raw[a:b], len(known)) for a, b in spans]
    places[short], places[~short] = codes, np.array(longer) + len(texts)
    return [*texts, *known], places


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
