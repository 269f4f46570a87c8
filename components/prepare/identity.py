"""Give each row a number that depends on its feature values alone, and from it a side and a fold.

The number ignores the order of rows, files and columns, the way a number is written (``63`` or ``63.0``),
the target and the encoding. So the same row is on the same side in every run and every variant, and
copies of a row are never on both sides.
"""

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd
from columns import CATEGORICAL, FEATURES

Words = npt.NDArray[np.uint64]

FOLDS = 10
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MISSING = np.uint64(0x6D697373696E6721)


def row_keys(frame: pd.DataFrame) -> Words:
    """Return one uint64 a row of ``frame`` (as ``reading.chunks`` yields it)."""
    keys = np.zeros(len(frame), np.uint64)
    for name in sorted(FEATURES):
        cells = _text_cells(frame[name]) if name in CATEGORICAL else _number_cells(frame[name].to_numpy())
        keys = _mix((keys ^ cells) + _word(name))
    return keys


def evaluation_side(keys: Words, eval_size: float) -> npt.NDArray[np.bool_]:
    """Return which rows are held out: a share ``eval_size`` of all possible keys."""
    return (keys >> np.uint64(11)).astype(np.float64) * 2.0**-53 < eval_size


def folds(keys: Words) -> npt.NDArray[np.uint8]:
    """Return the fold of each row, 0 to ``FOLDS`` - 1, independent of its side."""
    return (_mix(keys + _word("fold")) % np.uint64(FOLDS)).astype(np.uint8)


def occurrences(sorted_keys: Words) -> npt.NDArray[np.uint32]:
    """Return for each row of ``sorted_keys`` how many equal ones precede it, as uint32."""
    if not len(sorted_keys):
        return np.zeros(0, np.uint32)
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
    lengths = np.diff(np.r_[starts, len(sorted_keys)])
    return (np.arange(len(sorted_keys)) - np.repeat(starts, lengths)).astype(np.uint32)


def _number_cells(values: npt.NDArray[np.float64]) -> Words:
    values = values + 0.0  # -0.0 is 0.0
    return np.where(np.isnan(values), _MISSING, values.view(np.uint64))


def _text_cells(values: pd.Series) -> Words:
    words = np.array([_word(text) for text in values.cat.categories] + [_MISSING], np.uint64)
    return words[values.cat.codes.to_numpy()]


def _word(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def _mix(words: Words) -> Words:
    """SplitMix64's output function (Steele, Lea and Flood, 2014)."""
    words = (words + _GOLDEN).astype(np.uint64)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
