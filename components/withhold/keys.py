"""Give each row a number that depends on its values alone: not on how they are written, nor on any order.

Any table will do, as no column is known beforehand. A cell that reads as a number counts as that number (``63`` is
``63.0``), any other as its text without the spaces and quotes around it, and an empty one as missing.
"""

from collections.abc import Sequence

import numpy as np
from cells import distinct
from csv_files import MISSING_TEXTS
from mixing import MISSING, mix, number_words, word
from scanning import Block

_MISSING_BYTES = frozenset(text.encode() for text in MISSING_TEXTS)


def cell_words(block: Block, column: int) -> np.ndarray:
    """Return one word for each cell of ``column``; equal values have equal words."""
    texts, codes = distinct(block, column)
    words: np.ndarray = _words(texts)[codes]
    return words


def row_keys(cells: Sequence[np.ndarray], names: Sequence[str], salt: str) -> np.ndarray:
    """Return one key a row from the words of its ``cells``, one array a column of ``names``, in any order."""
    keys = np.full(len(cells[0]), word(salt), np.uint64)
    for place in sorted(range(len(names)), key=lambda place: names[place]):
        keys = mix((keys ^ cells[place]) + word(names[place]))
    return keys


def _words(texts: list[bytes]) -> np.ndarray:
    """Return the word of each text: of the number that it is, or of the text."""
    try:
        numbers = np.array(list(map(float, texts)), np.float64)
    except ValueError:
        return np.array([_one_word(text) for text in texts], np.uint64)
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
