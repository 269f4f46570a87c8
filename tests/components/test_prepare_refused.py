"""What the prepare step cannot prepare is refused by name."""

import json

import pytest
from patients import raw_frame, write_csv


def _text(rows=40):
    return raw_frame(rows).to_csv(index=False)


REFUSALS = {
    "empty file": ("", "heart.csv is empty"),
    "no rows": (_text().splitlines()[0] + "\n", "has a header and no rows"),
    "missing column": (_text().replace("chol", "cholesterol", 1), r"lacks the column\(s\) chol"),
    "missing target": (_text().replace("target", "label", 1), r"lacks the column\(s\) target"),
    "repeated column": (_text().replace("chol", "age", 1).replace("ca,", "chol,", 1), "lacks|more than once"),
    "word for a number": (_text().replace("\n", "\nold,1,1,100,200,0,0,99,0,0,1,0,fixed,1\n", 1), "line 2: 'old'"),
    "NA for a number": (_text().replace("\n", "\nNA,1,1,100,200,0,0,99,0,0,1,0,fixed,1\n", 1), "line 2: 'NA'"),
    "infinity": (_text().replace("\n", "\ninf,1,1,100,200,0,0,99,0,0,1,0,fixed,1\n", 1), "not numbers .line 2"),
    "no target": (_text().replace("\n", "\n50,1,1,100,200,0,0,99,0,0,1,0,fixed,\n", 1), "line 2: empty"),
    "UCI target": (
        _text().replace("\n", "\n50,1,1,100,200,0,0,99,0,0,1,0,fixed,3\n", 1),
        "are none of 0, 1 .line 2: '3'",
    ),
    "long line": (_text() + "50,1,1,100,200,0,0,99,0,0,1,0,fixed,1,7,8\n", "cell.s., but the header names 14 columns"),
    "all lines long": (
        _text().replace("\n", ",7\n").replace(",7\n", "\n", 1),
        "cell.s., but the header names 14 columns",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_cannot_be_prepared_is_refused_by_name(prepare, prepare_modules, tmp_path, content, message):
    folder = write_csv(raw_frame(30, seed=5), tmp_path / "data", "a_good_one.csv")
    (folder / "heart.csv").write_text(content)
    with pytest.raises(prepare_modules.refusal.Refused, match=message) as refusal:
        prepare(folder)
    assert "heart.csv" in str(refusal.value)


def test_text_that_is_not_utf8_is_refused(prepare, prepare_modules, tmp_path):
    folder = write_csv(raw_frame(30), tmp_path / "data")
    (folder / "b.csv").write_bytes("age,größe\n".encode("latin-1"))
    with pytest.raises(prepare_modules.refusal.Refused, match=r"b\.csv is not UTF-8"):
        prepare(folder)


def test_a_folder_without_csv_is_refused_and_other_files_are_named(prepare, prepare_modules, tmp_path, capsys):
    with pytest.raises(prepare_modules.refusal.Refused, match="is not a folder"):
        prepare(tmp_path / "absent")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "notes.txt").write_text("hello")
    with pytest.raises(prepare_modules.refusal.Refused, match=r"holds no \.csv file, only: notes\.txt"):
        prepare(folder)
    write_csv(raw_frame(30), folder)
    prepare(folder)
    assert "not a .csv file: notes.txt" in capsys.readouterr().out


@pytest.mark.parametrize("eval_size", [0.0, 1.0, -0.1, float("nan")])
def test_an_impossible_eval_size_is_refused(prepare, prepare_modules, tmp_path, eval_size):
    with pytest.raises(prepare_modules.refusal.Refused, match="eval_size is"):
        prepare(write_csv(raw_frame(30), tmp_path / "data"), eval_size=eval_size)


def test_transformations_that_do_not_fit_are_refused(prepare, prepare_modules, tmp_path):
    data = write_csv(raw_frame(60), tmp_path / "data")
    learned = prepare(data).transformations
    refused = prepare_modules.refusal.Refused
    with pytest.raises(refused, match=r"categorical_encoding is onehot, but .* ordinal"):
        prepare(data, transformations=learned, categorical_encoding="onehot")
    with pytest.raises(refused, match=r"eval_size is 0\.5, but .* 0\.3"):
        prepare(data, transformations=learned, eval_size=0.5)
    with pytest.raises(refused, match=r"holds no transformations\.json"):
        prepare(data, transformations=data)
    path = learned / "transformations.json"
    content = json.loads(path.read_text())
    for change in (
        {"schema_version": 1},
        {"columns": {}},
        {"categories": {}},
        {"features": ["age"]},
        {"categorical_encoding": "x"},
    ):
        path.write_text(json.dumps(content | change))
        with pytest.raises(refused, match="cannot be applied"):
            prepare(data, "again", transformations=learned)
    path.write_text("{")
    with pytest.raises(refused, match="cannot be applied"):
        prepare(data, "again", transformations=learned)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (lambda n: [f"w{i}" for i in range(n)], "holds 200 categories, such as 'w99'"),
        (lambda n: ["normal", "<3"] * (n // 2), "holds the category '<3'"),
        (lambda n: [""] * n, "Column thal has no value in any training row"),
    ],
)
def test_categories_that_are_none_are_refused(prepare, prepare_modules, tmp_path, words, message):
    frame = raw_frame(200)
    folder = write_csv(frame.assign(thal=words(len(frame))), tmp_path / "data")
    with pytest.raises(prepare_modules.refusal.Refused, match=message):
        prepare(folder)


def test_files_that_disagree_about_the_target_are_refused(prepare, prepare_modules, tmp_path):
    data = write_csv(raw_frame(60), tmp_path / "data")
    learned = prepare(data).transformations
    write_csv(raw_frame(20, seed=2).drop(columns="target"), data, "other.csv")
    with pytest.raises(prepare_modules.refusal.Refused, match="Some files have the column target"):
        prepare(data, "again", transformations=learned)
