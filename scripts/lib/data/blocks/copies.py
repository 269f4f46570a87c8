"""Find rows that stand in a table on disk more than once: by digests of 128 bits, sorted in parts."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.data.blocks.shares import fill_in_shares
from scripts.lib.data.blocks.stored_table import Table
from scripts.lib.data.described import Rule
from scripts.lib.data.expectations import EXAMPLES, ExpectationSuite

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult

_PART_ROWS = 500_000
_SEEDS = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)


def judge_copies(
    suite: ExpectationSuite, table: Table, rule: Rule
) -> tuple["ExpectationValidationResult", "pd.DataFrame"]:
    """Return what Great Expectations says of a table's copies, and the rows that the examples are of."""
    count, missing, groups = copies(table, rule["kwargs"]["column_list"])
    # Of these rows alone it gives the same examples: they are the first ones, with some that are alike.
    places = sorted({place for group in groups for place in group}) or [0]
    shown = table.at(places)
    [result] = suite.run(shown, [rule])
    told = result.result
    told["unexpected_count"], told["element_count"], told["missing_count"] = count, len(table), missing
    result.success = fill_in_shares(told, rule["kwargs"].get("mostly", 1.0))
    return result, shown


def copies(table: Table, names: Sequence[str]) -> tuple[int, int, list[list[int]]]:
    """Return how many rows have copies, how many are missing, and the first places of the first rows with copies."""
    import numpy as np

    parts = 1 + len(table) // _PART_ROWS
    missing = 0
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, str(part)) for part in range(parts)]
        first = 0
        for block in table.blocks():
            cells = block[list(names)]
            known = cells.notna().any(axis="columns").to_numpy()
            missing += int((~known).sum())
            rows = np.stack([*_digests(cells), np.arange(first, first + len(block), dtype=np.uint64)], axis=1)
            part_of = (rows[:, 0] % np.uint64(parts)).astype(int)
            for part, path in enumerate(files):
                with path.open("ab") as file:
                    rows[known & (part_of == part)].tofile(file)
            first += len(block)
        found = [_alike(np.fromfile(path, np.uint64).reshape(-1, 3)) for path in files]
    groups = sorted(group for _, of_part in found for group in of_part)
    return sum(count for count, _ in found), missing, groups[:EXAMPLES]


def _alike(rows: "np.ndarray[Any, Any]") -> tuple[int, list[list[int]]]:
    """Return how many of the rows have copies, and for the first of them, a group each, the first places."""
    import numpy as np

    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:, :2] != rows[:-1, :2]).any(axis=1)
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(rows)))
    starts, sizes = starts[sizes > 1], sizes[sizes > 1]
    earliest = np.argsort(rows[starts, 2], kind="stable")[:EXAMPLES]
    # Up to as many places as examples: the first examples may all be of one group.
    ends = starts + np.minimum(sizes, EXAMPLES)
    return int(sizes.sum()), [rows[starts[each] : ends[each], 2].astype(int).tolist() for each in earliest]


def _digests(cells: "pd.DataFrame") -> list["np.ndarray[Any, Any]"]:
    """Return two digests of each row; rows are alike in both exactly if all their cells are."""
    import numpy as np
    import pandas as pd

    digests = [np.full(len(cells), seed, dtype=np.uint64) for seed in _SEEDS]
    for name in cells:
        bits = _bits(cells[name])
        for place, seed in enumerate(_SEEDS):
            digests[place] = pd.util.hash_array(digests[place] ^ pd.util.hash_array(bits + np.uint64(seed)))
    return digests


def _bits(cells: "pd.Series[Any]") -> "np.ndarray[Any, Any]":
    import numpy as np
    import pandas as pd

    if cells.dtype == object:
        codes, distinct = pd.factorize(cells)
        known = [_bits_of(value) for value in distinct]
        return np.asarray([*known, 0], dtype=np.uint64)[codes]
    if cells.dtype.kind == "f":
        # 0 and -0 are alike, and so is all that is no number.
        return np.where(cells.isna(), np.nan, cells + 0.0).view(np.uint64)
    return cells.to_numpy(dtype=np.int64).view(np.uint64)


def _bits_of(value: object) -> int:
    """Return 64 bits of a cell that is a text, or a number among texts."""
    plain = value + 0.0 if isinstance(value, float) else value
    return int.from_bytes(hashlib.blake2b(repr(plain).encode(), digest_size=8).digest(), "little")
