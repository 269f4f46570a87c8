"""Every kind of table that people have ends in a sensible draft, or in one clear refusal."""

import pytest
from tables import HEADER, each, mapped, parquet, quoted_number, rows, text, wide, with_column, workbook

from scripts.lib.drafting.draft import draft_problem
from scripts.lib.errors import BadConfiguration, ReleaseError

PLAIN = {"age": "integer", "income": "number", "plan": "string", "left": "string"}
DAYS = each(lambda n: f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}")
NAMES_ALONE = "key,left\n" + "".join(f"k{n}x,{'yes' if n % 2 else 'no'}\n" for n in range(240))
# What the table holds, beside what the description needs: further types, columns that no model sees, words of a note.
DRAFTS = {
    "plain": (text(), {}, [], ""),
    "semicolons and decimal commas": (
        text(mapped(1, lambda cell: cell.replace(".", ",")), sign=";"),
        {},
        [],
        "income: its comma is a decimal point",
    ),
    "tabs": (text(sign="\t"), {}, [], "by a tab"),
    "pipes": (text(sign="|"), {}, [], "by '|'"),
    "a byte order mark": ("\ufeff" + text(), {}, [], ""),
    "UTF-16": (text().encode("utf-16"), {}, [], "read as utf-16"),
    "latin-1": (text(mapped(2, lambda cell: cell.replace("o", "ö"))).encode("latin-1"), {}, [], "is not UTF-8"),
    "Windows line ends": (text(end="\r\n"), {}, [], ""),
    "every cell in quotes": (text([[f'"{cell}"' for cell in row] for row in rows()]), {}, [], ""),
    "thousands with commas": (text(mapped(1, quoted_number)), {}, [], "commas separate thousands"),
    "an unnamed index": (with_column("", each(str)), {}, [], "numbers the rows"),
    "an index from pandas": (with_column("Unnamed: 0", each(str)), {}, [], "numbers the rows"),
    "an id of numbers": (with_column("customer_id", each(lambda n: str(70_000 + 7 * n))), {}, ["customer_id"], ""),
    "an id of texts": (with_column("key", each(lambda n: f"k{n * n}")), {}, ["key"], "different texts"),
    "ISO dates": (with_column("since", DAYS), {"since": "date"}, [], ""),
    "German dates": (
        with_column("since", each(lambda n: f"{n % 28 + 1:02}.{n % 12 + 1:02}.2024")),
        {"since": "date"},
        [],
        "since: it was read as 31.01.2026",
    ),
    "dates with either order": (
        with_column("since", each(lambda n: f"{n % 12 + 1:02}/{n % 11 + 1:02}/2024")),
        {"since": "date"},
        [],
        "could have the month first",
    ),
    "times": (with_column("at", each(lambda n: f"2024-01-0{n % 9 + 1} 1{n % 10}:30:00")), {"at": "datetime"}, [], ""),
    "booleans in words": (with_column("member", each(lambda n: str(n % 2 == 0))), {"member": "string"}, [], ""),
    "booleans in digits": (with_column("member", each(lambda n: str(n % 2))), {"member": "integer"}, [], ""),
    "huge integers": (with_column("account", each(lambda n: str(10**19 + n))), {"account": "string"}, ["account"], ""),
    "codes with zeros in front": (with_column("zip", each(lambda n: f"0{n % 5}1")), {"zip": "string"}, [], ""),
    "many spellings of missing": (
        with_column("debt", each(lambda n: ["NA", "null", "-", "n/a", "NaN", "?", ""][n % 7] if n % 3 else str(n))),
        {"debt": "integer"},
        [],
        "",
    ),
    "blank lines at the end": (text() + "\n\n,,,\n\n", {}, [], "1 lines without any value"),
    "spaces around cells": (text([[f" {cell} " for cell in row] for row in rows()]), {}, [], ""),
    "a constant column": (with_column("country", each(lambda n: "DE")), {}, ["country"], "same in every row"),
    "a column without any value": (with_column("fax", each(lambda n: "NA")), {}, ["fax"], "it has no value"),
    "a thousand columns": (wide(1_000), {}, [], ""),
    "long text": (
        with_column("letter", each(lambda n: f"Dear Sir {n} " + "word " * 400)),
        {},
        ["letter"],
        "different texts",
    ),
    "names with odd signs": (
        text(header=["age (years)", "income [$]", "plan", "left"]),
        {"age_years": "integer", "income": "number"},
        [],
        "Columns are renamed: age (years) → age_years",
    ),
    "rows without a target": (text([*rows(), ["20", "1.5", "gold", ""]]), {}, [], "1 rows have no left"),
    "a group": (
        with_column("patient", each(lambda n: f"p{n // 4}")),
        {"patient": "string"},
        [],
        "Rows with the same patient stay together",
    ),
}
REFUSALS = {
    "nothing": ("", "is empty"),
    "a header alone": (",".join(HEADER) + "\n", "a header and no rows"),
    "two columns of one name": (text(header=["age", "age", "plan", "left"]), "more than one column named age"),
    "no header": (text(header=["61", "3000.5", "1", "0"]), "has no header"),
    "a single column": ("left\n" + "yes\nno\n" * 200, "has a single column"),
    "lines of other lengths": (text() + "1,2,3,4,5,6,7\n", "not a table of equally long rows"),
    "a workbook": (workbook(), "is a workbook or an archive"),
    "gzip": (b"\x1f\x8b" + bytes(50), "is compressed"),
    "an image": (bytes(range(256)) * 4, "is no text"),
    "few rows": (text(rows(60)), "60 rows with a value of left; 100 are the least"),
    "the same target everywhere": (text(mapped(3, lambda cell: "no")), "the same in every row"),
    "a target of names": (text([[*row[:3], f"n{n}"] for n, row in enumerate(rows())]), "more than 30 are no classes"),
    "a rare class": (text([*rows(), *[["20", "1.5", "gold", "perhaps"]] * 3]), r"perhaps \(3 rows\)"),
    "no column left": (NAMES_ALONE, "No column is left"),
}


