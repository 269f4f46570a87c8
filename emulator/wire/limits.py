"""The limits of Azure that the workspace enforces, each with its source; docs/limits.md is generated from this file."""

from dataclasses import dataclass

_QUOTAS = "[Manage resources and quotas](https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas)"
_SERVICE = "[Service limits](https://learn.microsoft.com/azure/machine-learning/resource-limits-capacity)"
_TAGS = "[Tag limitations](https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources)"
_COMPUTE = "[AmlCompute YAML schema](https://learn.microsoft.com/azure/machine-learning/reference-yaml-compute-aml)"


@dataclass(frozen=True)
class Limit:
    """One limit: what it limits, its value, and the page that states it."""

    what: str
    value: int
    source: str


NAME_SHORTEST = Limit("Characters of the name of an endpoint or deployment, at least", 3, _QUOTAS)
NAME_LONGEST = Limit("Characters of the name of an endpoint or deployment, at most", 32, _QUOTAS)
DEPLOYMENTS_PER_ENDPOINT = Limit("Deployments of an endpoint", 20, _QUOTAS)
ENDPOINTS = Limit("Endpoints of a subscription in a region", 100, _QUOTAS)
DEPLOYMENTS = Limit("Deployments of a subscription in a region", 500, _QUOTAS)
COMPUTE_NAME_LONGEST = Limit("Characters of the name of a compute cluster, at most", 32, _COMPUTE)
TAGS = Limit("Tags of an endpoint or deployment", 50, _TAGS)
TAG_NAME = Limit("Characters of the name of such a tag", 512, _TAGS)
TAG_VALUE = Limit("Characters of the value of such a tag", 256, _TAGS)
RUN_TAGS = Limit("Tags of a job", 50, _SERVICE)
RUN_TAG_NAME = Limit("Characters of the name of a job's tag", 100, _SERVICE)
RUN_TAG_VALUE = Limit("Characters of the value of a job's tag", 1000, _SERVICE)
RUN_DISPLAY_NAME = Limit("Characters of the display name of a job", 256, _SERVICE)
EXPERIMENT_NAME = Limit("Characters of the name of an experiment", 256, _SERVICE)


def limits() -> list[Limit]:
    """Return all limits, in the order of this file."""
    return [value for value in globals().values() if isinstance(value, Limit)]


def limits_table() -> str:
    """Return the limits as a Markdown table."""
    lines = ["| limit | value | source |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {limit.what} | {limit.value:,} | {limit.source} |" for limit in limits())]) + "\n"
