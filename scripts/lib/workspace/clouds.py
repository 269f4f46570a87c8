"""Azure's clouds: the public one, that of China and that of the US government; one variable chooses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.lib.errors import BadConfiguration

VARIABLE = "AZURE_CLOUD"


@dataclass(frozen=True)
class Cloud:
    """One cloud: its name in the SDK, and where its services are."""

    name: str
    management: str
    authority: str
    studio: str
    audience: str


# The hosts are those of the SDK (azure.ai.ml._azure_environments), the audiences those of the action azure/login.
PUBLIC = Cloud(
    "AzureCloud",
    "https://management.azure.com",
    "login.microsoftonline.com",
    "https://ml.azure.com",
    "api://AzureADTokenExchange",
)
CHINA = Cloud(
    "AzureChinaCloud",
    "https://management.chinacloudapi.cn",
    "login.chinacloudapi.cn",
    "https://studio.ml.azure.cn",
    "api://AzureADTokenExchangeChina",
)
US_GOVERNMENT = Cloud(
    "AzureUSGovernment",
    "https://management.usgovcloudapi.net",
    "login.microsoftonline.us",
    "https://ml.azure.us",
    "api://AzureADTokenExchangeUSGov",
)
CLOUDS = {one.name: one for one in (PUBLIC, CHINA, US_GOVERNMENT)}


def cloud(environment: Mapping[str, str] = os.environ) -> Cloud:
    """Return the cloud that ``AZURE_CLOUD`` names, the public one unless it is set.

    Raises:
        BadConfiguration: it names no cloud.
    """
    name = environment.get(VARIABLE) or PUBLIC.name
    if name not in CLOUDS:
        raise BadConfiguration(f"{VARIABLE} is {name!r}; it is one of {', '.join(CLOUDS)}.")
    return CLOUDS[name]
