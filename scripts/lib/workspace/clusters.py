"""A compute cluster: how it differs from its description in the repository, and which differences may be written.

An update of a cluster takes its scale settings alone, and a write takes the cluster whole: what a write leaves out, a
subnet or an identity, is gone. So nothing is written that was not read, and the rest is refused by name.
"""

import copy
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import Conflict
from scripts.lib.repository.computes import compute_name
from scripts.lib.repository.files import read_yaml
from scripts.lib.workspace.differences import Difference
from scripts.lib.workspace.writing import exists, written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_SCALE = {
    "min_instances": "minNodeCount",
    "max_instances": "maxNodeCount",
    "idle_time_before_scale_down": "nodeIdleTimeBeforeScaleDown",
}
_FIXED = {"size": "vmSize", "tier": "vmPriority"}
_READ_ONLY = ("id", "name", "type", "systemData")


def cluster_differences(client: "MLClient", description: Path) -> list[Difference] | None:
    """Return every field that ``description`` names and the workspace has otherwise; None without a cluster."""
    name = compute_name(description)
    if not exists(lambda: client.compute.get(name)):
        return None
    idle = client.compute.get(name).idle_time_before_scale_down
    return list(_differences(description, _read(client, name), idle))


def _read(client: "MLClient", name: str) -> Any:
    """Return the cluster as the service describes it: the SDK's own class drops some of it."""
    operations: Any = client.compute
    return operations._operation.get(client.resource_group_name, client.workspace_name, name)


def _differences(description: Path, present: Any, idle: float | None) -> Iterator[Difference]:
    wanted, cluster = read_yaml(description), present["properties"]["properties"]
    name = str(wanted["name"])
    scale = {**(cluster.get("scaleSettings") or {}), _SCALE["idle_time_before_scale_down"]: idle}
    for field, key in _SCALE.items():
        described, found = wanted.get(field), scale.get(key)
        if described is not None and described != found:
            yield Difference("compute", name, field, described, found)
    for field, key in _FIXED.items():
        described, found = wanted.get(field), cluster.get(key)
        if described is not None and _plain(described) != _plain(found):
            why = f"a cluster keeps its {field}; delete it, or describe one of another name in {description.name}"
            yield Difference("compute", name, field, described, found, why)
    subnet = (wanted.get("network_settings") or {}).get("subnet")
    if subnet is not None and _plain(subnet) != _plain((cluster.get("subnet") or {}).get("id")):
        why = f"a cluster keeps its network; describe one of another name in {description.name}"
        yield Difference("compute", name, "subnet", subnet, (cluster.get("subnet") or {}).get("id"), why)
    identity, has = (wanted.get("identity") or {}).get("type"), (present.get("identity") or {}).get("type") or "None"
    if identity is not None and _plain(identity) not in _plain(has):
        refused = _identity_refusal(identity, has, cluster, name)
        yield Difference("compute", name, "identity", identity, has, refused)
    tags = present.get("tags") or {}
    for key, value in (wanted.get("tags") or {}).items():
        if tags.get(key) != str(value):
            yield Difference("compute", name, f"tag {key}", value, tags.get(key), _secret_of(cluster))


def _identity_refusal(wanted: str, has: str, cluster: Mapping[str, Any], name: str) -> str | None:
    if _plain(has) != "none" or _plain(wanted) != "systemassigned":
        return f"it would replace one; change it by hand: az ml compute update --name {name} --identity-type {wanted}"
    return _secret_of(cluster)


def _secret_of(cluster: Mapping[str, Any]) -> str | None:
    """Say why the cluster cannot be written whole, or None where it can: a password is never told again."""
    return "a write would take away the nodes' user, whose password is not told" if _user(cluster) else None


def _user(cluster: Mapping[str, Any]) -> str | None:
    return (cluster.get("userAccountCredentials") or {}).get("adminUserName")


def update_cluster(client: "MLClient", description: Path, differences: list[Difference]) -> None:
    """Write what is safe of ``differences``: scale settings by an update, identity and tags with all that was read.

    Raises:
        Conflict: one of them may not be written; nothing was.
    """
    if refused := [difference for difference in differences if difference.refused]:
        raise Conflict(
            "The cluster is not as the repository describes it, and this is not written:\n"
            + "\n".join(f"  {difference.sentence()}" for difference in refused)
        )
    operations: Any = client.compute
    name = compute_name(description)
    place = (client.resource_group_name, client.workspace_name, name)
    wanted, present = read_yaml(description), _read(client, name)
    fields = {difference.field for difference in differences}

    def write() -> None:
        if fields & set(_SCALE):
            settings = {**(present["properties"]["properties"].get("scaleSettings") or {}), **_scale_settings(wanted)}
            body = {"properties": {"properties": {"scaleSettings": settings}}}
            operations._operation.begin_update(*place, parameters=body).result()
        if fields - set(_SCALE):
            whole = _with_tags_and_identity(_read(client, name), wanted, "identity" in fields)
            operations._operation.begin_create_or_update(*place, parameters=whole).result()

    written(
        write,
        lambda: None if cluster_differences(client, description) else True,
        lambda: f"The workspace said yes to compute {name}, but it is not as {description.name} says.",
    )


def _with_tags_and_identity(present: Any, wanted: Mapping[str, Any], identity: bool) -> dict[str, Any]:
    whole = copy.deepcopy({key: value for key, value in present.items() if key not in _READ_ONLY})
    whole["tags"] = {**(whole.get("tags") or {}), **{k: str(v) for k, v in (wanted.get("tags") or {}).items()}}
    if identity:
        whole["identity"] = {"type": "SystemAssigned"}
    return whole


def _scale_settings(wanted: Mapping[str, Any]) -> dict[str, Any]:
    settings = {key: wanted[field] for field, key in _SCALE.items() if field in wanted}
    if "nodeIdleTimeBeforeScaleDown" in settings:
        settings["nodeIdleTimeBeforeScaleDown"] = f"PT{int(settings['nodeIdleTimeBeforeScaleDown'])}S"
    return settings


def _plain(text: Any) -> str:
    """Return a word without what YAML and the service write otherwise: low_priority, LowPriority."""
    return str(text).lower().replace("_", "")


def users_of_cluster(client: "MLClient", name: str, but: Collection[str]) -> list[str]:
    """Return what else uses a cluster: deployments of other endpoints than ``but`` (in Azure), and running nodes."""
    operations = client.batch_deployments
    rest: Any = operations._batch_deployment  # the SDK's own class drops the settings
    users = []
    for endpoint in client.batch_endpoints.list():
        if endpoint.name in but:
            continue
        for deployment in rest.list(
            endpoint_name=endpoint.name,
            resource_group_name=client.resource_group_name,
            workspace_name=client.workspace_name,
        ):
            if name in _computes(deployment.as_dict()):
                users.append(f"deployment {deployment.name} of endpoint {endpoint.name}")
    counts = _read(client, name)["properties"]["properties"].get("nodeStateCounts") or {}
    if running := counts.get("runningNodeCount"):
        users.append(f"{running} nodes that run jobs")
    return users


def _computes(deployment: Mapping[str, Any]) -> set[str]:
    properties = deployment.get("properties") or {}
    settings = (properties.get("deploymentConfiguration") or {}).get("settings") or {}
    named = (properties.get("compute"), settings.get("default_compute"), settings.get("ComponentDeployment.Compute"))
    return {str(one).rpartition("/")[2].removeprefix("azureml:") for one in named if one}
