"""Access control: rights, storage, sign-in and network decide as they do on Azure."""

import pytest
from azure.ai.ml.entities import BatchEndpoint
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import BlobClient
from helpers import BLOBS, grant

PROVIDER = "Microsoft.MachineLearningServices"


def test_what_no_role_grants_is_refused_with_its_action_and_scope(bench, client, surroundings):
    surroundings(grants=[grant(bench, f"{PROVIDER}/workspaces/batchEndpoints/read")])
    list(client.batch_endpoints.list())
    with pytest.raises(
        HttpResponseError, match=r"perform action '[^']*/workspaces/computes/read' over scope"
    ) as refused:
        client.compute.get("cluster")
    assert (refused.value.status_code, refused.value.error.code) == (403, "AuthorizationFailed")


def test_what_is_taken_out_of_a_role_is_refused(bench, client, surroundings):
    surroundings(grants=[grant(bench, "*", not_actions=[f"{PROVIDER}/workspaces/batchEndpoints/write"])])
    list(client.batch_endpoints.list())
    with pytest.raises(HttpResponseError, match="batchEndpoints/write"):
        client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="refused")).result()


def blob(bench, credential):
    names = bench.embedded.names
    return BlobClient(f"https://{names.storage_host}", names.default_container, "some/blob", credential=credential)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"storage": {"firewall": True}}, "AuthorizationFailure"),
        ({"grants": []}, "AuthorizationPermissionMismatch"),
        ({"grants": [{"role": "reader", "scope": "/", "data_actions": [f"{BLOBS}/read"]}]},
         "AuthorizationPermissionMismatch"),
    ],
)  # fmt: skip
def test_storage_refuses_an_identity(bench, surroundings, content, code):
    surroundings(**content)
    with pytest.raises(HttpResponseError) as refused:
        blob(bench, bench.embedded.credential).upload_blob(b"x", overwrite=True)
    assert (refused.value.status_code, refused.value.error_code) == (403, code)


def test_storage_without_keys_refuses_the_key_and_takes_an_identity(bench, client, surroundings):
    surroundings(storage={"keys": False})
    signature = client.datastores.get_default(include_secrets=True).credentials.sas_token
    with pytest.raises(HttpResponseError) as refused:
        blob(bench, signature).upload_blob(b"x", overwrite=True)
    assert refused.value.error_code == "KeyBasedAuthenticationNotPermitted"
    blob(bench, bench.embedded.credential).upload_blob(b"x", overwrite=True)


def test_nobody_signs_in(bench, surroundings):
    surroundings(sign_in="AADSTS700213: No matching federated identity record found")
    with pytest.raises(ClientAuthenticationError, match="AADSTS700213"):
        bench.embedded.credential.get_token("https://management.azure.com/.default")


def test_a_private_workspace_describes_itself_and_nothing_else(bench, client, surroundings):
    surroundings(network="private")
    assert client.workspaces.get(client.workspace_name).public_network_access == "Disabled"
    with pytest.raises(HttpResponseError, match="Public network access"):
        client.compute.get("cluster")
