"""Write chosen rows as they are, byte for byte: whole, or without one cell."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import mltable_file
import numpy as np
from spans import gathered, header

if TYPE_CHECKING:
    from table import Part

WRITE_ROWS = 200_000


def rows(path: Path, parts: Sequence["Part"], chosen: np.ndarray, without: str | None = None) -> None:
    """Write the header and the ``chosen`` rows (a mask over all parts) to ``path``, ``without`` the target if named.

    The file beside it makes a table of the folder, for who is given one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mltable_file.write(path.parent, [path])
    with path.open("wb") as file:
        file.write(header([name for name in parts[0].source.names if name != without]))
        first = 0
        for part in parts:
            content = np.frombuffer(part.source.raw, np.uint8)
            index = np.flatnonzero(chosen[first : first + len(part)])
            first += len(part)
            for start in range(0, len(index), WRITE_ROWS):
                some = index[start : start + WRITE_ROWS]
                spans = part.lines[some]
                if without:
                    cut = part.cut[some]
                    spans = np.stack([spans[:, 0], cut[:, 0], cut[:, 1], spans[:, 1]], axis=1)
                gathered(content, spans.reshape(-1, 2)).tofile(file)


def labels(path: Path, parts: Sequence["Part"], fold: np.ndarray, names: Sequence[str]) -> None:
    """Write row, fold and the text of the columns ``names`` (the target first) for each withheld row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(header(["row", "fold", "target", *names[1:]]))
        first = 0
        for part in parts:
            raw, index = part.source.raw, np.flatnonzero(fold[first : first + len(part)] >= 0)
            texts = ([raw[a:b] for a, b in zip(*part.cells[name][index].T.tolist(), strict=True)] for name in names)
            rows = (index + first).tolist(), fold[index + first].tolist()
            file.writelines(
                b"%d,%d,%b\n" % (*numbers, b",".join(cells))
                for *numbers, cells in zip(*rows, zip(*texts, strict=True), strict=True)
            )
            first += len(part)
