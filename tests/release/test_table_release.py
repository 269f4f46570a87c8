"""A variant that takes an MLTable is released beside one that takes a folder, and is judged on the same rows."""

import json
import shutil

import pytest
from release_line import Line

from tests.small_problem import PROBLEM

pytestmark = pytest.mark.slow

FOLDER_ASSET, TABLE_ASSET = f"{PROBLEM}-train", f"{PROBLEM}-train-table"


def with_table_variant(repository, folder):
    """Copy a repository, and add the variant `table` to it: ordinal, whose data is an MLTable."""
    shutil.copytree(repository, folder)
    place = folder / "pipelines" / PROBLEM
    shutil.copytree(place / "ordinal", place / "table")
    for name in ("pipeline", "job", "score"):
        path = place / "table" / f"{name}.yml"
        head, data, rest = path.read_text().partition("data:\n    type: uri_folder")
        assert data
        text = head + data.replace("uri_folder", "mltable") + rest
        path.write_text(text.replace("      data: ${{parent.inputs.", "      table: ${{parent.inputs."))
    for endpoint in (PROBLEM, f"{PROBLEM}-score"):
        deployments = folder / "endpoints" / endpoint / "deployments"
        (deployments / "table.yml").write_text((deployments / "ordinal.yml").read_text().replace("ordinal", "table"))
    return folder


@pytest.fixture
def line(small_repository, tmp_path) -> Line:
    return Line(tmp_path / "line", with_table_variant(small_repository, tmp_path / "repository"), PROBLEM)


def release(line, *more, code=0):
    variants = ("--variant", "ordinal", "--variant", "table")
    return line.process("release_variants", *variants, *more, "--output", f"{line.folder}/out", code=code)


def evidence(line, variant):
    return json.loads((line.folder / "out" / variant / "evidence.json").read_text())


def test_a_variant_that_takes_a_table_is_judged_as_its_twin_that_takes_a_folder(line, tmp_path):
    done = release(line)
    assert [one["promoted"] for one in done.result["variants"]] == [True, True]
    first, second = evidence(line, "ordinal"), evidence(line, "table")
    assert second["candidate"]["metrics"] == first["candidate"]["metrics"] == second["champion"]["metrics"]
    assert second["candidate"]["predictions_digest"] == first["candidate"]["predictions_digest"]
