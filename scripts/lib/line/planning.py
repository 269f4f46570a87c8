"""Plan a release: compare the repository's YAML with the workspace."""

from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts.lib.errors import NotFound
from scripts.lib.line.default_history import read_history
from scripts.lib.line.endpoint_settings import deployment_differences, endpoint_differences
from scripts.lib.line.stored_evidence import stored_evidence
from scripts.lib.repository.compilation import compile_environment, compile_variant
from scripts.lib.repository.compiled import CompiledVariant
from scripts.lib.repository.computes import compute_name, computes_of
from scripts.lib.repository.files import find_variant, released_variants
from scripts.lib.workspace.clusters import cluster_differences
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.differences import Difference
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.endpoints import Endpoint, read_endpoint
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import exists

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Action = Literal["create", "evaluate", "keep", "update", "refuse"]


@dataclass(frozen=True)
class Change:
    """One thing that a release would create, evaluate, keep, update, or refuse to write."""

    action: Action
    kind: str
    name: str
    reason: str
    variant: str | None = None


def plan_release(connection: Connection, endpoint: str, variants: list[str] | None = None) -> list[Change]:
    """Return what a release of ``variants`` would do, in order; by default of all that are not on request.

    If the endpoint has a default, content is not evaluated again that the gate refused or that was the default before:
    a deployment's name holds a digest of its content, and its evidence outlives it.
    """
    client = connection.client
    store = ReleaseStore(connection, endpoint)
    environment = compile_environment()
    changes = [
        _asset_change(
            "environment",
            environment.reference,
            exists(lambda: client.environments.get(environment.name, environment.version)),
        )
    ]
    names = variants or released_variants(endpoint)
    for description in computes_of(endpoint, names):
        changes += _cluster_changes(client, description)
    try:
        found = read_endpoint(client, endpoint)
        state: Endpoint | None = found
        changes.append(Change("keep", "endpoint", endpoint, f"it exists as {found.azure_name}"))
        changes += _as_changes(endpoint_differences(client, endpoint))
    except NotFound:
        state = None
        reason = f"it does not exist; its name in Azure is {endpoint_name(client, endpoint)}"
        changes.append(Change("create", "endpoint", endpoint, reason))
    for name in names:
        compiled = compile_variant(find_variant(endpoint, name), endpoint)
        pipeline = compiled.pipeline
        registered = exists(lambda pipeline=pipeline: client.components.get(pipeline.name, pipeline.version))  # type: ignore[misc]
        changes.append(_asset_change("component", pipeline.reference, registered))
        changes += _deployment_changes(compiled, state, settled=_settled(store, compiled.deployment))
        if state and any(deployment.name == compiled.deployment for deployment in state.deployments):
            changes += _as_changes(deployment_differences(client, compiled))
    return changes


def _cluster_changes(client: "MLClient", description: Path) -> list[Change]:
    differences, name = cluster_differences(client, description), compute_name(description)
    if differences is None:
        return [Change("create", "compute", name, "it does not exist")]
    return _as_changes(differences) or [Change("keep", "compute", name, "unchanged")]


def _as_changes(differences: list[Difference]) -> list[Change]:
    return [
        Change("refuse", one.kind, one.name, f"{one.change()}; {one.refused}")
        if one.refused
        else Change("update", one.kind, one.name, one.change())
        for one in differences
    ]


def _settled(store: ReleaseStore, deployment: str) -> bool:
    """Return whether the gate refused this content, or it was the endpoint's default since it was last deleted."""
    evidence = stored_evidence(store, deployment)
    if evidence is None:
        return False
    since_it_exists = takewhile(lambda entry: entry["action"] != "deleted", reversed(read_history(store)))
    was_default = any(entry["default"] == deployment for entry in since_it_exists)
    return was_default or not evidence["verdict"]["promote"]


def _asset_change(kind: str, name: str, present: bool) -> Change:
    return Change("keep", kind, name, "unchanged") if present else Change("create", kind, name, "its content is new")


def _deployment_changes(compiled: CompiledVariant, state: Endpoint | None, settled: bool) -> list[Change]:
    name, variant = compiled.deployment, compiled.variant.name
    present = {deployment.name: deployment for deployment in state.deployments} if state else {}
    default = state.default if state else None
    if name == default:
        return [Change("keep", "deployment", name, "it is the default", variant)]
    if settled and default:
        reason = f"this content was judged before; `release_variants --variant {variant}` judges it again"
        return [Change("keep", "deployment", name, reason, variant)]
    changes = []
    if name in present:
        changes.append(Change("keep", "deployment", name, "it is deployed beside the default", variant))
    else:
        changes.append(Change("create", "deployment", name, "its content is new", variant))
    against = f"it contests the default {default}" if default else "it would be the first default"
    return [*changes, Change("evaluate", "default", name, against, variant)]


def variants_to_release(changes: list[Change]) -> list[str]:
    """Return the variants whose deployment a release would create or evaluate, in the plan's order."""
    return list(dict.fromkeys(c.variant for c in changes if c.variant and c.action in ("create", "evaluate")))


def plan_result(changes: list[Change]) -> dict[str, Any]:
    """Return a plan as the result of a command."""
    variants = variants_to_release(changes)
    updates = any(change.action == "update" for change in changes)
    return {
        "changes": [asdict(change) for change in changes],
        "variants": variants,
        "any": bool(variants),
        "updates": updates,
    }


def plan_text(changes: list[Change], headline: str = "") -> str:
    """Return a plan as lines for a terminal, the sentence that sums it up last."""
    news = [change for change in changes if change.action != "keep"]
    lines = [f"{change.action:>8}  {change.kind} {change.name}: {change.reason}" for change in news] or ["No changes."]
    return "\n".join([*lines, *([headline.replace("`", "")] if headline else [])])


def plan_summary(changes: list[Change], headline: str = "", title: str = "Plan") -> str:
    """Return a plan in Markdown, below the sentence that sums it up."""
    news = [change for change in changes if change.action != "keep"]
    if not news:
        return f"### {title}\n\n{headline or 'No changes: the workspace holds what the repository describes.'}\n"
    lines = [f"### {title}", "", *([headline, ""] if headline else []), "| | what | name | why |", "|---|---|---|---|"]
    lines += [f"| {change.action} | {change.kind} | `{change.name}` | {change.reason} |" for change in changes]
    return "\n".join(lines) + "\n"
