"""Check that the region offers the size that a cluster's description asks for, and that its quota has room for it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.setup_check.check import Check, result
from scripts.lib.setup_check.place import Place

if TYPE_CHECKING:
    from azure.ai.ml.entities import Usage, VmSize

_LOW_PRIORITY = "TotalLowPriorityCores"


def check_capacity(
    description: Path, sizes: Iterable["VmSize"], usages: Iterable["Usage"], place: Place, location: str
) -> Check:
    """Check that all nodes of a cluster fit into what is free of its family, or of the low-priority cores."""
    from azure.ai.ml import load_compute

    name, wanted = "compute quota", load_compute(description)
    size = next((_said(one) for one in sizes if str(one.name).lower() == str(wanted.size).lower()), None)
    if size is None:
        fix = f"write a size of the region into pipelines/{description.name}: az ml compute list-sizes"
        return result(name, False, f"{location} has no such size", f"{fix} --location {location}")
    low_priority = "low" in str(wanted.tier).lower()
    family = _LOW_PRIORITY if low_priority else str(size["family"])
    needed = int(size["vCPUs"]) * int(wanted.max_instances or 1)
    usage = next((said for said in map(_said, usages) if _usage_name(said).lower() == family.lower()), None)
    # A family without a line is one that the subscription has no quota of.
    limit, used = (int(usage["limit"]), int(usage["currentValue"])) if usage else (0, 0)
    nodes = f"{wanted.max_instances} nodes of {wanted.size}"
    found = f"{limit - used} of {limit} cores of {family} are free; {nodes} need {needed}"
    scope = f"/subscriptions/{place.subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
    kind = "lowPriority" if low_priority else "dedicated"
    fix = (
        f'az quota update --resource-name "{family}" --resource-type {kind} --limit-object value={used + needed} '
        f"--scope {scope}"
    )
    return result(name, limit - used >= needed, found, fix)


def _said(entity: Any) -> Mapping[str, Any]:
    """Return what the service said.

    The SDK (1.35.2) declares ``current_value`` and ``v_cp_us``, and leaves them None: the values stand beside them
    under the names that the service uses.
    """
    return dict(vars(entity))


def _usage_name(usage: Mapping[str, Any]) -> str:
    name = usage.get("name") or {}
    return str(name.get("value") if isinstance(name, Mapping) else name.value)
