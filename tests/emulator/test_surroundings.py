"""Rights, storage, network and quota of the workspace's surroundings decide as they do on Azure."""

import json

import pytest
import requests
from azure.ai.ml.entities import AmlCompute, BatchEndpoint, Data, IdentityConfiguration
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import BlobClient

from emulator.client import activate
from emulator.state.surroundings import Grant
from emulator.wire.errors import Unusable

PROVIDER = "Microsoft.MachineLearningServices"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


@pytest.fixture
def around(bench):
    """Function: writes the surroundings; they are gone after the test."""
    path = bench.state / "azure.json"
    yield lambda **said: path.write_text(json.dumps(said))
    path.unlink(missing_ok=True)


def grant(bench, *actions, **more):
    return {"role": "some", "scope": bench.embedded.names.arm, "actions": list(actions), **more}


def test_what_no_role_grants_is_refused_with_its_action_and_scope(bench, client, around):
    around(grants=[grant(bench, f"{PROVIDER}/workspaces/batchEndpoints/read")])
    list(client.batch_endpoints.list())
    with pytest.raises(
        HttpResponseError, match=r"perform action '[^']*/workspaces/computes/read' over scope"
    ) as refused:
        client.compute.get("cluster")
    assert (refused.value.status_code, refused.value.error.code) == (403, "AuthorizationFailed")


def test_what_is_taken_out_of_a_role_is_refused(bench, client, around):
    around(grants=[grant(bench, "*", not_actions=[f"{PROVIDER}/workspaces/batchEndpoints/write"])])
    list(client.batch_endpoints.list())
    with pytest.raises(HttpResponseError, match="batchEndpoints/write"):
        client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="refused")).result()


def test_a_role_on_a_resource_counts_for_what_is_below_it_alone():
    role = Grant("caller", "r", "/subscriptions/s/resourceGroups/g")
    assert role.covers("/subscriptions/S/resourcegroups/G/providers/x/y/z")
    assert not role.covers("/subscriptions/s/resourceGroups/g2")
    assert not role.covers("/subscriptions/s")


def test_rights_are_told_as_azure_tells_them(bench, around):
    arm = bench.embedded.names.arm
    address = f"https://management.azure.com{arm}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    assert requests.get(address, timeout=9).json()["value"][0]["actions"] == ["*"]
    elsewhere = {"role": "o", "scope": "/subscriptions/other", "actions": ["*"]}
    around(grants=[grant(bench, "Microsoft.Authorization/permissions/read", data_actions=["d"]), elsewhere])
    assert requests.get(address, timeout=9).json()["value"] == [
        {
            "actions": ["Microsoft.Authorization/permissions/read"],
            "notActions": [],
            "dataActions": ["d"],
            "notDataActions": [],
        }
    ]


def blob(bench, credential):
    names = bench.embedded.names
    return BlobClient(f"https://{names.storage_host}", names.default_container, "some/blob", credential=credential)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"storage": {"firewall": True}}, "AuthorizationFailure"),
        ({"grants": []}, "AuthorizationPermissionMismatch"),
        ({"grants": [{"role": "reader", "scope": "/", "data_actions": [f"{BLOBS}/read"]}]},
         "AuthorizationPermissionMismatch"),
    ],
)  # fmt: skip
def test_storage_refuses_an_identity(bench, around, said, code):
    around(**said)
    with pytest.raises(HttpResponseError) as refused:
        blob(bench, bench.embedded.credential).upload_blob(b"x", overwrite=True)
    assert (refused.value.status_code, refused.value.error_code) == (403, code)


def test_storage_without_keys_refuses_the_key_and_takes_an_identity(bench, client, around):
    around(storage={"keys": False})
    signature = client.datastores.get_default(include_secrets=True).credentials.sas_token
    with pytest.raises(HttpResponseError) as refused:
        blob(bench, signature).upload_blob(b"x", overwrite=True)
    assert refused.value.error_code == "KeyBasedAuthenticationNotPermitted"
    blob(bench, bench.embedded.credential).upload_blob(b"x", overwrite=True)


