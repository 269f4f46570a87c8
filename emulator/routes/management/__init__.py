"""The operations of the control plane, one file for each kind of resource."""

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
    schedules,
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
    "schedules",
    "workspace",
]
