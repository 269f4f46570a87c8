"""Fill a table with the rows of CSV files: each process reads its share of the bytes, and gets the rows of its keys."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ahead import spare_threads
from reading import chunks
from records import Recorder, Tally
from refusal import Refused
from shares import sources
from table import Table

# As many rows go from one process to all others at once.
BATCH_ROWS = 100_000


@dataclass
class Read:
    """What all processes read in the end: rows by the place of a file, whether files have the target, and the tally.

    Processes may have copies of a file at different paths, but all in the same order.
    """

    rows: dict[int, int] = field(default_factory=dict)
    with_target: set[bool] = field(default_factory=set)
    labelled: bool = True
    tally: Tally = field(default_factory=Tally)


def fill(table: Table, data: Path, paths: list[Path], needs_target: bool) -> Read:
    """Read the CSV files at ``paths``; refuse a file without rows, and a target that some lack."""
    ranks, columns, read = table.ranks, table.described, Read()
    recorder = Recorder(columns) if ranks.size > 1 else table.recorder
    batches = _batches(table, data, paths, needs_target, recorder, read)
    if ranks.size == 1:
        for records in batches:
            table.append(records)
    while ranks.size > 1:
        own = next(batches, None)
        going = False
        for other in ranks.each((own, recorder.texts())):
            records, texts = other
            if records is not None:
                going = True
                table.append(records, texts)
        if not going:
            break
    read.labelled, read.tally = table.whole_target, table.tally
    read = _together(list(ranks.each(read)))
    if empty := [path for place, path in enumerate(paths) if not read.rows.get(place)]:
        raise Refused(f"{empty[0].name} has a header and no rows. Remove the file or fill it.")
    if len(read.with_target) > 1:
        raise Refused(
            f"Some files have the column {columns.target} and some have not. Give it in all files or in none."
        )
    return read


def _batches(
    table: Table, data: Path, paths: list[Path], needs_target: bool, recorder: Recorder, read: Read
) -> Iterator[np.ndarray]:
    """Yield this process's share of the rows; several processes exchange large batches."""
    waiting: list[np.ndarray] = []
    places = {path: place for place, path in enumerate(paths)}
    # Several processes divide the cores already.
    workers = spare_threads() if table.ranks.size == 1 else 0
    for source in sources(paths, table.ranks):
        count = 0
        for chunk in chunks(source, table.described, needs_target, workers):
            count += len(chunk)
            read.with_target.add(chunk.target is not None)
            waiting.append(recorder.records(chunk))
            if table.ranks.size == 1 or sum(map(len, waiting)) >= BATCH_ROWS:
                yield np.concatenate(waiting) if len(waiting) > 1 else waiting[0]
                waiting.clear()
        read.rows[places[source.path]] = count
        # A file of a table may be a copy, which lies elsewhere.
        within = source.path.is_relative_to(data)
        print(f"Read {count} rows from {source.path.relative_to(data) if within else source.path.name}")
    if waiting:
        yield np.concatenate(waiting)


def _together(reads: list[Read]) -> Read:
    whole = Read()
    for read in reads:
        for place, count in read.rows.items():
            whole.rows[place] = whole.rows.get(place, 0) + count
        whole.with_target |= read.with_target
        whole.labelled &= read.labelled
        whole.tally.add(read.tally)
    return whole