@pytest.fixture
def without_keys(bench, around):
    """Function: a workspace whose storage takes identities alone, and what its cluster's identity may do there."""

    def set_up(identity, *allowed):
        bench.client.compute.begin_create_or_update(
            AmlCompute(name="cluster", size="Standard_DS3_v2", identity=identity)
        ).result()
        cluster = bench.client.compute.get("cluster")
        roles = [grant(bench, "*", scope="/", data_actions=["*"])]
        if identity:
            principal = cluster.identity.principal_id
            roles.append({"principal": principal, "role": "r", "scope": "/", "data_actions": list(allowed)})
        around(storage={"keys": False, "datastores": "identity"}, grants=roles)

    yield set_up
    bench.client.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()


def test_a_whole_job_without_any_key(bench, client, without_keys):
    without_keys(IdentityConfiguration(type="system_assigned"), f"{BLOBS}/*")
    source = bench.folder / "rows"
    source.mkdir()
    (source / "rows.csv").write_text("a\n1\n")
    client.data.create_or_update(Data(name="keyless", version="1", type="uri_folder", path=str(source)))
    folder = {"type": "uri_folder"}
    code = bench.folder / "code"
    code.mkdir()
    (code / "copy.sh").write_text("cp $1/rows.csv $2/\n")
    step = {
        "component": bench.component(
            "sh copy.sh ${{inputs.data}} ${{outputs.said}}", {"data": folder}, {"said": "uri_folder"}, code="./code"
        ),
        "inputs": {"data": "${{parent.inputs.data}}"},
        "outputs": {"said": "${{parent.outputs.said}}"},
    }
    data = {"data": {"type": "uri_folder", "path": "azureml:keyless:1"}}
    job = bench.run({"copy": step}, data, {"said": folder})
    assert job.status == "Completed"
    assert bench.output(job, "said").joinpath("rows.csv").read_text() == "a\n1\n"


@pytest.mark.parametrize(
    ("identity", "allowed", "why"),
    [
        (None, (), "has no managed identity"),
        (IdentityConfiguration(type="system_assigned"), (), "AuthorizationPermissionMismatch"),
        (IdentityConfiguration(type="system_assigned"), (f"{BLOBS}/read",), "blobs/write"),
    ],
)
def test_a_step_whose_cluster_may_not_read_and_write_fails(bench, client, without_keys, identity, allowed, why):
    without_keys(identity, *allowed)
    job = bench.run(
        {"say": {"component": bench.component(f"echo {why} > ${{{{outputs.o}}}}/x", {}, {"o": "uri_folder"})}}
    )
    assert job.status == "Failed"
    child = next(iter(client.jobs.list(parent_job_name=job.name)))
    details = client.jobs._runs_operations.get_run_details(child.name)
    assert why in details.error.error.message


def test_nobody_signs_in(bench, around):
    around(sign_in="AADSTS700213: No matching federated identity record found")
    with pytest.raises(ClientAuthenticationError, match="AADSTS700213"):
        bench.embedded.credential.get_token("https://management.azure.com/.default")


def test_a_private_workspace_describes_itself_and_nothing_else(bench, client, around):
    around(network="private")
    assert client.workspaces.get(client.workspace_name).public_network_access == "Disabled"
    with pytest.raises(HttpResponseError, match="Public network access"):
        client.compute.get("cluster")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[", "cannot be read"),
        ("[]", "expected keys"),
        ('{"grant": []}', "unknown key 'grant'; the keys are sign_in, grants"),
        ('{"storage": {"key": 1}}', "storage: unknown key 'key'"),
    ],
)
def test_surroundings_that_are_not_understood_are_refused_when_the_workspace_opens(tmp_path, said, words):
    (tmp_path / "azure.json").write_text(said)
    with pytest.raises(Unusable, match=words.replace("[", r"\[")):
        activate(tmp_path)


def test_a_cluster_tells_how_many_of_its_nodes_run_jobs(bench, client, monkeypatch):
    from scripts.lib.workspace import clusters

    def running():
        return client.compute._operation.get(client.resource_group_name, client.workspace_name, "cluster").as_dict()[
            "properties"
        ]["properties"]["nodeStateCounts"]["runningNodeCount"]

    monkeypatch.setattr(clusters, "cluster_name", lambda: "cluster")
    assert running() == 0
    wait = bench.component("sleep 30; echo x > ${{outputs.o}}/x", {}, {"o": "uri_folder"})
    job = bench.submit({"wait": {"component": wait}})
    assert running() == 1
    assert "1 nodes that run jobs" in clusters.users_of_cluster(client, "nobody")
    client.jobs.begin_cancel(job.name).result()
    bench.finished(job.name)
    assert running() == 0
