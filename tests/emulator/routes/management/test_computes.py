"""Compute clusters through the SDK."""

import pytest
from azure.ai.ml.entities import AmlCompute
from azure.core.exceptions import ResourceNotFoundError


def test_a_compute_is_created_listed_and_deleted(client):
    client.compute.begin_create_or_update(AmlCompute(name="short-lived", size="Standard_DS3_v2")).result()
    assert "short-lived" in {found.name for found in client.compute.list()}
    client.compute.begin_delete("short-lived").wait()
    with pytest.raises(ResourceNotFoundError):
        client.compute.get("short-lived")


def test_a_cluster_tells_how_many_of_its_nodes_run_jobs(bench, client):
    from scripts.lib.workspace import clusters

    def running():
        return client.compute._operation.get(client.resource_group_name, client.workspace_name, "cluster").as_dict()[
            "properties"
        ]["properties"]["nodeStateCounts"]["runningNodeCount"]

    assert running() == 0
    wait = bench.component("sleep 30; echo x > ${{outputs.o}}/x", {}, {"o": "uri_folder"})
    job = bench.submit({"wait": {"component": wait}})
    assert running() == 1
    assert "1 nodes that run jobs" in clusters.users_of_cluster(client, "cluster", ["nobody"])
    client.jobs.begin_cancel(job.name).result()
    bench.finished(job.name)
    assert running() == 0
