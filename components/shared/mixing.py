"""Turn texts and numbers into 64-bit words, and mix words so that each bit depends on every one before."""

import hashlib

import numpy as np
import numpy.typing as npt

MISSING = np.uint64(0x6D697373696E6721)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def word(text: str | bytes) -> np.uint64:
    """Return the word that stands for ``text``."""
    content = text.encode() if isinstance(text, str) else text
    return np.uint64(int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little"))


def number_words(values: np.ndarray) -> np.ndarray:
    """Return one word for each float64, the same however the number was written; NaN is ``MISSING``."""
    values = values + 0.0  # -0.0 is 0.0
    return np.where(np.isnan(values), MISSING, values.view(np.uint64))


def mix(words: np.ndarray) -> npt.NDArray[np.uint64]:
    """SplitMix64's output function (Steele, Lea and Flood, 2014)."""
    words = (words + _GOLDEN).astype(np.uint64)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = words ^ (words >> np.uint64(31))
    return mixed


def share(words: np.ndarray) -> np.ndarray:
    """Return the words as numbers from 0 to 1, evenly spread when the words are mixed."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
