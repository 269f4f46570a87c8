"""Code, data, environments and components through the SDK: versions, labels, reuse of content, archive."""

import pytest
from azure.ai.ml import load_component
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Data, Environment
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError


@pytest.fixture
def folder(bench):
    place = bench.folder / "some data"
    place.mkdir()
    (place / "x.csv").write_text(bench.folder.name)
    return place


def data(folder, name, version=None):
    return Data(name=name, version=version, type="uri_folder", path=str(folder))


def test_data_without_a_version_gets_the_next_one(client, folder):
    versions = [client.data.create_or_update(data(folder, "counted")).version for _ in range(2)]
    client.data.create_or_update(data(folder, "counted", "7"))
    versions.append(client.data.create_or_update(data(folder, "counted")).version)
    assert versions == ["1", "2", "8"]
    assert client.data.get("counted", label="latest").version == "8"
    assert {found.version for found in client.data.list("counted")} == {"1", "2", "7", "8"}


def test_uploaded_data_can_be_read_where_it_lies(bench, client, folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "ümläut name.csv").write_text("y")
    asset = client.data.create_or_update(data(folder, "uploaded", "1"))
    path = asset.path.partition("/paths/")[2]
    place = bench.workspace.blobs.path(bench.workspace.names.default_container, path.strip("/"))
    assert {file.name for file in place.rglob("*") if file.is_file()} == {"x.csv", "ümläut name.csv"}


def test_a_version_cannot_change(bench, client, folder):
    client.data.create_or_update(data(folder, "fixed", "1"))
    (folder / "x.csv").write_text("other")
    with pytest.raises(HttpResponseError, match="cannot be changed") as refusal:
        client.data.create_or_update(data(folder, "fixed", "1"))
    assert refusal.value.status_code == 400
    client.environments.create_or_update(Environment(name="fixed-env", version="1", image="image:1"))
    with pytest.raises(HttpResponseError, match="cannot be changed"):
        client.environments.create_or_update(Environment(name="fixed-env", version="1", image="image:2"))


def test_tags_of_a_version_can_change(client, folder):
    client.data.create_or_update(data(folder, "tagged", "1"))
    asset = client.data.get("tagged", "1")
    asset.tags = {"checked": "yes"}
    client.data.create_or_update(asset)
    assert client.data.get("tagged", "1").tags == {"checked": "yes"}


def test_archived_versions_and_assets_are_listed_only_on_request(client, folder):
    for version in ("1", "2"):
        client.data.create_or_update(data(folder, "kept", version))

    def listed(view):
        return {found.version for found in client.data.list("kept", list_view_type=view)}

    client.data.archive("kept", version="1")
    assert listed(ListViewType.ACTIVE_ONLY) == {"2"}
    assert listed(ListViewType.ARCHIVED_ONLY) == {"1"}
    assert listed(ListViewType.ALL) == {"1", "2"}
    client.data.restore("kept", version="1")
    assert listed(ListViewType.ACTIVE_ONLY) == {"1", "2"}
    client.data.archive("kept")
    assert "kept" not in {found.name for found in client.data.list()}
    assert "kept" in {found.name for found in client.data.list(list_view_type=ListViewType.ARCHIVED_ONLY)}
    client.data.restore("kept")
    assert "kept" in {found.name for found in client.data.list()}


def test_pages_of_versions_hold_each_visible_one_once(client, folder):
    for version in range(1, 49):
        client.data.create_or_update(data(folder, "paged", str(version)))
    for version in range(2, 49, 3):
        client.data.archive("paged", version=str(version))
    operations, scope = client.data._operation, (client.resource_group_name, client.workspace_name)

    def pages(top):
        found = operations.list(name="paged", resource_group_name=scope[0], workspace_name=scope[1], top=top).by_page()
        return [[version.name for version in page] for page in found]

    visible = [str(version) for version in range(48, 0, -1) if version % 3 != 2]
    assert pages(None) == [visible]
    for top in (1, 7, 16, 31, 32, 33):
        assert pages(top) == [visible[start : start + top] for start in range(0, 32, top)]


def test_environments_have_labels(client):
    for version in ("1", "2"):
        client.environments.create_or_update(Environment(name="labelled", version=version, image=f"image:{version}"))
    assert client.environments.get("labelled", label="latest").version == "2"


def test_a_conda_file_comes_back(bench, client):
    conda = {"dependencies": ["python=3.11", "pip", {"pip": ["absent-package==1.0"]}]}
    environment = Environment(name="conda", version="1", image="image:1", conda_file=bench.write("conda.yml", conda))
    client.environments.create_or_update(environment)
    assert client.environments.get("conda", "1").conda_file == conda


def test_the_same_code_is_uploaded_once(bench, client):
    code = bench.folder / "code"
    code.mkdir()
    (code / "run.py").write_text(f"print('{bench.folder.name}')")
    codes = []
    for name in ("first-user", "second-user"):
        component = bench.component("python run.py", name=name.replace("-", "_"), code="./code")
        codes.append(bench.register(component).code)
    (code / "run.py").write_text("print('changed')")
    codes.append(bench.register(bench.component("python run.py", name="third_user", code="./code")).code)
    assert codes[0] == codes[1] != codes[2]


def test_the_same_anonymous_component_is_the_same_version(bench, client):
    jobs = [bench.submit({"say": {"component": bench.component("echo same", name="anonymous")}}) for _ in range(2)]
    ids = {client.jobs.get(job.name).jobs["say"].component for job in jobs}
    assert len(ids) == 1


def test_component_inputs_survive_the_round_trip(bench, client):
    inputs = {
        "n": {"type": "integer", "default": 3, "min": 1, "max": 9},
        "kind": {"type": "string", "enum": ["ordinal", "onehot"], "default": "ordinal"},
        "more": {"type": "uri_folder", "optional": True},
    }
    bench.register(
        bench.component("echo ${{inputs.n}} ${{inputs.kind}} $[[${{inputs.more}}]]", inputs, name="round_trip")
    )
    found = client.components.get("round_trip", "1")
    assert found.inputs["n"].default == 3
    assert found.inputs["kind"].enum == ["ordinal", "onehot"]
    assert found.inputs["more"].optional is True
    assert client.components.get("round_trip", label="latest").version == "1"


@pytest.mark.parametrize("kind", ["data", "environments", "components", "models"])
def test_what_does_not_exist_is_not_found(client, kind):
    with pytest.raises(ResourceNotFoundError, match="Not found") as refusal:
        getattr(client, kind).get("no-such-thing", "1")
    assert refusal.value.error.code == "UserError"


def test_a_component_of_an_unknown_environment_is_refused(bench, client):
    component = bench.component("true", environment="azureml:no-such-env:1")
    with pytest.raises(ResourceNotFoundError, match="no-such-env"):
        client.components.create_or_update(load_component(bench.folder / component))


def test_a_list_of_many_assets_comes_a_page_at_a_time(bench, client, folder):
    first = client.data.create_or_update(data(folder, "page-0", "1"))
    for number in range(1, 250):
        client.data.create_or_update(Data(name=f"page-{number}", version="1", type="uri_folder", path=first.path))
    client.data.archive("page-7")
    names = [found.name for found in client.data.list() if found.name.startswith("page-")]
    assert names == [f"page-{number}" for number in range(249, -1, -1) if number != 7]
    archived = client.data.list(list_view_type=ListViewType.ARCHIVED_ONLY)
    assert [found.name for found in archived] == ["page-7"]
    assert max(len(list(page)) for page in client.data.list().by_page()) == 100
