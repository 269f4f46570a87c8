"""Jobs in a workspace whose storage accepts identities alone."""

import pytest
from azure.ai.ml.entities import AmlCompute, Data, IdentityConfiguration
from helpers import BLOBS, grant


@pytest.fixture
def without_keys(bench, surroundings):
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
        surroundings(storage={"keys": False, "datastores": "identity"}, grants=roles)

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
            "sh copy.sh ${{inputs.data}} ${{outputs.copied}}", {"data": folder}, {"copied": "uri_folder"}, code="./code"
        ),
        "inputs": {"data": "${{parent.inputs.data}}"},
        "outputs": {"copied": "${{parent.outputs.copied}}"},
    }
    data = {"data": {"type": "uri_folder", "path": "azureml:keyless:1"}}
    job = bench.run({"copy": step}, data, {"copied": folder})
    assert job.status == "Completed"
    assert bench.output(job, "copied").joinpath("rows.csv").read_text() == "a\n1\n"


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
