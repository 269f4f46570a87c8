"""Uploads that were cut short are completed by the next command."""

import shutil
import sqlite3

import pytest
from release_line import CLEVELAND, ENDPOINT, Line, killed_at

from scripts.lib.repository.problem import find_problem

pytestmark = pytest.mark.slow


def test_killed_in_an_upload(tmp_path, monkeypatch):
    if not CLEVELAND.exists():
        pytest.skip("../shared/data/uci-heart-disease is not here")
    from azure.ai.ml._artifacts._artifact_utilities import download_artifact_from_aml_uri

    line = Line(tmp_path)
    setup = ("setup_workspace", "--data", str(CLEVELAND), "--work", str(tmp_path / "data"))
    killed_at(line, "PUT", r"LocalUpload/.*\.csv$", monkeypatch, *setup)
    assert list(line.client().data.list()) == []
    done = line.run(*setup).result
    assert done["created"] == ["data"]
    name, version = done["data_asset"].split(":")
    client = line.client()
    download_artifact_from_aml_uri(
        client.data.get(name, version=version).path, str(tmp_path / "there"), client.datastores
    )
    here = {path.name: path.read_bytes() for path in (tmp_path / "data").rglob("*.csv")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "there").rglob("*.csv")} == here
    assert len(here) == 1


def test_an_upload_that_left_any_file_but_the_first_is_completed(tmp_path):
    """The SDK's own second try fails here: it overwrites nothing unless the first file is there."""
    from scripts.lib.data.source import resolve
    from scripts.lib.workspace.assets import ensure_data

    data = tmp_path / "data"
    data.mkdir()
    header, *lines = find_problem(ENDPOINT).sample.read_text().splitlines(keepends=True)
    for name, part in {"a.csv": lines[:150], "b.csv": lines[150:]}.items():
        (data / name).write_text("".join((header, *part)))
    source = resolve(data, tmp_path / "work", find_problem(ENDPOINT))
    line = Line(tmp_path)
    client = line.client()
    assert ensure_data(client, source, "patients")[1]
    (uploaded,) = line.state.glob("blobs/azureml-blobstore-*/LocalUpload/*/*")
    shutil.rmtree(line.state / "blobs" / ".meta")
    (uploaded / "a.csv").unlink()
    with sqlite3.connect(line.state / "workspace.db") as database:
        database.execute("DELETE FROM resource WHERE id LIKE 'data/%'")
    database.close()
    asset, created = ensure_data(client, source, "patients")
    assert created
    again = client.data.get(*asset.split(":")).path.rstrip("/").rpartition("/LocalUpload/")[2]
    (place,) = line.state.glob(f"blobs/azureml-blobstore-*/LocalUpload/{again}")
    assert {file.name: file.read_text() for file in place.iterdir()} == {
        file.name: file.read_text() for file in source.folder.iterdir()
    }
