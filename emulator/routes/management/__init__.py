"""The control plane's requests, a file for each kind of resource."""

from emulator.routes.management import (
    asset_containers,
    asset_versions,
    authorization,
    capacity,
    codes,
    computes,
    datastores,
    deployments,
    endpoints,
    jobs,
    workspace,
)

__all__ = [
    "asset_containers",
    "asset_versions",
    "authorization",
    "capacity",
    "codes",
    "computes",
    "datastores",
    "deployments",
    "endpoints",
    "jobs",
    "workspace",
]
