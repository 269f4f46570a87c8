"""Prepare raw CSV files for training or scoring: identify, split and encode their rows."""

import argparse
from pathlib import Path

import encoding
import filling
import ranks
import table
from csv_files import csv_files
from description import ENCODINGS, FILE, Columns, load
from encoding import Transformations
from records import Tally
from refusal import Refused, require_one_process

DEFAULT_ENCODING = "ordinal"
DEFAULT_EVAL_SIZE = 0.3
MAX_CATEGORIES = 100
# Bytes of CSV of which the rows are sorted at once.
PART_BYTES = 32_000_000


def main() -> None:
    """Parse the arguments, prepare, and end with one sentence when the input is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--data", type=Path, help="folder of CSV files, each with a header")
    given.add_argument("--table", type=Path, dest="data", help="instead of --data: folder of an MLTable file")
    parser.add_argument("--description", type=Path, help="data package; the one beside this code unless given")
    parser.add_argument("--transformations", type=Path, help="learned before: apply them, learn nothing")
    parser.add_argument("--categorical-encoding", choices=ENCODINGS, help=f"default: {DEFAULT_ENCODING}")
    parser.add_argument("--eval-size", type=float, help=f"held-out share, default: {DEFAULT_EVAL_SIZE}")
    parser.add_argument("--prepared-data", type=Path, required=True, help="folder to write the rows to")
    parser.add_argument("--transformations-output", type=Path, required=True, help="folder to write them to")
    arguments = parser.parse_args()
    ranks.run("prepare", lambda: prepare(**vars(arguments)))


def prepare(
    data: Path,
    description: Path | None,
    transformations: Path | None,
    categorical_encoding: str | None,
    eval_size: float | None,
    prepared_data: Path,
    transformations_output: Path,
) -> None:
    """Read ``data``, learn transformations from its rows or apply given ones, write both outputs.

    Of few rows all are learned from, of many those of the training side. Several processes divide the rows of training
    by their keys; what each writes are the same rows that one process would write, one after the other.
    """
    if transformations is not None:
        require_one_process("Preparing rows in the order of the input")
    given = _given(transformations, categorical_encoding, eval_size)
    columns = given.columns if given else load(description or Path(__file__).with_name(FILE))
    share, paths, here = given.eval_size if given else _checked(eval_size), csv_files(data), ranks.of_step()
    size = sum(path.stat().st_size for path in paths) // here.size
    rows = table.Table(columns, share, 1 if given else 1 + size // PART_BYTES, here)
    with ranks.joined(here):
        read = filling.fill(rows, data, paths, needs_target=given is None)
    learned = given or _learn(read.tally, columns, categorical_encoding or DEFAULT_ENCODING, share)
    if here.first:
        _tell_unknown(read.tally, learned)
        learned.save(transformations_output)
    table.write(rows, learned, prepared_data, given is not None, read.tally.rows, read.labelled)
    print(f"Prepared {len(rows)} rows with {len(learned.features)} {learned.categorical_encoding} features.")


def _given(folder: Path | None, categorical_encoding: str | None, eval_size: float | None) -> Transformations | None:
    if folder is None:
        return None
    given = encoding.load(folder)
    for name, value, kept in (
        ("categorical_encoding", categorical_encoding, given.categorical_encoding),
        ("eval_size", eval_size, given.eval_size),
    ):
        if value is not None and value != kept:
            raise Refused(f"{name} is {value}, but the given transformations were learned with {kept}. Omit it.")
    print(f"Applying given transformations ({given.categorical_encoding}); nothing is learned.")
    return given


def _checked(eval_size: float | None) -> float:
    eval_size = DEFAULT_EVAL_SIZE if eval_size is None else eval_size
    if not 0.0 < eval_size < 1.0:
        raise Refused(f"eval_size is {eval_size}; it is a share of the rows, above 0 and below 1.")
    return eval_size


def _learn(tally: Tally, columns: Columns, categorical_encoding: str, eval_size: float) -> Transformations:
    training = not table.is_small(tally.rows)
    if training and not tally.training:
        raise Refused(f"None of the {tally.rows} rows falls on the training side. Give more rows.")
    categories = {
        name: encoding.order(tally.categories(name, training), columns.ordered.get(name, []))
        for name in columns.categories
    }
    for name, texts in categories.items():
        if not texts:
            raise Refused(f"Column {name} has no value in any training row, so there is nothing to learn.")
        if len(texts) > MAX_CATEGORIES:
            raise Refused(
                f"Column {name} holds {len(texts)} categories, such as {texts[-1]!r}; more than {MAX_CATEGORIES} "
                "are no categories. Check what was written there."
            )
        if stray := [text for text in texts if set(text) & set("[]<")]:
            raise Refused(f"Column {name} holds the category {stray[0]!r}. Rename it, without the signs [ ] <.")
        print(f"Learned {name}: {', '.join(texts)}")
    return Transformations(categorical_encoding, eval_size, categories, columns)


def _tell_unknown(tally: Tally, learned: Transformations) -> None:
    for name in learned.columns.categories:
        for text in encoding.order(tally.categories(name, False) - set(learned.categories[name]), []):
            count = tally.seen[name][text]
            print(f"Unknown category: {name}={text} in {count} row(s), encoded as unknown")


if __name__ == "__main__":
    main()
