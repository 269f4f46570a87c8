"""Infer what a column holds, as a field of Table Schema, and write its cells as a problem's data are written."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_CATEGORIES = 100  # the shared preparation takes no more
LISTED_CATEGORIES = 30
_EXACT_INTEGER = 2**53
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_CODE = re.compile(r"[-+]?0\d+")  # 007 is a code, and no number
_DECIMAL_COMMA = re.compile(r"[-+]?\d+(,\d+)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})*(\.\d+)?")
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d")
_TIMES = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M")
_ID_NAME = re.compile(r"(?i)(^|.*[_\W])(id|ids|uuid|guid|key|index|row|nr|no)$|.*(Id|ID)$")
_GROUP_NAME = re.compile(r"(?i).*(patient|customer|client|user|subject|household|person|member|account|session).*")


@dataclass(frozen=True)
class Inferred:
    """A column: its field, its cells as they are to be written, why no model is to see it, what was assumed."""

    field: dict[str, Any]
    cells: "pd.Series"
    unused: str | None = None
    note: str | None = None
    group: bool = False


def infer(name: str, title: str, texts: "pd.Series") -> Inferred:
    """Return what the column ``texts`` holds; ``title`` is its name as people have it."""
    present = texts[texts != ""]
    field: dict[str, Any] = {"name": name, "type": "string", **({"title": title} if title != name else {})}
    if present.empty:
        return Inferred(field, texts, "it has no value")
    distinct = present.unique()
    if (numbers := _numbers(texts, distinct)) is not None:
        return _of_numbers(field, title, *numbers)
    if (dates := _dates(texts, distinct)) is not None:
        cells, kind, note = dates
        unused = "it is the same in every row" if len(distinct) == 1 else None
        return Inferred({**field, "type": kind}, cells, unused, note)
    return _of_texts(field, title, texts, present)


def _numbers(texts: "pd.Series", distinct: Any) -> tuple["pd.Series", str | None] | None:
    """Return the cells as numbers with a point, and what was assumed; None where some are none."""
    if all(_NUMBER.fullmatch(text) for text in distinct):
        codes = any(_CODE.fullmatch(text) for text in distinct)
        huge = any(abs(float(text)) > _EXACT_INTEGER for text in distinct if text.lstrip("+-").isdigit())
        return None if codes or huge else (texts, None)
    if all(_THOUSANDS.fullmatch(text) for text in distinct):
        return texts.str.replace(",", ""), "its commas separate thousands"
    if all(_DECIMAL_COMMA.fullmatch(text) for text in distinct):
        return texts.str.replace(",", "."), "its comma is a decimal point"
    return None


def _of_numbers(field: dict[str, Any], title: str, cells: "pd.Series", note: str | None) -> Inferred:
    present = cells[cells != ""]
    values = present.astype(float)
    whole = not present.str.contains(r"[.eE]").any() or bool((values % 1 == 0).all())
    if whole:
        cells = cells.str.replace(r"\.0*$", "", regex=True)
    low, high = float(values.min()), float(values.max())
    distinct = values.nunique()
    field = {**field, "type": "integer" if whole else "number"}
    if distinct == 1:
        return Inferred(field, cells, "it is the same in every row", note)
    if whole and distinct == len(cells) and (_ID_NAME.fullmatch(title) or high - low == len(cells) - 1):
        return Inferred(field, cells, "it numbers the rows", note)
    repeated = whole and 10 < distinct < len(cells) / 1.5
    if repeated and (_ID_NAME.fullmatch(title) or _GROUP_NAME.fullmatch(title)) and distinct > LISTED_CATEGORIES:
        return Inferred(field, cells, "it says to whom a row belongs", note, group=True)
    if whole and distinct == 2:
        field["constraints"] = {"enum": sorted(int(value) for value in values.unique())}
    else:
        field["constraints"] = _with_room(low, high, whole)
    return Inferred(field, cells, None, note)


def _with_room(low: float, high: float, whole: bool) -> dict[str, float]:
    """Return limits half as wide again on each side; what is never negative stays so."""
    room = (high - low) / 2
    digits = 0 if whole or room > 10 else 3
    minimum = 0 if low >= 0 and low - room < 0 else round(low - room, digits)
    maximum = 0 if high <= 0 and high + room > 0 else round(high + room, digits)
    return {"minimum": int(minimum) if not digits else minimum, "maximum": int(maximum) if not digits else maximum}


def _dates(texts: "pd.Series", distinct: Any) -> tuple["pd.Series", str, str | None] | None:
    for formats, kind, written in ((_DATES, "date", "%Y-%m-%d"), (_TIMES, "datetime", "%Y-%m-%dT%H:%M:%S")):
        fitting = [form for form in formats if all(_is_date(text, form) for text in distinct)]
        if fitting:
            meaning = {text: datetime.strptime(text, fitting[0]).strftime(written) for text in distinct}
            plain = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")
            note = None if fitting[0] in plain else f"it was read as {datetime(2026, 1, 31, 12).strftime(fitting[0])}"
            if {"%d/%m/%Y", "%m/%d/%Y"} <= set(fitting):
                note = "its dates were read with the day first; they could have the month first"
            return texts.map({"": "", **meaning}), kind, note
    return None


def _is_date(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _of_texts(field: dict[str, Any], title: str, texts: "pd.Series", present: "pd.Series") -> Inferred:
    categories = sorted(present.unique())
    count = len(categories)
    if count == 1:
        return Inferred(field, texts, "it is the same in every row")
    named = _ID_NAME.fullmatch(title) or _GROUP_NAME.fullmatch(title)
    if named and 10 < count < len(texts) / 1.5:
        return Inferred(field, texts, "it says to whom a row belongs", group=True)
    if count > min(MAX_CATEGORIES, max(2, len(texts) / 2)):
        return Inferred(field, texts, f"it holds {count:,} different texts")
    if any(set(text) & set("[]<") for text in categories):
        return Inferred(field, texts, "its categories hold a sign that feature names may not: [ ] <")
    if count <= LISTED_CATEGORIES:
        field = {**field, "categories": categories}
    return Inferred(field, texts)
