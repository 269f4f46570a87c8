"""The first line says what is, or stays, the default, and the figures that decided."""

import pytest
from scripts.lib.telling.headlines import release_headline

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository import files

FIGURES = {
    "candidate_metrics": {"roc_auc": 0.9122, "log_loss": 0.378, "recall": 0.8},
    "champion_metrics": {"roc_auc": 0.9136, "log_loss": 0.3846},
}
TOLD = "ROC AUC 0.912 (the default has 0.914), log loss 0.378 (the default has 0.385)"


@pytest.mark.parametrize(
    ("before", "after", "variants", "line"),
    [
        ("a-1", "b-1", [{"deployment": "b-1", "promoted": True, **FIGURES}],
         f"✅ `b-1` is the default, instead of `a-1`: {TOLD}."),
        (None, "b-1", [{"deployment": "b-1", "promoted": True}], "✅ `b-1` is the default, instead of no default."),
        ("a-1", "a-1", [{"deployment": "b-1", "promoted": False, **FIGURES}],
         f"❌ `a-1` stays: the gate says no to `b-1`: {TOLD}."),
        (None, None, [{"deployment": "b-1", "promoted": False}], "❌ No default stays: the gate says no to `b-1`."),
        ("a-1", "a-1", [{"deployment": "b-1", "promoted": False, "challenger": True, "verdict": "pass"}],
         "✅ `a-1` stays the default; challengers judged: `b-1` (pass)."),
        ("a-1", "a-1", [], "✅ `a-1` is the default, as the repository declares; nothing was to be released."),
    ],
)  # fmt: skip
def test_headline(before, after, variants, line):
    assert release_headline(before, after, variants) == line


@pytest.mark.parametrize(
    ("text", "variants", "serves"),
    [
        ("variant: b\n", ["a", "b"], "b"),
        (None, ["a"], "a"),
        (None, ["a", "b"], None),
        ("variant: c\n", ["a", "b"], None),
        ("serves: a\n", ["a", "b"], None),
    ],
)
def test_the_variant_that_serves_is_declared(text, variants, serves, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOT", tmp_path)
    endpoint = tmp_path / "endpoints" / "e"
    (endpoint / "deployments").mkdir(parents=True)
    (endpoint / "endpoint.yml").touch()
    for name in variants:
        (endpoint / "deployments" / f"{name}.yml").touch()
    if text:
        (endpoint / "serving.yml").write_text(text)
    if serves:
        assert files.serving_variant("e") == serves
        return
    with pytest.raises(BadConfiguration, match="must declare"):
        files.serving_variant("e")


def test_a_rehearsal_says_what_would_be():
    judged = {"deployment": "b-1", "promoted": True}
    assert release_headline("a-1", "b-1", [judged], True) == (
        "✅ `b-1` would be the default after a merge, instead of `a-1`."
    )
    refused = release_headline("a-1", "a-1", [{**judged, "promoted": False}], True)
    assert refused == "❌ `a-1` would stay the default: the gate says no to `b-1`."
    assert release_headline("a-1", "a-1", [], True, True).endswith("was retrained on the new data.")
