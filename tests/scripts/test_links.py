"""Names in summaries lead to their pages in the studio, where there is one."""

from types import SimpleNamespace

import pytest
from azure.ai.ml.constants._common import AZUREML_RESOURCE_PROVIDER

from scripts.lib.workspace.links import linked_deployment, linked_job, use_studio

JOB = SimpleNamespace(studio_url="https://ml.azure.com/runs/a-job?wsid=x")
CLIENT = SimpleNamespace(jobs=SimpleNamespace(get=lambda name: JOB))


@pytest.fixture(autouse=True)
def _no_studio_left():
    yield
    use_studio("", None, None, None)


def test_on_azure_names_are_links():
    use_studio("https://ml.azure.com", "s", "g", "w")
    assert linked_job(CLIENT, "a-job") == f"[`a-job`]({JOB.studio_url})"
    place = f"/subscriptions/s/resourceGroups/g/providers/{AZUREML_RESOURCE_PROVIDER}/workspaces/w"
    page = f"https://ml.azure.com/endpoints/batch/heart-8f45df/detail?wsid={place}"
    assert linked_deployment("onehot-0", "heart-8f45df") == f"[`onehot-0`]({page})"


def test_the_embedded_workspace_has_no_pages():
    use_studio("", None, None, None)
    assert linked_job(CLIENT, "a-job") == "`a-job`"
    assert linked_deployment("onehot-0", "heart-8f45df") == "`onehot-0`"
