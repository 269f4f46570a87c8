"""The versioned suite says something on every column, in words, with rules that Great Expectations knows."""

import json

from scripts.lib.data.canonical import COLUMNS, TEXT_COLUMNS, THAL_WORDS
from scripts.lib.data.expectations import SUITE_FILE

SUITE = json.loads(SUITE_FILE.read_text())
RULES = SUITE["expectations"]


def rules_on(column):
    return {rule["meta"]["rule"]: rule["kwargs"] for rule in RULES if rule["kwargs"].get("column") == column}


def test_every_column_has_type_values_and_missing_share():
    for column in COLUMNS:
        rules = rules_on(column)
        assert {"type", "missing"} <= rules.keys()
        assert ("range" in rules) != ("categories" in rules)


def test_the_columns_are_the_canonical_ones():
    header, duplicates = (
        next(rule["kwargs"]["column_list"] for rule in RULES if rule["meta"]["rule"] == name)
        for name in ("columns", "duplicates")
    )
    assert tuple(header) == tuple(duplicates) == COLUMNS
    assert sorted(rules_on("thal")["categories"]["value_set"]) == sorted(THAL_WORDS.values())
    assert {column for column in COLUMNS if "str" in rules_on(column)["type"]["type_list"]} == TEXT_COLUMNS


def test_every_rule_has_words_and_a_known_scope():
    for rule in RULES:
        assert rule["description"].endswith(".")
        assert rule["meta"]["scope"] in ("file", "folder")


def test_great_expectations_loads_the_file_as_it_is(suite):
    import great_expectations as gx

    loaded = gx.ExpectationSuite(**SUITE)
    assert len(loaded.expectations) == len(RULES)
