"""Where YAML and workspace differ: each difference is planned, what is safe is written, the rest is refused."""

import json

import pytest
from azure.ai.ml.entities import AmlCompute, BatchEndpoint
from release_line import AZURE_NAME, ENDPOINT, Line

from emulator.wire.http import Request
from scripts.lib.workspace.endpoint_names import endpoint_name

CLUSTER = "batch-cluster"
SUBNET = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/net/providers/Microsoft.Network"
    "/virtualNetworks/company/subnets/ml"
)


@pytest.fixture
def line(tmp_path, monkeypatch):
    """A line whose workspace is set up, with a repository of its own to change."""
    import shutil

    from scripts.lib.line import endpoint_settings
    from scripts.lib.repository import files

    made = Line(tmp_path / "line")
    copy = tmp_path / "repository"
    for part in ("endpoints", "pipelines", "components", "data", "scripts"):
        shutil.copytree(files.ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(files, "ROOT", copy)
    assert endpoint_settings.endpoint_folder(ENDPOINT).is_relative_to(copy)
    made.folder.mkdir()
    set_up(made)
    return made


def set_up(line, code=0):
    from scripts.lib.repository import files

    data = str(files.ROOT / "data" / "heart-disease" / "synthetic.csv")
    return line.run("setup_workspace", "--data", data, "--work", str(line.folder / "data"), code=code)


def edit(file, old, new):
    from scripts.lib.repository import files

    path = files.ROOT / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def planned(line):
    changes = line.run("plan_release").result["changes"]
    return [(one["action"], one["kind"], one["reason"]) for one in changes if one["action"] in ("update", "refuse")]


def cluster(line, **properties):
    """Change the cluster behind the line's back, as an administrator does; return it as the service tells it."""
    client = line.client()
    rest = client.compute._operation.get(client.resource_group_name, client.workspace_name, CLUSTER).as_dict()
    if properties:
        from emulator.client import activate

        service = activate(line.state).service
        rest["properties"]["properties"].update(properties)
        url = f"https://management.azure.com{service.workspace.names.arm}/computes/{CLUSTER}?api-version=2023-08-01-preview"
        assert service.handle(Request("PUT", url, {}, json.dumps(rest).encode())).status == 201
    return rest


def test_nothing_differs_after_a_set_up(line):
    assert planned(line) == []
    assert set_up(line).result["updated"] == []


def test_scale_is_planned_and_written_and_the_administrators_subnet_stays(line):
    cluster(line, subnet={"id": SUBNET})
    edit("pipelines/compute.yml", "max_instances: 2", "max_instances: 4")
    edit("pipelines/compute.yml", "idle_time_before_scale_down: 120", "idle_time_before_scale_down: 300")
    assert planned(line) == [
        ("update", "compute", "max_instances is 2, the repository says 4"),
        ("update", "compute", "idle_time_before_scale_down is 120.0, the repository says 300"),
    ]
    done = set_up(line)
    assert done.result["updated"] == ["compute"]
    found = cluster(line)["properties"]["properties"]
    assert (found["scaleSettings"]["maxNodeCount"], found["subnet"]) == (4, {"id": SUBNET})
    assert planned(line) == []


def test_an_identity_is_added_where_there_is_none_and_nothing_is_lost(line):
    client = line.client()
    client.compute.begin_create_or_update(
        AmlCompute(name=CLUSTER, size="Standard_DS3_v2", max_instances=2, idle_time_before_scale_down=120)
    ).result()
    cluster(line, subnet={"id": SUBNET})
    assert planned(line) == [("update", "compute", "identity is 'None', the repository says 'system_assigned'")]
    set_up(line)
    found = cluster(line)
    assert (found["identity"]["type"], found["properties"]["properties"]["subnet"]) == (
        "SystemAssigned",
        {"id": SUBNET},
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("pipelines/compute.yml", "size: Standard_DS3_v2", "size: Standard_DS4_v2", "a cluster keeps its size"),
        ("pipelines/compute.yml", "type: amlcompute", "type: amlcompute\ntier: low_priority", "keeps its tier"),
        ("pipelines/compute.yml", "type: amlcompute",
         f"type: amlcompute\nnetwork_settings:\n  subnet: {SUBNET}", "keeps its network"),
    ],
)  # fmt: skip
def test_what_would_replace_the_cluster_is_refused_by_name_and_nothing_is_written(line, file, old, new, words):
    edit(file, old, new)
    edit("pipelines/compute.yml", "max_instances: 2", "max_instances: 3")
    assert [action for action, _, reason in planned(line) if words in reason] == ["refuse"]
    before = cluster(line)
    done = set_up(line, code=7)
    assert words in done.story
    assert cluster(line)["properties"]["properties"] == before["properties"]["properties"]


def test_low_priority_by_a_word(line):
    line.client().compute.begin_delete(CLUSTER).result()
    edit("pipelines/compute.yml", "type: amlcompute", "type: amlcompute\ntier: low_priority")
    assert "low-priority nodes of Standard_DS3_v2" in line.run("plan_release").result["cost"]
    set_up(line)
    assert cluster(line)["properties"]["properties"]["vmPriority"] == "LowPriority"
    assert planned(line) == []