def drafted(tmp_path, content, target="left", **options):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return draft_problem("churn", path, target, **options)


def types_of(draft):
    return {field["name"]: field["type"] for field in draft.resource["schema"]["fields"]}


@pytest.mark.parametrize(("content", "types", "unused", "note"), DRAFTS.values(), ids=DRAFTS)
def test_a_table_becomes_a_draft(tmp_path, content, types, unused, note):
    draft = drafted(tmp_path, content)
    found = types_of(draft)
    if "age_years" not in types:
        assert {name: found[name] for name in PLAIN} == PLAIN
    assert {name: found[name] for name in types} == types
    assert draft.resource.get("unused", []) == unused
    assert note in " ".join(draft.notes)
    assert (draft.target.task, draft.target.classes) == ("binary", ("no", "yes"))
    assert len(draft.table) == 240
    assert draft.table["income"].astype(float).between(900, 9000).all()


@pytest.mark.parametrize(("content", "message"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_no_problem_is_refused_in_one_message(tmp_path, content, message):
    with pytest.raises(ReleaseError, match=message):
        drafted(tmp_path, content)


def test_parquet_is_read_with_its_types(tmp_path):
    draft = drafted(tmp_path, parquet(tmp_path))
    assert types_of(draft) == {**PLAIN, "since": "date"}
    assert draft.table["age"][3] == ""
    assert draft.table["age"].str.contains(".", regex=False).sum() == 0


def test_there_are_at_least_25_kinds():
    assert len(DRAFTS) + len(REFUSALS) >= 25


@pytest.mark.parametrize(
    ("target", "task", "expected"),
    [("income", None, "regression"), ("plan", None, "binary"), ("age", "regression", "regression")],
)
def test_the_task_follows_from_the_target(tmp_path, target, task, expected):
    assert drafted(tmp_path, text(), target, task=task).target.task == expected


def test_several_classes_are_told_from_a_number(tmp_path):
    content = with_column("grade", each(lambda n: "ABC"[n % 3]))
    draft = drafted(tmp_path, content, "grade")
    assert (draft.target.task, draft.target.classes) == ("multiclass", ("A", "B", "C"))


@pytest.mark.parametrize("name", ["Churn", "a", "1st", "with_underscore", "x" * 20, "two--hyphens", "../up"])
def test_a_name_that_no_endpoint_could_have_is_refused(tmp_path, name):
    with pytest.raises(BadConfiguration, match="cannot be the name of an endpoint"):
        draft_problem(name, tmp_path / "table.csv", "left")


def test_an_unknown_target_lists_the_columns(tmp_path):
    with pytest.raises(BadConfiguration, match="no column 'churned'; it has: age, income, plan, left"):
        drafted(tmp_path, text(), "churned")


def test_regression_needs_numbers(tmp_path):
    with pytest.raises(ReleaseError, match="holds texts, such as"):
        drafted(tmp_path, text(), "plan", task="regression")
