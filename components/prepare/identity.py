"""Give each row a number that depends on its feature values alone, and from it a side and a fold.

The number ignores the order of rows, files and columns, the way a number is written (``63`` or ``63.0``),
the target and the encoding. So the same row is on the same side in every run and every variant, and
copies of a row are never on both sides.
"""

import numpy as np
from description import Columns
from mixing import MISSING, mix, number_words, share, word
from reading import Chunk

FOLDS = 10


def row_keys(rows: Chunk, columns: Columns) -> np.ndarray:
    """Return one uint64 for each of ``rows``."""
    keys = np.zeros(len(rows), np.uint64)
    for name in sorted(columns.features):
        cells = text_cells(rows, name) if name in columns.categories else number_words(rows.numbers[name])
        keys = mix((keys ^ cells) + word(name))
    return keys


def evaluation_side(keys: np.ndarray, eval_size: float) -> np.ndarray:
    """Return which rows are held out: a share ``eval_size`` of all possible keys."""
    return share(keys) < eval_size


def folds(keys: np.ndarray) -> np.ndarray:
    """Return the fold of each row, 0 to ``FOLDS`` - 1, independent of its side."""
    return (mix(keys + word("fold")) % np.uint64(FOLDS)).astype(np.uint8)


def occurrences(keys: np.ndarray) -> np.ndarray:
    """Return for each of ``keys`` how many equal ones precede it, as uint32."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
    lengths = np.diff(np.r_[starts, len(keys)])
    counts = np.empty(len(keys), np.uint32)
    counts[order] = np.arange(len(keys)) - np.repeat(starts, lengths)
    return counts


def text_cells(rows: Chunk, name: str) -> np.ndarray:
    """Return one uint64 for the text of each of ``rows`` in a column of texts."""
    words = np.array([word(text) for text in rows.texts[name]] + [MISSING], np.uint64)
    cells: np.ndarray = words[rows.codes[name]]
    return cells
