"""One variable leads to the cloud of China or of the US government; the SDK's own table is the witness."""

import pytest
from azure.ai.ml._azure_environments import EndpointURLS, _environments
from azure.identity import ClientAssertionCredential

from scripts.lib.errors import BadConfiguration
from scripts.lib.workspace.clouds import CLOUDS, cloud
from scripts.lib.workspace.connection import Target, connect
from scripts.lib.workspace.credentials import azure_credential


def test_the_clouds_are_those_of_the_sdk():
    assert set(CLOUDS) == set(_environments)
    for name, hosts in _environments.items():
        assert CLOUDS[name].management == hosts[EndpointURLS.RESOURCE_MANAGER_ENDPOINT].rstrip("/")
        assert f"https://{CLOUDS[name].authority}/" == hosts[EndpointURLS.ACTIVE_DIRECTORY_ENDPOINT]


@pytest.mark.parametrize("name", CLOUDS)
def test_the_variable_decides_where_the_client_and_the_credential_go(monkeypatch, name):
    monkeypatch.setenv("AZURE_CLOUD", name)
    connection = connect(Target("s", "g", "w"))
    assert connection.cloud.name == name
    assert connection.client._base_url.rstrip("/") == CLOUDS[name].management
    variables = {"ACTIONS_ID_TOKEN_REQUEST_URL": "u", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}
    credential = azure_credential(variables, CLOUDS[name])
    assert isinstance(credential, ClientAssertionCredential)
    assert credential._client._authority == f"https://{CLOUDS[name].authority}"


@pytest.fixture(autouse=True)
def _no_cloud_left(monkeypatch):
    """The SDK writes the cloud it was given into the environment."""
    monkeypatch.setenv("AZUREML_CURRENT_CLOUD", "AzureCloud")


def test_no_variable_means_the_public_cloud_and_a_wrong_one_is_refused():
    assert cloud({}).name == cloud({"AZURE_CLOUD": ""}).name == "AzureCloud"
    with pytest.raises(BadConfiguration, match="AZURE_CLOUD is 'Azure'; it is one of AzureCloud, AzureChinaCloud"):
        cloud({"AZURE_CLOUD": "Azure"})
