"""The permissions of the caller."""

import requests
from helpers import grant


def test_rights_are_told_as_azure_tells_them(bench, surroundings):
    arm = bench.embedded.names.arm
    address = f"https://management.azure.com{arm}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    assert requests.get(address, timeout=9).json()["value"][0]["actions"] == ["*"]
    elsewhere = {"role": "o", "scope": "/subscriptions/other", "actions": ["*"]}
    surroundings(grants=[grant(bench, "Microsoft.Authorization/permissions/read", data_actions=["d"]), elsewhere])
    assert requests.get(address, timeout=9).json()["value"] == [
        {
            "actions": ["Microsoft.Authorization/permissions/read"],
            "notActions": [],
            "dataActions": ["d"],
            "notDataActions": [],
        }
    ]
