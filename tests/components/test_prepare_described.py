"""What a description says of a table decides how its rows are prepared: dates, groups, weights, classes, numbers."""

import json

import numpy as np
import pytest

FIELDS = [
    {"name": "when", "type": "date"},
    {"name": "size", "type": "string", "categories": ["small", "large", "huge"], "categoriesOrdered": True},
    {"name": "who", "type": "string"},
    {"name": "counts", "type": "number"},
    {"name": "note", "type": "string"},
    {"name": "grade", "type": "string", "categories": ["low", "middle", "high"]},
]


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a description and 60 rows, and returns both."""

    def write(grade=lambda number: ["low", "middle", "high"][number % 3], when=None, counts="1", **changes):
        resource = {
            "path": "x.csv",
            "target": "grade",
            "group": "who",
            "weight": "counts",
            "unused": ["note"],
            **changes,
        }
        resource["schema"] = {"fields": FIELDS, "missingValues": ["", "none"]}
        description = tmp_path / "datapackage.json"
        description.write_text(json.dumps({"name": "x", "resources": [resource]}))
        lines = ["when,size,who,counts,note,grade"]
        for number in range(60):
            day = when or f"2024-01-{number % 28 + 1:02}"
            size = ["small", "large", "huge", "none"][number % 4]
            lines.append(f"{day},{size},p{number // 3},{counts},text {number},{grade(number)}")
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        (folder / "rows.csv").write_text("\n".join(lines) + "\n")
        return folder, description

    return write


def prepared(prepare, table, **changes):
    folder, description = table(**changes)
    return prepare(folder, description=description)


def test_dates_are_days_and_ordered_categories_keep_their_order(prepare, table):
    done = prepared(prepare, table)
    told = json.loads((done.folder / "prepared.json").read_text())
    assert told["features"] == ["when", "size"]
    assert set(done.features[:, 0].tolist()) <= set(range(19723, 19723 + 28))
    learned = json.loads((done.transformations / "transformations.json").read_text())
    assert learned["categories"]["size"] == ["small", "large", "huge"]
    assert np.isnan(done.features[:, 1]).sum() == 15


def test_rows_of_one_group_are_on_one_side(prepare, table):
    done = prepared(prepare, table)
    apart = prepared(prepare, table, group=None)
    assert len(np.unique(done.rows["fold"])) <= 10
    sizes = np.unique(done.rows["fold"], return_counts=True)[1]
    assert (sizes % 3 == 0).all()
    assert not (np.unique(apart.rows["fold"], return_counts=True)[1] % 3 == 0).all()


def test_classes_are_their_place_and_weights_are_kept(prepare, table):
    done = prepared(prepare, table, counts="2.5")
    told = json.loads((done.folder / "prepared.json").read_text())
    assert (told["task"], told["classes"]) == ("multiclass", ["low", "middle", "high"])
    assert (told["group_column"], told["weight_column"]) == ("who", "counts")
    assert np.bincount(done.rows["target"]).tolist() == [20, 20, 20]
    assert set(done.rows["weight"].tolist()) == {2.5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"grade": lambda number: "top" if number == 4 else "low"},
            r"grade: 1 value\(s\) are none of low, middle, high",
        ),
        ({"grade": lambda number: "none" if number == 4 else "low"}, "line 6: 'none'"),
        ({"when": "tomorrow"}, r"when: 60 value\(s\) are not dates"),
        ({"counts": "0"}, r"counts: 60 value\(s\) are no weights above 0"),
    ],
)
def test_what_the_description_forbids_is_refused(prepare, prepare_modules, table, changes, message):
    with pytest.raises(prepare_modules.refusal.Refused, match=message):
        prepared(prepare, table, **changes)


def test_a_step_without_any_description_says_what_is_missing(prepare, prepare_modules, table, tmp_path):
    folder, _ = table()
    with pytest.raises(prepare_modules.refusal.Refused, match=r"no none\.json beside the code"):
        prepare(folder, description=tmp_path / "none.json")
