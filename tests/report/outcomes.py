"""A report of every outcome, which tests of pages, terminals and documents share."""

from scripts.lib.report.judgement import not_judged
from tests.report.worlds import CANDIDATE, CHAMPION, binary, data, document, multiclass, regression

FINDING = {
    "file": "heart.csv",
    "column": "age",
    "rule": "range",
    "expected": "Ages lie between 18 and 120.",
    "found": "2 of 303 rows (0.66 %) against it",
    "examples": ["line 249: 1", "line 250: '<b>x</b>'"],
}


def every_report():
    """Return the reports by name."""
    passed = binary(promoted=True)
    return {
        "pass": document("promoted", f"{CANDIDATE} is the default, instead of {CHAMPION}.", [passed]),
        "no": document(
            "refused", f"{CHAMPION} stays: the gate says no to {CANDIDATE}.", [binary(blur=3.5, promoted=False)],
            default=CHAMPION,
        ),
        "inconclusive": document(
            "inconclusive", f"{CHAMPION} stays: the gate cannot decide on {CANDIDATE}.",
            [binary(skill=0.75, blur=0.55, promoted=False)], default=CHAMPION,
        ),
        "two": document(
            "promoted", f"{CANDIDATE} is the default.",
            [binary(first=True, candidate=CHAMPION, promoted=True), binary(promoted=True)],
        ),
        "rejected": document(
            "rejected", "The data was rejected; nothing was trained on it.", [], "validation", CHAMPION,
            section=data([FINDING]),
        ),
        "first": document(
            "promoted", f"{CANDIDATE} is the default, instead of no default.", [binary(first=True, promoted=True)],
            before=None, section=data(champion=False),
        ),
        "refused": document(
            "refused", f"{CHAMPION} stays: {CANDIDATE} cannot be judged.",
            [not_judged("onehot", CANDIDATE, CHAMPION, f"{CANDIDATE} delivers no model [no-model].")], default=CHAMPION,
        ),
        "multiclass": document("promoted", f"{CANDIDATE} is the default.", [multiclass()]),
        "regression": document("kept", f"{CANDIDATE} would be the default.", [regression()], "rehearsal"),
    }  # fmt: skip
