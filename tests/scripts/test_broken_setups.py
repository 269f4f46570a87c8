"""Each way in which a set-up can be broken is named, ends with exit code 8, and with 0 once it is mended as told."""

import base64
import json

import pytest
from azure_admin import STORAGE_ROLE, Admin, roles
from click.testing import CliRunner

from emulator.client import activate, deactivate
from scripts.check_setup import main
from scripts.lib.setup_check.azure import PLACE
from scripts.lib.workspace.connection import Target, connect

CLIENT = "11111111-2222-3333-4444-555555555555"
ARM = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/embedded"
    "/providers/Microsoft.MachineLearningServices/workspaces/embedded"
)
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
STORAGE = f"{SUBSCRIPTION}/resourceGroups/embedded/providers/Microsoft.Storage/storageAccounts/embeddedstorage"


def granted(role, scope, **more):
    return {**roles()[role], "scope": scope, **more}


RELEASE, READER = granted("ML release line", ARM), granted("ML release line reader", SUBSCRIPTION)
BLOBS = {**STORAGE_ROLE, "scope": STORAGE}
RIGHT = [RELEASE, READER]
NO_COMPUTE = {**RELEASE, "actions": [action for action in RELEASE["actions"] if not action.endswith("computes/write")]}
KEYLESS = {"keys": False, "datastores": "identity"}

BROKEN = {
    "no role": ({"grants": []}, ["workspace"]),
    "a role without one right": ({"grants": [NO_COMPUTE, READER]}, ["rights"]),
    "no right to see the quota": ({"grants": [RELEASE]}, ["compute quota"]),
    "no quota of the family": ({"quota": {"standardDSv2Family": [0, 0]}}, ["compute quota"]),
    "the quota is used": ({"quota": {"standardDSv2Family": [100, 100]}}, ["compute quota"]),
    "a firewall before the storage": ({"storage": {"firewall": True}}, ["storage", "endpoint"]),
    "a private workspace": ({"network": "private"}, ["storage", "storage, as the jobs", "endpoint"]),
    "storage without keys, the workspace with one": ({"storage": {"keys": False}}, ["storage", "endpoint"]),
    "storage without keys, no role on it": (
        {"storage": KEYLESS},
        ["storage", "storage, as the jobs", "endpoint"],
    ),
    "storage without keys, no cluster": ({"storage": KEYLESS, "grants": [*RIGHT, BLOBS]}, ["storage, as the jobs"]),
    "an image that is gone": ({"images_missing": ["azureml/openmpi5.0-ubuntu24.04:20260901.v1"]}, ["image"]),
    "nobody signs in": ({"sign_in": "AADSTS50076: sign in again"}, ["sign-in"]),
    "a name that another customer has": (
        {"endpoint_names_taken": ["heart-disease-8f45df"]},
        ["endpoint"],
    ),
}


@pytest.fixture
def admin(tmp_path, monkeypatch):
    for name in (*PLACE, "GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_URL", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    activate(tmp_path / "state")
    admin = Admin(tmp_path / "state", CLIENT)
    admin.put(grants=RIGHT)
    yield admin
    deactivate()


@pytest.fixture
def check(monkeypatch):
    """Function: runs check_setup in the embedded workspace as the application; the exit code and what is missing."""
    from scripts.lib.setup_check import azure

    def place_of(connection, environment, made=azure.place_of):
        return made(connection, {**environment, "AZURE_CLIENT_ID": CLIENT})

    monkeypatch.setattr(azure, "place_of", place_of)

    def run():
        done = CliRunner().invoke(main, [])
        result = json.loads(done.stdout)
        return done.exit_code, {one["name"]: one["fix"] for one in result["checks"] if one["status"] == "missing"}

    return run


@pytest.fixture
def own_files(tmp_path, monkeypatch):
    """The files that a remedy may change, in a copy of their own."""
    import shutil

    from scripts.lib.repository import files, image
    from scripts.lib.setup_check import image as checked

    copy = tmp_path / "repository"
    for part in ("endpoints", "pipelines", "data"):
        shutil.copytree(files.ROOT / part, copy / part)
    shutil.copytree(files.ROOT / "components", copy / "components", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(files, "ROOT", copy)
    environment = copy / "components" / "environment.yml"
    monkeypatch.setattr(image.image_of, "__defaults__", (environment,))
    monkeypatch.setattr(image.renew_image, "__defaults__", (environment,))
    assert checked.image_of is image.image_of
    return copy


def test_what_is_granted_suffices(admin, check):
    assert check() == (0, {})


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_setup_is_named_and_whole_when_mended_as_told(admin, check, own_files, broken):
    said, expected = BROKEN[broken]
    admin.put(**said)
    code, missing = check()
    assert (code, list(missing)) == (8, expected)
    for _ in range(8):
        if not missing:
            break
        fix = next(iter(missing.values()))
        if fix.startswith("write another name"):
            path = own_files / "endpoints" / "heart-disease" / "endpoint.yml"
            path.write_text(path.read_text().replace("name: heart-disease", "name: heart-of-ours"))
        else:
            admin.do(fix)
        code, missing = check()
    assert (code, missing) == (0, {})
    images = [path.read_text().partition("image: ")[2].split()[0] for path in own_files.rglob("environment.yml")]
    repositories = {image.partition(":")[0] for image in images}
    assert len(images) > len(repositories) > 1
    assert len(set(images)) == len(repositories), "all that share one have the same"


def cluster(identity):
    from azure.ai.ml.entities import AmlCompute

    client = connect(Target()).client
    client.compute.begin_create_or_update(
        AmlCompute(name="batch-cluster", size="Standard_DS3_v2", identity=identity)
    ).result()


def test_a_cluster_without_identity_where_storage_has_no_keys(admin, check):
    cluster(None)
    admin.put(storage=KEYLESS, grants=[*RIGHT, BLOBS])
    code, missing = check()
    assert (code, list(missing)) == (8, ["storage, as the jobs"])
    admin.do(missing["storage, as the jobs"])
    code, missing = check()
    assert missing["storage, as the jobs"].startswith("az role assignment create --assignee-object-id ")
    admin.do(missing["storage, as the jobs"])
    assert check() == (0, {})


def test_a_workflow_whose_subject_nobody_registered(admin, check, monkeypatch):
    from scripts.lib.setup_check import azure

    subject = "repo:o/n:environment:staging"
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "set")
    monkeypatch.setattr("scripts.lib.setup_check.subjects.github_assertion", lambda _: lambda: f"h.{claims}.s")
    admin.subject = subject
    admin.put(sign_in=f"AADSTS700213: No matching federated identity record found for subject '{subject}'")
    assert azure.subject_of({"ACTIONS_ID_TOKEN_REQUEST_URL": "set"}) == subject
    code, missing = check()
    assert (code, list(missing)) == (8, ["sign-in"])
    admin.do(missing["sign-in"])
    assert check() == (0, {})
