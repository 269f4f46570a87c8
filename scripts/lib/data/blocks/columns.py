"""The columns of a table on disk, and tables on top of one another: some columns of some rows at a time."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class StoredColumn:
    """The cells of one column: numbers as they are, all else by numbers that say which of the ``distinct`` it is."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._pieces: list[tuple[int, str | None]] = []  # rows, and the type of numbers
        self._codes: dict[tuple[type, Any], int] = {}
        self._distinct: list[Any] = []

    def append(self, cells: "pd.Series[Any]") -> None:
        """Add the cells of the next rows."""
        import numpy as np
        import pandas as pd

        numbers = cells.dtype.kind in "iuf"
        if numbers:
            content: Any = cells.to_numpy()
        else:
            codes, distinct = pd.factorize(cells)
            known = [self._code(value) for value in distinct]
            content = np.asarray([*known, -1], dtype=np.int32)[codes]
        with self._place.open("ab") as file:
            content.tofile(file)
        self._pieces.append((len(content), str(content.dtype) if numbers else None))

    def _code(self, value: Any) -> int:
        key = (type(value), value)
        if key not in self._codes:
            self._codes[key] = len(self._distinct)
            self._distinct.append(value)
        return self._codes[key]

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The type that a frame of all the rows has here."""
        import numpy as np

        if any(kind is None for _, kind in self._pieces):
            return np.dtype(object)
        return np.result_type(*{kind for _, kind in self._pieces if kind})

    @property
    def torn(self) -> bool:
        """Whether there are numbers in some pieces, and something else in others."""
        return len({kind is None for _, kind in self._pieces}) > 1

    def cells(self, start: int, stop: int) -> "np.ndarray[Any, Any]":
        """Return the cells of the rows from ``start`` to ``stop``."""
        import numpy as np

        wanted, found, first, offset = self.dtype, [np.empty(0, self.dtype)], 0, 0
        for rows, kind in self._pieces:
            low, high = max(start, first), min(stop, first + rows)
            size = np.dtype(kind or np.int32).itemsize
            if low < high:
                read = np.fromfile(
                    self._place, kind or np.int32, count=high - low, offset=offset + (low - first) * size
                )
                found.append(self._values(read, kind, wanted))
            first, offset = first + rows, offset + rows * size
        return np.concatenate(found)

    def _values(self, read: Any, kind: str | None, wanted: Any) -> Any:
        import numpy as np

        if kind is not None:
            # Beside texts, numbers are floats.
            return read.astype(float).astype(object) if wanted.kind == "O" else read.astype(wanted)
        values = np.empty(len(self._distinct) + 1, dtype=object)
        values[:-1], values[-1] = self._distinct, np.nan
        return values[read]


class Columns:
    """A table in a folder, a file a column; ``lines`` says on which line of its file each row stands."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._stored: dict[str, StoredColumn] = {}
        self.rows = 0
        self._lines = StoredColumn(folder / "lines")

    def append(self, frame: "pd.DataFrame") -> None:
        """Add the next rows; the index of ``frame`` says their lines."""
        for place, name in enumerate(frame):
            stored = self._stored.setdefault(str(name), StoredColumn(self._folder / str(place)))
            stored.append(frame[name])
        self._lines.append(frame.index.to_series())
        self.rows += len(frame)

    @property
    def dtypes(self) -> dict[str, "np.dtype[Any]"]:
        """The type of each column."""
        return {name: stored.dtype for name, stored in self._stored.items()}

    def torn(self) -> list[str]:
        """Return the columns that were numbers in some blocks and something else in others."""
        return [name for name, stored in self._stored.items() if stored.torn]

    def frame(self, names: Sequence[str], start: int, stop: int) -> "pd.DataFrame":
        """Return some columns of the rows from ``start`` to ``stop``, labelled by line."""
        import pandas as pd

        cells = {name: self._stored[name].cells(start, stop) for name in names}
        frame: pd.DataFrame = pd.DataFrame(cells, pd.Index(self._lines.cells(start, stop)), list(names))
        return frame


class Stacked:
    """Tables on top of one another, by name; rows are labelled by that name, too."""

    def __init__(self, tables: Mapping[str, "Columns | Stacked"]) -> None:
        self._tables = dict(tables)
        self.rows: int = sum(table.rows for table in tables.values())

    @property
    def dtypes(self) -> dict[str, "np.dtype[Any]"]:
        """The type of each column of all tables together: a column that one of them lacks is missing there."""
        import numpy as np

        of_each = [table.dtypes for table in self._tables.values()]
        names = dict.fromkeys(name for dtypes in of_each for name in dtypes)
        return {name: np.result_type(*(dtypes.get(name, np.dtype(float)) for dtypes in of_each)) for name in names}

    def frame(self, names: Sequence[str], start: int, stop: int) -> "pd.DataFrame":
        """Return some columns of the rows from ``start`` to ``stop``, labelled by table and line."""
        import pandas as pd

        dtypes, parts = self.dtypes, {}
        ends = list(accumulate(table.rows for table in self._tables.values()))
        for (name, table), end in zip(self._tables.items(), ends, strict=True):
            low, high = max(start, end - table.rows), min(stop, end)
            if low < high:
                there = [one for one in names if one in table.dtypes]
                first = end - table.rows
                parts[name] = table.frame(there, low - first, high - first).reindex(columns=list(names))
        typed = {name: dtypes[name] for name in names}
        whole: pd.DataFrame = pd.concat(parts).astype(typed)
        return whole
