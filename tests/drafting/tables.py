"""Tables as people have them: how each is written, and what is to become of it."""

import io
import random

ROWS = 240


def rows(count=ROWS, seed=1):
    """Return plain rows: a number, a decimal number, a word, and whether a customer left, which depends on them."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        age, income, plan = draw.randrange(18, 80), round(draw.uniform(900, 9000), 2), draw.choice(["basic", "gold"])
        leaves = draw.random() < 0.15 + 0.5 * (plan == "basic") + 0.2 * (age < 40)
        made.append([str(age), f"{income:.2f}", plan, "yes" if leaves else "no"])
    return made


HEADER = ["age", "income", "plan", "left"]


def text(table=None, header=HEADER, sign=",", end="\n"):
    """Return the text of a file."""
    lines = [header, *(rows() if table is None else table)]
    return end.join(sign.join(line) for line in lines) + end


def with_column(name, cells, place=0):
    """Return the text of a file with a further column."""
    table = [[*row[:place], cell, *row[place:]] for row, cell in zip(rows(), cells, strict=True)]
    return text(table, [*HEADER[:place], name, *HEADER[place:]])


def each(cell):
    """Return a cell for each row, from its number."""
    return [cell(number) for number in range(ROWS)]


def mapped(place, change):
    """Return rows whose cell at ``place`` is changed."""
    return [[*row[:place], change(row[place]), *row[place + 1 :]] for row in rows()]


def wide(columns):
    """Return the text of a file with many columns of numbers."""
    draw = random.Random(3)
    head = [f"c{number}" for number in range(columns)]
    table = [[*row, *(f"{draw.gauss(0, 1):.3f}" for _ in head)] for row in rows()]
    return text(table, [*HEADER, *head])


def quoted_number(cell):
    """Return a number with a comma between thousands, in quotes."""
    return f'"{float(cell):,.2f}"'


def workbook():
    """Return the first bytes of a workbook."""
    return b"PK\x03\x04" + bytes(100)


def parquet(tmp_path):
    """Return the bytes of a Parquet file with numbers, a date and a missing value."""
    import pandas as pd

    frame = pd.read_csv(io.StringIO(text()))
    frame["since"] = pd.date_range("2020-01-01", periods=len(frame), freq="D")
    frame.loc[3, "age"] = None
    path = tmp_path / "made.parquet"
    frame.to_parquet(path, engine="fastparquet")
    return path.read_bytes()
