"""Names of blobs come in the order of a sorted list, whatever the prefix and the last name of the page before."""

import os
import random

import pytest

from emulator.state.blob_names import names_below
from emulator.state.blobs import BlobStore

_LETTERS = "ab-./0é"


@pytest.fixture
def tree(tmp_path):
    """A folder of files whose names have characters before and after the slash, and their names as os.walk has them."""
    dice = random.Random(7)
    for _ in range(300):
        parts = "".join(dice.choice(_LETTERS) for _ in range(dice.randint(1, 9))).split("/")
        path = tmp_path.joinpath(*[part for part in parts if part.strip(".")] or ["x"])
        if not path.exists() and not any(parent.is_file() for parent in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "empty")
    walked = (os.path.join(folder, file) for folder, _, files in os.walk(tmp_path) for file in files)
    return tmp_path, sorted(os.path.relpath(path, tmp_path) for path in walked)


def test_the_order_is_that_of_the_whole_names(tree):
    folder, expected = tree
    assert len(expected) > 100
    assert list(names_below(folder, "", "", "")) == expected


def test_a_page_goes_on_after_any_name_and_within_any_prefix(tree):
    folder, expected = tree
    marks = ["", *expected[::7], *(name.rpartition("/")[0] + "/" for name in expected[::11]), "a", "b~", "~"]
    for after in marks:
        for prefix in ("", "a", "a/", "b-", "0", "nothing"):
            wanted = [name for name in expected if name > after and name.startswith(prefix)]
            assert list(names_below(folder, "", prefix, after)) == wanted, (prefix, after)


def test_a_folder_that_is_not_there_has_no_names(tmp_path):
    (tmp_path / "file").write_text("x")
    assert list(names_below(tmp_path / "absent", "", "", "")) == []
    assert list(names_below(tmp_path / "file", "", "", "")) == []


def test_what_cannot_be_the_name_of_a_blob_is_not_found(tmp_path):
    store = BlobStore(tmp_path)
    store.put("c", "good", b"x", {})
    (tmp_path / "c" / "back\\slash").write_text("x")
    assert [blob.name for blob in store.find("c", "")] == ["good"]
