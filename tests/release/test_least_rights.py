"""A whole release with the rights that azure/ grants and no other; and one where storage knows no account keys."""

import importlib
import json
import sys
from pathlib import Path

import pytest
from release_line import CLEVELAND, ENDPOINT, ROOT, SCORING, Line

sys.path.insert(0, str(ROOT / "tests" / "scripts"))
azure_admin = importlib.import_module("azure_admin")

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/embedded/providers"
ARM = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/embedded"
STORAGE = f"{GROUP}/Microsoft.Storage/storageAccounts/embeddedstorage"
# https://learn.microsoft.com/azure/machine-learning/how-to-authenticate-batch-endpoint, "Configure RBAC for Batch
# Endpoints invoke": what the service asks for behind the requests that a client sends.
DOCUMENTED = """
    datasets/registered/read datasets/registered/write datasets/unregistered/read datasets/unregistered/write
    batchEndpoints/jobs/write batchEndpoints/deployments/jobs/write experiments/read experiments/runs/submit/action
    experiments/runs/write experiments/runs/read metadata/secrets/read metadata/snapshots/read metadata/artifacts/read
    metadata/artifacts/write metrics/resource/write modules/read models/read endpoints/pipelines/read
    endpoints/pipelines/write environments/read environments/write environments/build/action
    environments/readSecrets/action
"""


def granted(role, scope):
    return {**azure_admin.roles()[role], "scope": scope}


def surround(line, **said):
    line.state.mkdir(parents=True, exist_ok=True)
    (line.state / "azure.json").write_text(json.dumps(said))


@pytest.fixture
def used(monkeypatch):
    """The actions of this process's requests, as the embedded workspace reads them."""
    from emulator import access

    found = set()

    def action_of(request, names, read=access.action_of):
        if right := read(request, names):
            found.add(right[0])
        return read(request, names)

    monkeypatch.setattr(access, "action_of", action_of)
    return found


@pytest.mark.slow
def test_a_release_a_rollback_and_a_clean_up_with_the_granted_rights_alone(tmp_path, used):
    line = Line(tmp_path)
    surround(line, grants=[granted("ML release line", ARM), granted("ML release line reader", SUBSCRIPTION)])
    _whole_life(line)
    line.run("check_setup")
    role = set(azure_admin.roles()["ML release line"]["actions"])
    reader = set(azure_admin.roles()["ML release line reader"]["actions"])
    assert used <= role | reader
    prefix = "Microsoft.MachineLearningServices/workspaces/"
    unused = {action.removeprefix(prefix) for action in role - used} - set(DOCUMENTED.split())
    # What a stopped command asks for.
    assert unused <= {"jobs/cancel/action", "batchEndpoints/jobs/read", "batchEndpoints/deployments/jobs/read"}


def _whole_life(line):
    data = str(CLEVELAND if CLEVELAND.exists() else ROOT / "data" / "heart-disease" / "synthetic.csv")
    variants = ("--variant", "ordinal", "--variant", "onehot")
    released = line.run(
        "release_variants", *variants, "--data", data, "--output", str(line.folder / "out"), "--keep", "2"
    )
    assert all(variant["promoted"] for variant in released.result["variants"])
    line.run("show_status")
    line.run("rollback_default")
    line.run("show_history")
    line.run("retire_deployments", "--keep", "0", "--yes")
    client = line.client()
    client.batch_deployments.begin_delete(
        name=line.run("show_status").result["previous"], endpoint_name=line.run("show_status").result["azure_name"]
    ).result()
    line.run("delete_endpoint", "--problem", SCORING, "--confirm", SCORING)
    line.run("delete_endpoint", "--confirm", ENDPOINT, "--compute")


@pytest.mark.slow
def test_a_whole_release_in_a_workspace_without_any_account_key(tmp_path):
    line = Line(tmp_path)
    right = [
        granted("ML release line", ARM),
        granted("ML release line reader", SUBSCRIPTION),
        {**azure_admin.STORAGE_ROLE, "scope": STORAGE},
    ]
    keyless = {"keys": False, "datastores": "identity"}
    surround(line, grants=right, storage=keyless)
    data = str(ROOT / "data" / "heart-disease" / "synthetic.csv")
    line.run("setup_workspace", "--data", data, "--work", str(tmp_path / "data"))
    identity = line.client().compute.get("batch-cluster").identity.principal_id
    output = ("--data", data, "--output", str(tmp_path / "out"))
    refused = line.run("release_variants", "--variant", "ordinal", *output, code=5)
    assert "AuthorizationPermissionMismatch" in refused.story
    right.append({**azure_admin.STORAGE_ROLE, "scope": STORAGE, "principal": identity})
    surround(line, grants=right, storage=keyless)
    done = line.run("release_variants", "--variant", "ordinal", *output)
    assert done.result["default"].startswith("ordinal-")
    assert Path(tmp_path / "out" / "ordinal" / "evidence.json").exists()
