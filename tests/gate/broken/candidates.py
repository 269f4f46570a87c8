"""The edits that break a candidate, with the words in which the line must name what is wrong.

Each edit replaces text in one file of the candidate's components. ``named`` is a regular expression that must be found
in what the evaluation says; None where the edit leaves what is delivered sound, so that a promotion is right.
"""

from dataclasses import dataclass

# ruff: noqa: E501 (an edit stands on one line, as the code that it replaces)

TRAIN, PREPARE = "components/shared/protocol.py", "components/prepare/prepare.py"
TABLE, ENCODING = "components/prepare/table.py", "components/prepare/encoding.py"
BOOSTING, MLMODEL = "components/train_xgb/boosting.py", "components/shared/mlmodel.py"
FIT = '    booster = fit(rows, learned, "the split")\n'
SAVE = "    mlmodel.save(booster, model, len(rows.score_columns))\n"
SCORES = "    scores = judging.rounded(rows.task, scores)\n"
SORT = "            return records if keep_order else"
WRITE = "        features.tofile(file)\n"
# True where given transformations are applied, as in scoring.
SCORING = '("--transformations" in __import__("sys").argv)'
WORSE = r"(floor|ceiling|non_inferiority|reference)\s+fail|breaks .*(floor|ceiling|non_inferiority)"
NOT_PROMOTED = r"fail|inconclusive"


@dataclass(frozen=True)
class Broken:
    """One edit: ``old`` becomes ``new`` in ``file``; ``first`` says whether a first release must refuse it, too."""

    name: str
    file: str
    old: str
    new: str
    named: str | None
    first: bool = True
    quick: bool = False


