"""The suite accepts good data; for bad data it names file, column, rule and rows, one test for each rule's no."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scripts.lib.data.canonical import header
from scripts.lib.data.findings import finding
from scripts.lib.data.inspection import inspect
from scripts.lib.data.source import resolve
from scripts.lib.data.table import read_table
from scripts.lib.data.validation import validate
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import find_problem

PROBLEM = find_problem("heart-disease")
COLUMNS, HEADER = PROBLEM.columns, header(PROBLEM)


@pytest.fixture
def findings_of(tmp_path, suite):
    """Return a function from lines of a CSV file to what is found about it."""

    def judged(lines):
        file = tmp_path / "heart.csv"
        file.write_text("\n".join(lines) + "\n")
        table = read_table(inspect(file, PROBLEM), PROBLEM)
        return [
            finding(file.name, result, table)
            for result in suite.validate(table, ("file", "folder"))
            if not result.success
        ]

    return judged


def with_cell(lines, line, column, value):
    fields = lines[line - 1].split(",")
    fields[COLUMNS.index(column)] = value
    return [*lines[: line - 1], ",".join(fields), *lines[line:]]


def check(data, tmp_path):
    return validate(resolve(data, tmp_path / "work", PROBLEM), tmp_path / "out", PROBLEM)


def test_the_real_cleveland_file_is_accepted_as_it_is(tmp_path, cleveland):
    report = check(cleveland, tmp_path)
    report.require_accepted()
    assert report.findings == ()
    assert report.as_result()["accepted"] is True
    assert "accepted" in report.summary()


def test_the_sample_is_accepted(tmp_path, sample):
    check(sample, tmp_path).require_accepted()


def test_the_hungarian_file_is_rejected_for_its_empty_columns(tmp_path, hungarian):
    report = check(hungarian, tmp_path)
    assert [(finding.column, finding.rule) for finding in report.findings] == [
        ("slope", "missing"),
        ("ca", "missing"),
        ("thal", "missing"),
    ]
    assert "291 of 294 rows" in report.findings[1].found
    assert report.findings[1].examples[0] == "line 1"
    with pytest.raises(DataRejected, match="column ca, missing"):
        report.require_accepted()


def test_the_copy_of_the_article_is_rejected_for_its_undocumented_codes(tmp_path, article_copy):
    cp, thal = check(article_copy, tmp_path).findings
    assert (cp.file, cp.column, cp.rule) == ("heart.csv", "cp", "categories")
    assert cp.examples == ("line 249: 0", "line 250: 0", "line 252: 0", "line 253: 0")
    assert (thal.file, thal.column, thal.rule) == ("heart.csv", "thal", "categories")
    assert thal.examples == ("line 249: '1'", "line 254: '2'")


@pytest.mark.parametrize(
    ("column", "value", "rules"),
    [
        ("age", "abc", ["type"]),
        ("age", "inf", ["range"]),
        ("age", "", ["missing"]),
        ("trestbps", "0", ["range"]),
        ("chol", "12000", ["range"]),
        ("thalach", "-9", ["range"]),
        ("oldpeak", "NA", ["type"]),
        ("sex", "2", ["categories"]),
        ("sex", "male", ["type", "categories"]),
        ("cp", "0", ["categories"]),
        ("fbs", "True", ["type", "categories"]),
        ("restecg", "3", ["categories"]),
        ("exang", "0.5", ["categories"]),
        ("slope", "0", ["categories"]),
        ("ca", "4", ["categories"]),
        ("thal", "Normal", ["categories"]),
        ("thal", "3", ["categories"]),
        ("target", "2", ["categories"]),
        ("target", "?", ["missing"]),
    ],
)
def test_one_bad_cell_is_named(findings_of, sample_lines, column, value, rules):
    found = findings_of(with_cell(sample_lines, 42, column, value))
    assert [(finding.file, finding.column, finding.rule) for finding in found] == [
        ("heart.csv", column, rule) for rule in rules
    ]
    for bad in found:
        assert "1 of 300 rows" in bad.found
        assert len(bad.examples) == 1
        assert bad.examples[0].startswith("line 42")


codes = {"sex": "01", "cp": "1234", "fbs": "01", "restecg": "012", "exang": "01", "slope": "123", "ca": "0123"}
documented = st.sampled_from([(column, code) for column, known in codes.items() for code in known])
nonsense = st.one_of(
    st.text("abcxyzäß€", min_size=1, max_size=6),
    st.integers(10_000, 10**25).map(str),
    st.integers(-(10**25), -100).map(str),
)


# A judgement takes most of a second, so a failing example is shown as found, not made smaller.
judged_slowly = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.slow
@settings(judged_slowly, max_examples=12)
@given(line=st.integers(2, 301), column=st.sampled_from(COLUMNS), value=nonsense)
def test_any_nonsense_in_any_cell_is_named(findings_of, sample_lines, line, column, value):
    found = findings_of(with_cell(sample_lines, line, column, value))
    assert {(finding.file, finding.column) for finding in found} == {("heart.csv", column)}
    assert {finding.rule for finding in found} <= {"type", "range", "categories", "label balance"}
    assert any(example.startswith(f"line {line}:") for bad in found for example in bad.examples)


@pytest.mark.slow
@settings(judged_slowly, max_examples=6)
@given(line=st.integers(2, 301), cell=documented)
def test_any_documented_code_in_any_row_is_accepted(findings_of, sample_lines, line, cell):
    assert findings_of(with_cell(sample_lines, line, *cell)) == []


def test_a_share_of_missing_values_above_the_limit_is_named(findings_of, sample_lines):
    lines = sample_lines
    for line in range(2, 33):
        lines = with_cell(lines, line, "trestbps", "?")
    (missing,) = findings_of(lines)
    assert (missing.column, missing.rule) == ("trestbps", "missing")
    assert "31 of 300 rows (10.3 %)" in missing.found


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace("target", "num"),
        HEADER.replace("age,sex", "sex,age"),
        HEADER.upper(),
        HEADER.replace("age", "sex"),
        HEADER.replace(",", ";"),
    ],
)
def test_a_wrong_header_is_shown(findings_of, sample_lines, header):
    found = findings_of([header, *(line.replace(",", ";") if ";" in header else line for line in sample_lines[1:])])
    (columns,) = [finding for finding in found if finding.rule == "columns"]
    assert header.split(",")[-1].split(";")[-1] in columns.found
    assert all("could not be checked" not in bad.found for bad in found)


def test_too_few_rows_are_named(findings_of, sample_lines):
    (rows,) = findings_of(sample_lines[:100])
    assert (rows.column, rows.rule, rows.found) == (None, "row count", "99")


@pytest.mark.parametrize(("label", "share"), [("0", "0"), ("1", "1")])
def test_a_single_class_is_named(findings_of, sample_lines, label, share):
    (balance,) = findings_of([HEADER, *(line[:-1] + label for line in sample_lines[1:])])
    assert (balance.column, balance.rule, balance.found) == ("target", "label balance", share)


def test_copied_rows_are_named_with_their_originals(findings_of, sample_lines):
    (copies,) = findings_of([*sample_lines, *sample_lines[10:30]])
    assert (copies.column, copies.rule) == (None, "duplicates")
    assert "40 of 320 rows" in copies.found
    assert copies.examples[0] == "line 11 = line 302"


def test_every_file_of_a_folder_is_judged_and_all_together(tmp_path, sample, sample_lines):
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(sample, data / "a.csv")
    (data / "b.csv").write_text("\n".join(with_cell(sample_lines, 7, "age", "500")) + "\n")
    age, copies = check(data, tmp_path).findings
    assert (age.file, age.column, age.examples) == ("b.csv", "age", ("line 7: 500",))
    assert (copies.file, copies.rule) == ("all files", "duplicates")
    assert copies.examples[0] == "a.csv line 2 = b.csv line 2"


@pytest.mark.slow
def test_small_parts_of_a_large_whole_are_accepted(tmp_path, sample_lines):
    data = tmp_path / "data"
    data.mkdir()
    for part in range(6):
        rows = sample_lines[1 + 50 * part : 51 + 50 * part]
        (data / f"part{part}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    check(data, tmp_path).require_accepted()


def test_what_is_written_agrees_with_what_is_reported(tmp_path, article_copy):
    report = check(article_copy, tmp_path)
    written = json.loads(report.result_file.read_text())
    results = written.pop("results")
    assert written == json.loads(json.dumps(report.as_document()))
    failed = [result for result in results["heart.csv"] if not result["success"]]
    assert len(results["heart.csv"]) == report.rules
    assert [result["expectation_config"]["kwargs"]["column"] for result in failed] == ["cp", "thal"]