def test_a_cluster_with_a_user_is_not_written_whole(line):
    account = {"adminUserName": "admin", "adminUserPassword": "secret"}
    cluster(line, userAccountCredentials=account)
    edit("pipelines/compute.yml", "type: amlcompute", "type: amlcompute\ntags: {team: heart}")
    assert "whose password is not told" in set_up(line, code=7).story


def test_description_and_tags_of_the_endpoint_are_planned_and_written_beside_the_lines_own(line):
    client = line.client()
    endpoint = client.batch_endpoints.get(AZURE_NAME)
    endpoint.tags = {"previous_default": "one"}
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    edit(
        "endpoints/heart-disease/endpoint.yml",
        "auth_mode: aad_token",
        "auth_mode: aad_token\ntags: {cost: heart}",
    )
    edit("endpoints/heart-disease/endpoint.yml", "Trains and evaluates", "Trains, judges")
    actions = planned(line)
    assert [action for action, _, _ in actions] == ["update", "update"]
    assert "tag cost is None, the repository says 'heart'" in actions[1][2]
    assert set_up(line).result["updated"] == ["endpoint"]
    written = line.client().batch_endpoints.get(AZURE_NAME)
    assert written.tags == {"previous_default": "one", "cost": "heart"}
    assert written.description.startswith("Trains, judges")
    assert planned(line) == []


def test_a_deployments_description_is_told_and_left(line):
    line.run("deploy_candidate", "--variant", "ordinal")
    file = "endpoints/heart-disease/deployments/ordinal.yml"
    edit(file, "description: The training pipeline", "description: A training pipeline")
    ((action, kind, reason),) = planned(line)
    assert (action, kind) == ("refuse", "deployment")
    assert "the next change of its content brings it along" in reason


def test_a_cluster_that_something_else_uses_is_not_deleted_nor_is_anything(line):
    from emulator.client import activate

    client = line.client()
    line.run("deploy_candidate", "--variant", "ordinal")
    client = line.client()
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="of-others")).result()
    service = activate(line.state).service
    arm = service.workspace.names.arm
    component = next(iter(client.components.list("heart_disease_train_ordinal"))).id
    configuration = {
        "deploymentConfigurationType": "PipelineComponent",
        "componentId": {"referenceType": "Id", "assetId": component},
        "settings": {"default_compute": CLUSTER},
    }
    body = json.dumps({"location": "eastus", "properties": {"deploymentConfiguration": configuration}}).encode()
    url = f"https://management.azure.com{arm}/batchEndpoints/of-others/deployments/theirs?api-version=2023-10-01"
    assert service.handle(Request("PUT", url, {}, body)).status == 201
    done = line.run("delete_endpoint", "--confirm", ENDPOINT, "--compute", code=7)
    assert "deployment theirs of endpoint of-others use it" in done.story
    assert line.client().batch_endpoints.get(AZURE_NAME).name == AZURE_NAME
    line.client().batch_endpoints.begin_delete("of-others").result()
    assert line.run("delete_endpoint", "--confirm", ENDPOINT, "--compute").result["compute"] == CLUSTER


def test_a_cluster_that_a_step_names_is_set_up_where_its_variant_is_released_and_goes_with_the_last_user(line):
    client = line.client()
    assert [compute.name for compute in client.compute.list()] == [CLUSTER]
    changes = line.run("plan_release", "--variant", "gpu").result
    assert ("create", "gpu-cluster") in [(one["action"], one["name"]) for one in changes["changes"]]
    assert "2 nodes of Standard_DS3_v2 and 1 node of Standard_NC4as_T4_v3" in changes["cost"]
    assert "gpu-cluster" not in json.dumps(line.run("plan_release", "--variant", "ordinal").result)
    edit("endpoints/heart-disease/serving.yml", "on_request: [distributed, gpu]", "on_request: [distributed]")
    done = set_up(line).result
    assert (done["created"], done["compute"]) == (["compute gpu-cluster"], f"{CLUSTER}, gpu-cluster")
    assert set_up(line).result["created"] == []
    edit("pipelines/gpu.compute.yml", "max_instances: 1", "max_instances: 3")
    assert planned(line) == [("update", "compute", "max_instances is 1, the repository says 3")]
    edit(
        "pipelines/wine/trees/pipeline.yml",
        "train_xgb/component.yml",
        "train_xgb/component.yml\n    compute: gpu-cluster",
    )
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=endpoint_name(client, "wine"))).result()
    refused = line.run("delete_endpoint", "--confirm", ENDPOINT, "--compute", code=7)
    assert "The cluster gpu-cluster is not deleted, nor is anything: endpoint wine use it." in refused.story
    client.batch_endpoints.begin_delete(endpoint_name(client, "wine")).result()
    removed = line.run("delete_endpoint", "--confirm", ENDPOINT, "--compute").result["compute"]
    assert removed == f"{CLUSTER}, gpu-cluster"
