"""The credential for Azure: in GitHub Actions a federated one, elsewhere the machine's default."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from scripts.lib.errors import ReleaseError
from scripts.lib.workspace.clouds import PUBLIC, Cloud

_TIMEOUT_SECONDS = 30


def azure_credential(environment: Mapping[str, str] = os.environ, cloud: Cloud = PUBLIC) -> Any:
    """Return the credential to use on Azure.

    Inside GitHub Actions, with ``id-token: write`` granted, tokens come from the workflow's own identity: a new
    assertion is requested from GitHub each time a token must be renewed, since an assertion expires during a long
    wait (AADSTS700024). Elsewhere it is ``DefaultAzureCredential``.
    """
    from azure.identity import ClientAssertionCredential, DefaultAzureCredential

    client, tenant = environment.get("AZURE_CLIENT_ID"), environment.get("AZURE_TENANT_ID")
    if environment.get("ACTIONS_ID_TOKEN_REQUEST_URL") and client and tenant:
        assertion = github_assertion(environment, cloud.audience)
        return ClientAssertionCredential(tenant, client, assertion, authority=cloud.authority)
    return DefaultAzureCredential(exclude_interactive_browser_credential=True, authority=cloud.authority)


def github_assertion(environment: Mapping[str, str], audience: str = PUBLIC.audience) -> Callable[[], str]:
    """Return a function that requests a new assertion of the workflow's identity from GitHub."""

    def request() -> str:
        import requests

        try:
            response = requests.get(
                environment["ACTIONS_ID_TOKEN_REQUEST_URL"],
                params={"audience": audience},
                headers={"Authorization": f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
                timeout=_TIMEOUT_SECONDS,
            )
            response.raise_for_status()
            return str(response.json()["value"])
        except (requests.RequestException, KeyError, ValueError) as error:
            raise ReleaseError(
                f"GitHub gave no identity token ({type(error).__name__}: {error}); "
                "does the job have `permissions: id-token: write`?"
            ) from error

    return request
