"""Move bytes of CSV text by spans: gather many into one text, or put columns into another order."""

from collections.abc import Sequence

import numpy as np
from scanning import Source, blocks


def gathered(content: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Return the bytes of all ``spans`` (start, stop), one after another."""
    lengths = spans[:, 1] - spans[:, 0]
    index = np.repeat(spans[:, 0] - (np.cumsum(lengths) - lengths), lengths)
    index += np.arange(len(index))
    joined: np.ndarray = content[index]
    return joined


def header(names: Sequence[str]) -> bytes:
    """Return the line that names the columns."""
    quoted = ('"' + name.replace('"', '""') + '"' if set(name) & set(',"\r\n') else name for name in names)
    return ",".join(quoted).encode() + b"\n"


def in_order(source: Source, names: Sequence[str]) -> Source:
    """Return ``source`` with its columns in the order of ``names``."""
    if source.names == list(names):
        return source
    places = [source.names.index(name) for name in names]
    pieces = [header(names)]
    for block in blocks(source):
        comma = len(block.content)
        content = np.r_[block.content, np.frombuffer(b",\n", np.uint8)]
        # Each cell and, after it, the sign that follows it in its new place.
        spans = np.empty((len(block.start), len(places), 2, 2), np.int64)
        spans[:, :, 0, 0], spans[:, :, 0, 1] = block.start[:, places], block.stop[:, places]
        spans[:, :, 1, 0] = [comma] * (len(places) - 1) + [comma + 1]
        spans[:, :, 1, 1] = spans[:, :, 1, 0] + 1
        pieces.append(gathered(content, spans.reshape(-1, 2)).tobytes())
    return Source(source.path, b"".join(pieces), list(names), len(pieces[0]))
