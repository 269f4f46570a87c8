"""The document has a schema, and everything that shows it shows the same numbers."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest

from scripts.lib.report.card import model_card
from scripts.lib.report.closing import closing_text
from scripts.lib.report.document import SCHEMA, Stage, as_json
from scripts.lib.report.html import report_page
from scripts.lib.report.judgement import importance_change
from scripts.lib.report.rules import shown_rule
from scripts.lib.report.text import bar, judgement_markdown, judgement_text, report_markdown
from scripts.lib.telling.inert import inert
from tests.evidence.samples import GOOD
from tests.report.outcomes import every_report
from tests.report.schema import schema
from tests.report.worlds import binary, data, document

REPORTS = every_report()


class Rows(HTMLParser):
    """The text of each element that is marked as a rule or a metric, by its name; and all text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text, self._name, self._depth = {}, [], None, 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if name := given.get("data-rule") or given.get("data-metric"):
            self._name, self._depth = name, 0
            self.found.setdefault(name, [])
        if self._name and tag != "br":
            self._depth += 1

    def handle_startendtag(self, tag, attributes):
        pass  # the parts of a picture

    def handle_endtag(self, tag):
        if self._name:
            self._depth -= 1
            if self._depth == 0:
                self._name = None

    def handle_data(self, text):
        self.text.append(text)
        if self._name and text.strip():
            self.found[self._name].append(text.strip())


def test_the_schema_is_that_of_the_types():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema(), "run python -m tests.report.schema"


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_keeps_the_schema(name):
    assert json.loads(as_json(REPORTS[name]))["schema_version"] == 1


@pytest.mark.parametrize("wrong", [{"result": "perhaps"}, {"headline": None}, {"created": 3}, {"judgements": None}])
def test_a_document_that_breaks_the_schema_is_not_written(wrong):
    with pytest.raises(ValueError, match="no valid report"):
        as_json(dataclasses.replace(REPORTS["pass"], **wrong))


@pytest.mark.parametrize("name", [name for name, report in REPORTS.items() if report.judgements])
def test_page_comment_summary_and_terminal_have_the_same_numbers(name):
    report = REPORTS[name]
    page, markdown = Rows(report_page(report)), report_markdown(report)
    comment = report_markdown(report, folded=False)
    for one in report.judgements:
        table, summed, commented = judgement_text(one, 200), judgement_markdown(one), judgement_markdown(one, False)
        assert summed in markdown
        assert commented in comment
        for rule in one.rules:
            numbers = [text for text in (rule.number, rule.interval, rule.limit) if text]
            assert [text for text in page.found[f"{one.candidate} {rule.rule}"] if text in numbers] == numbers
            escaped = rule.rule.replace("_", r"\_")
            for text in (summed, commented):
                row = next(line for line in text.splitlines() if f"| {escaped} |" in line)
                assert [cell.strip() for cell in row.split("|")][4:7] == [rule.number, rule.interval, rule.limit]
                assert bar(rule) in row
            line = next(line for line in table.splitlines() if f" {rule.rule} " in line)
            assert line.split(bar(rule))[1].split() == " ".join(numbers).split()
        for metric in one.metrics:
            assert metric.candidate in page.found[f"{one.candidate} {metric.name}"]
            assert f"| {metric.title} | {metric.candidate} | {metric.champion} | {metric.difference} |" in summed
    assert report.headline in " ".join(page.text)
    assert report.headline in closing_text(report)
    assert report.headline in markdown.replace("`", "")


def test_an_interval_is_drawn_on_the_side_on_which_it_lies():
    for rule in binary(blur=3.5).rules:
        picture = rule.picture
        if rule.kind in ("self_report", "minimum_rows") or picture is None:
            continue
        sure = picture.lower > 0.5 if rule.outcome == "pass" else picture.upper < 0.5
        assert sure == (rule.outcome != "inconclusive"), rule.rule
        assert picture.lower <= picture.number <= picture.upper
        assert len(bar(rule)) == 17


def test_text_of_others_stays_text():
    evil = "<script>alert(1)</script> [x](https://evil.example) @all"
    section = dataclasses.replace(data(), description=evil)
    report = document("kept", "Kept.", [binary(sentence=evil)], section=section)
    assert "<script>alert" not in report_page(report)
    assert "(https://evil" not in report_markdown(report).split("### Data")[1]


def test_no_text_is_python():
    for report in REPORTS.values():
        said = " ".join([*Rows(report_page(report)).text, report_markdown(report), closing_text(report)])
        assert not re.search(r"\bNone\b|\b(True|False)\b(?! positive)|\bnan\b|\[\]|\{\}", said)


def test_a_card_has_the_usual_headings_and_the_numbers_of_the_evidence():
    card = model_card(GOOD)
    headings = ["Model details", "Metrics", "Quantitative analyses", "Evaluation data", "Training data", "Evidence"]
    assert [line[3:] for line in card.splitlines() if line.startswith("## ") and line[3:] in headings] == headings
    assert GOOD["candidate"]["delivered"]["model_digest"] in card
    assert f"{GOOD['candidate']['metrics']['roc_auc']:.4f}" in card
    for rule in (shown_rule(rule, GOOD["verdict"]["metrics"]) for rule in GOOD["verdict"]["rules"]):
        assert f"| {rule.number} | {rule.interval} | {rule.limit} |" in card
    assert "None" not in card


def test_what_changed_in_the_importance_is_told_by_columns():
    """Of both models: ``cp`` is one column, whatever features were made of it."""
    one = binary()
    told = importance_change(one.importance)
    assert told == "From champion to candidate: oldpeak 20.7 → 27.2 %, thalach 20.2 → 14.6 %, age 15.9 → 20.3 %."
    assert inert(told) in judgement_markdown(one)
    assert told in "".join(Rows(report_page(document("kept", "Kept.", [one]))).text)
    assert importance_change(binary(first=True).importance) == ""
    same = [dataclasses.replace(each, champion=each.candidate) for each in one.importance]
    assert importance_change(same) == ""


def test_the_end_of_a_story_breaks_no_name_and_no_command():
    name = "deeper-trees-a5a63ad2e2"
    stages = (Stage("Make deeper-trees the default", 0.7, f"default: none → {name}, read back"),)
    report = dataclasses.replace(REPORTS["pass"], stages=stages)
    text = closing_text(report, 60)
    assert name in text
    assert all(entry.value in text.splitlines()[-1 - 2 * place] for place, entry in enumerate(report.commands[::-1]))
    assert max(len(line) for line in text.split("\n\n")[0].splitlines()) <= 60
