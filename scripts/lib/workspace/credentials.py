"""The credential for Azure: in GitHub Actions a federated one, elsewhere the machine's default."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from scripts.lib.errors import ReleaseError
from scripts.lib.workspace.clouds import PUBLIC, Cloud

_TIMEOUT_SECONDS = 30
# Of failures that pass: no answer, too many requests, a fault of the service.
_PAUSES = (1.0, 3.0, 9.0)
_LASTING = range(400, 500)
_TOO_MANY = 429


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
    """Return a function that requests a new assertion of the workflow's identity from GitHub.

    It asks again when GitHub does not answer, or has a fault, and not when GitHub refuses.
    """

    def request() -> str:
        import requests

        for pause in (*_PAUSES, None):
            try:
                return _requested(environment, audience)
            except (requests.RequestException, KeyError, ValueError) as error:
                if pause is None or not _passes(error):
                    raise ReleaseError(
                        f"GitHub gave no identity token ({type(error).__name__}: {error}); "
                        "does the job have `permissions: id-token: write`?"
                    ) from error
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    return request


def _requested(environment: Mapping[str, str], audience: str) -> str:
    import requests

    response = requests.get(
        environment["ACTIONS_ID_TOKEN_REQUEST_URL"],
        params={"audience": audience},
        headers={"Authorization": f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
        timeout=_TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    return str(response.json()["value"])


def _passes(error: Exception) -> bool:
    """Whether another attempt may succeed."""
    import requests

    if isinstance(error, KeyError):
        return False
    status = error.response.status_code if isinstance(error, requests.HTTPError) and error.response is not None else 0
    return status == _TOO_MANY or status not in _LASTING
