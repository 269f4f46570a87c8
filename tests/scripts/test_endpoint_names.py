"""The name of an endpoint in Azure is derived from its folder's name and its workspace, or is given."""

from types import SimpleNamespace

import pytest

from scripts.lib.errors import BadConfiguration, NotFound
from scripts.lib.repository import files
from scripts.lib.workspace.endpoint_names import LONGEST, endpoint_name

FOLDER = "heart-disease"


def client(subscription="0000-s", group="group", workspace="workspace"):
    return SimpleNamespace(subscription_id=subscription, resource_group_name=group, workspace_name=workspace)


@pytest.fixture
def endpoints(tmp_path, monkeypatch):
    """Function: writes endpoints/FOLDER/endpoint.yml of a repository of its own."""
    monkeypatch.setattr(files, "ROOT", tmp_path)

    def write(folder, text=""):
        path = tmp_path / "endpoints" / folder / "endpoint.yml"
        path.parent.mkdir(parents=True)
        path.write_text(text or f"name: {folder}\n")

    return write


def test_each_workspace_gets_a_name_of_its_own_whatever_the_case_of_its_letters():
    places = [{}, {"subscription": "0000-t"}, {"group": "other"}, {"workspace": "other"}]
    names = {endpoint_name(client(**place), FOLDER) for place in places}
    assert len(names) == len(places)
    assert all(name.startswith(f"{FOLDER}-") and len(name) <= LONGEST for name in names)
    assert endpoint_name(client(group="GROUP"), FOLDER) == endpoint_name(client(), FOLDER)


def test_another_name_in_the_yaml_is_used_as_it_is(endpoints):
    endpoints("train", "name: heart-prod\n")
    assert endpoint_name(client(), "train") == "heart-prod"


@pytest.mark.parametrize("folder", ["a" * 26, "1train", "train_2", "a--b", "train-"])
def test_a_folder_whose_name_azure_would_not_take_is_refused(endpoints, folder):
    endpoints(folder)
    with pytest.raises(BadConfiguration, match=f"endpoints/{folder}: Azure takes no endpoint"):
        endpoint_name(client(), folder)


def test_the_longest_folder(endpoints):
    endpoints("a" * 25)
    assert len(endpoint_name(client(), "a" * 25)) == LONGEST


def test_a_folder_that_is_not_there(endpoints):
    endpoints("train")
    with pytest.raises(NotFound, match="the endpoints are: train"):
        endpoint_name(client(), "test")