BROKEN = [
    Broken("no model is written", TRAIN, SAVE, "", r"\[no-model\]"),
    Broken(
        "the model is a README",
        TRAIN,
        SAVE,
        '    (model / "README.md").write_text("soon")\n',
        r"\[no-model\]",
    ),
    Broken(
        "the model file is truncated",
        TRAIN,
        SAVE,
        SAVE + '    path = model / "model.ubj"\n    path.write_bytes(path.read_bytes()[:2000])\n',
        r"\[model-not-loadable\]",
    ),
    Broken("one tree is saved instead of a hundred", TRAIN, SAVE, "    mlmodel.save(booster[:1], model)\n", WORSE),
    Broken(
        "the saved model is fitted on 1 - target",
        TRAIN,
        FIT,
        '    rows.rows["target"] = 1 - rows.rows["target"]\n'
        + FIT
        + '    rows.rows["target"] = 1 - rows.rows["target"]\n',
        WORSE,
        quick=True,
    ),
    Broken(
        "the saved model is fitted on shuffled labels",
        TRAIN,
        FIT,
        '    kept = rows.rows["target"].copy()\n    np.random.default_rng(0).shuffle(rows.rows["target"])\n'
        + FIT
        + '    rows.rows["target"] = kept\n',
        WORSE,
    ),
    Broken(
        "only the model of all rows is wrong",
        TRAIN,
        FIT,
        "    every_row = len(rows.rows) > 290\n"
        '    rows.rows["target"] ^= every_row\n' + FIT + '    rows.rows["target"] ^= every_row\n',
        r"delivered\.(roc_auc|brier)",
        quick=True,
    ),
    Broken(
        "labels are shifted by one row",
        TRAIN,
        FIT,
        '    rows.rows["target"] = np.roll(rows.rows["target"], 1)\n' + FIT,
        WORSE + "|train refused",
    ),
    Broken(
        "it learns from twenty rows", TRAIN, FIT, "    learned = learned[::15]\n" + FIT, r"\[constant-scores\]|" + WORSE
    ),
    Broken(
        "the model says the same of every row",
        TRAIN,
        SAVE,
        "    import xgboost\n"
        '    booster = xgboost.train({"objective": "binary:logistic", "base_score": 0.4}, '
        "xgboost.DMatrix(np.zeros((2, len(rows.names))), [0, 1], feature_names=rows.names), 0)\n" + SAVE,
        r"\[constant-scores\]",
    ),
    Broken(
        "probabilities are far too high",
        BOOSTING,
        '[{_logistic(intercept):.9E}]"',
        '[{_logistic(intercept + 2.5):.9E}]"',
        WORSE,
    ),
    Broken(
        "probabilities are overconfident",
        BOOSTING,
        "\nLARGE: dict[str, Any] =",
        '\nSMALL |= {"eta": 1.5, "max_depth": 9}\nLARGE: dict[str, Any] =',
        WORSE,
    ),
    Broken(
        "the model has other feature names",
        TRAIN,
        SAVE,
        '    booster.feature_names = [f"f{place}" for place in range(len(rows.names))]\n' + SAVE,
        r"\[feature-names-disagree\]",
    ),
    Broken(
        "the model brings a pickle",
        TRAIN,
        SAVE,
        SAVE + '    (model / "model.pkl").write_bytes(b"\\x80\\x04N.")\n',
        r"\[model-format-refused\]",
    ),
    Broken(
        "the model is loaded by code of its own",
        MLMODEL,
        '"loader_module": "mlflow.xgboost"',
        '"loader_module": "my_loader"',
        r"\[model-format-refused\]",
    ),
    Broken(
        "published transformations are other than those used",
        PREPARE,
        "    learned.save(transformations_output)\n",
        "    other = {name: texts[::-1] for name, texts in learned.categories.items()}\n"
        "    Transformations(learned.categorical_encoding, learned.eval_size, other, columns).save(transformations_output)\n",
        r"\[feature-names-disagree\]|" + WORSE,
    ),
    Broken(
        "transformations are not published",
        PREPARE,
        "    learned.save(transformations_output)\n",
        "    transformations_output.mkdir(parents=True, exist_ok=True)\n",
        r"\[(not-scorable|no-transformations)\]",
    ),
    Broken(
        "transformations need the target",
        PREPARE,
        "needs_target=given is None",
        "needs_target=True",
        r"\[not-scorable\]",
        quick=True,
    ),
    Broken(
        "columns are in another order in scoring",
        TABLE,
        WRITE,
        f"        numbers = features[:, : len(columns.numeric)]\n        numbers[:] = numbers[:, :: -1 if {SCORING} else 1].copy()\n"
        + WRITE,
        WORSE,
        # Its scores, as they are, are good enough for the floors alone.
        first=False,
    ),
    Broken(
        "rows are in another order in scoring",
        TABLE,
        SORT,
        "            return records[np.argsort(records['key'])] if keep_order else",
        WORSE,
    ),
    Broken(
        "a row is lost in scoring",
        TABLE,
        "        return self.tally.rows\n",
        f"        return self.tally.rows - {SCORING}\n",
        r"\[row-count-disagrees\]|\[not-scorable\]",
    ),
    Broken(
        "every category is unknown in scoring",
        TABLE,
        "tables = {name: learned.table(name, texts[name]) for name in columns.categories}",
        f"tables = {{name: learned.table(name, ['?'] * len(texts[name]) if {SCORING} else texts[name]) "
        "for name in columns.categories}",
        WORSE,
    ),
    Broken(
        "a missing value is a number in scoring",
        TABLE,
        WRITE,
        f"        features = np.nan_to_num(features, nan=-9.0) if {SCORING} else features\n" + WRITE,
        None,
    ),
    Broken(
        "features are rounded in scoring",
        TABLE,
        WRITE,
        f"        features = np.round(features, 0 if {SCORING} else 6)\n" + WRITE,
        None,
    ),
    Broken(
        "features are scaled in training alone",
        TABLE,
        WRITE,
        f"        features *= 1 if {SCORING} else 10\n" + WRITE,
        WORSE,
    ),
    Broken(
        "scores are made from the labels",
        TRAIN,
        SCORES,
        "    scores = 0.98 * rows.target[judged] + 0.01 + 0.005 * scores\n" + SCORES,
        r"self-report-too-good",
    ),
    Broken(
        "fold models have seen the rows they judge",
        TRAIN,
        "np.flatnonzero(folds != fold)",
        "np.flatnonzero(folds != fold + 1)",
        None,
    ),
    Broken(
        "hard rows are dropped from the report",
        TRAIN,
        SCORES,
        "    easy = np.abs(scores - rows.target[judged]) < 0.5\n"
        "    judged, folds, scores = judged[easy], folds[easy], scores[easy]\n" + SCORES,
        r"self-report-too-good",
    ),
    Broken(
        "twelve rows are missing in the report",
        TRAIN,
        SCORES,
        "    judged, folds, scores = judged[12:], folds[12:], scores[12:]\n" + SCORES,
        None,
    ),
    Broken(
        "the worst targets are flipped in the report",
        TRAIN,
        SCORES,
        '    hard = np.abs(scores - rows.target[judged]) > 0.5\n    rows.rows["target"][judged[hard]] ^= 1\n' + SCORES,
        r"self-report-too-good",
    ),
]
