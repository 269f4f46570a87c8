"""Give each row a number that depends on its values alone: not on how they are written, nor on any order.

Any table will do, as no column is known beforehand. A cell that reads as a number counts as that number (``63`` is
``63.0``), any other as its text without the spaces and quotes around it, and an empty one as missing.
"""

from collections.abc import Sequence

import numpy as np
from csv_files import MISSING_TEXTS
from mixing import MISSING, mix, number_words, word
from scanning import PADDING, Block

FEW = 4096
_QUOTE = ord('"')
_SPACES = np.isin(np.arange(256), list(b" \t"))
_MASKS = np.array([2 ** (8 * length) - 1 for length in range(PADDING + 1)], np.uint64)
_MISSING_BYTES = frozenset(text.encode() for text in MISSING_TEXTS)


def cell_words(block: Block, column: int) -> np.ndarray:
    """Return one word for each cell of ``column``; equal values have equal words."""
    start, stop = _trimmed(block, column)
    length = stop - start
    words = np.empty(len(start), np.uint64)
    short = length <= PADDING
    # Eight bytes from each start on, as one number: an equal number is an equal text.
    wide = np.ndarray((len(block.content) - PADDING + 1,), "<u8", block.content, strides=(1,))
    texts = wide[start] & _MASKS[np.minimum(length, PADDING)]
    words[short] = _short_words(texts[short])
    if not short.all():
        rest = ~short
        raw = block.content.tobytes()
        words[rest] = _words([raw[a:b] for a, b in zip(start[rest].tolist(), stop[rest].tolist(), strict=True)])
    return words


def without_spaces(block: Block, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the cells of ``column`` start and stop without the spaces around them."""
    return _stripped(block.content, block.start[:, column], block.stop[:, column])


def row_keys(cells: Sequence[np.ndarray], names: Sequence[str], salt: str) -> np.ndarray:
    """Return one key a row from the words of its ``cells``, one array a column of ``names``, in any order."""
    keys = np.full(len(cells[0]), word(salt), np.uint64)
    for place in sorted(range(len(names)), key=lambda place: names[place]):
        keys = mix((keys ^ cells[place]) + word(names[place]))
    return keys


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


def _short_words(texts: np.ndarray) -> np.ndarray:
    unique = np.unique(texts)
    if len(unique) > FEW:
        return _words(texts.view(f"S{PADDING}").tolist())
    return _words(unique.view(f"S{PADDING}").tolist())[np.searchsorted(unique, texts)]


def _words(texts: list[bytes]) -> np.ndarray:
    """Return the word of each text: of the number that it is, or of the text."""
    try:
        numbers = np.array(list(map(float, texts)), np.float64)
    except ValueError:
        known = {text: int(_one_word(text)) for text in set(texts)}
        return np.fromiter(map(known.__getitem__, texts), np.uint64, len(texts))
    finite = np.isfinite(numbers)
    words = number_words(numbers)
    for place in np.flatnonzero(~finite):
        words[place] = word(texts[place])
    return words


def _one_word(text: bytes) -> np.uint64:
    if text in _MISSING_BYTES:
        return MISSING
    try:
        number = float(text)
    except ValueError:
        return word(text)
    return number_words(np.array([number]))[0] if np.isfinite(number) else word(text)
