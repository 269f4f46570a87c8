"""Plan a merge: compare the variant that the repository declares to serve, and its data, with the workspace."""

from dataclasses import dataclass, replace
from typing import Any

from scripts.lib.data.address import DataAddress
from scripts.lib.data.source import DataSource
from scripts.lib.errors import NotFound
from scripts.lib.line.planning import Change, plan_release, plan_result, variants_to_release
from scripts.lib.line.stored_evidence import stored_evidence
from scripts.lib.repository.compilation import compile_variant
from scripts.lib.repository.files import find_variant, serving_variant
from scripts.lib.repository.problem import find_problem
from scripts.lib.workspace.assets import data_version
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Endpoint, read_endpoint
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import exists


@dataclass(frozen=True)
class MergePlan:
    """What a merge does to an endpoint.

    ``serving``: the declared variant when its content is not the default and is to be brought there, else None.
    ``challengers``: other variants with content that nobody judged. ``retrain``: whether the default is to be
    invoked on data that the workspace has not seen. ``undecided``: why the declared content is not brought to
    default although it is not there.
    """

    declared: str
    deployment: str
    default: str | None
    changes: tuple[Change, ...]
    serving: str | None
    challengers: tuple[str, ...]
    retrain: bool
    undecided: str | None = None

    @property
    def headline(self) -> str:
        """Return one sentence: what would be the default after the merge, instead of which."""
        now = f"`{self.default}`" if self.default else "no default"
        if self.serving:
            return f"A merge brings `{self.deployment}` to default, instead of {now}, if the gate allows it."
        if self.undecided:
            return f"Not decided: {self.undecided}"
        if self.retrain:
            return f"A merge retrains the default, {now}, on new data."
        if self.challengers:
            return f"A merge leaves the default, {now}, and judges the challengers {', '.join(self.challengers)}."
        return f"Changes no deployment: {now} is the default, as the repository declares."

    def result(self) -> dict[str, Any]:
        """Return the plan as the result of a command."""
        return {
            **plan_result(list(self.changes)),
            "any": bool(self.serving or self.challengers or self.retrain),
            "declared": self.declared,
            "default": self.default or "",
            "serving": self.serving or "",
            "challengers": list(self.challengers),
            "retrain": self.retrain,
            "headline": self.headline,
        }


def plan_merge(
    connection: Connection, endpoint: str, source: DataSource | None = None, unseen: DataAddress | None = None
) -> MergePlan:
    """Return what a merge of the repository as it is, with this data, would do.

    Without a ``source`` the data may be ``unseen``: it lies in the workspace, and nobody has read it yet.

    The declared variant's content is brought to default wherever it comes from: new, or an earlier one that a revert
    brought back. Only a refusal by the gate against this very default is not repeated.
    """
    declared = serving_variant(endpoint)
    wanted = compile_variant(find_variant(endpoint, declared), endpoint).deployment
    changes = plan_release(connection, endpoint)
    try:
        state: Endpoint | None = read_endpoint(connection.client, endpoint)
    except NotFound:
        state = None
    default = state.default if state else None
    serving, undecided = (
        (None, None) if wanted == default else (declared, _refusal(connection, endpoint, wanted, default))
    )
    if undecided:
        serving = None
    there = state is not None and wanted in {deployment.name for deployment in state.deployments}
    changes = [_as_declared(change, declared, wanted, serving, undecided, there) for change in changes]
    if serving and not any(change.kind == "default" and change.variant == declared for change in changes):
        changes.append(
            Change("evaluate", "default", wanted, f"it is declared to serve, instead of {default}", declared)
        )
    data, is_new = _data_change(connection, find_problem(endpoint).data_asset, source, unseen)
    challengers = tuple(name for name in variants_to_release(changes) if name != declared)
    retrain = is_new and default is not None and serving is None
    return MergePlan(declared, wanted, default, (*data, *changes), serving, challengers, retrain, undecided)


def planned_variants(connection: Connection, endpoint: str) -> tuple[list[str], list[str]]:
    """Return the variants that a merge releases or judges, in order, and which of them are challengers."""
    plan = plan_merge(connection, endpoint)
    return [*([plan.serving] if plan.serving else []), *plan.challengers], list(plan.challengers)


def _refusal(connection: Connection, endpoint: str, wanted: str, default: str | None) -> str | None:
    evidence = stored_evidence(ReleaseStore(connection, endpoint), wanted) if default else None
    if evidence is None or evidence["verdict"]["promote"]:
        return None
    champion = evidence["champion"]
    if not champion or champion["deployment"] != default:
        return None
    return f"`{wanted}` is declared to serve, but the gate refused it against the default `{default}`, which stays."


def _as_declared(
    change: Change, declared: str, wanted: str, serving: str | None, undecided: str | None, there: bool
) -> Change:
    """Return the change with the part that its variant plays; ``there`` says whether the wanted one is deployed."""
    if change.variant != declared:
        return replace(change, reason=f"challenger: {change.reason}") if change.kind == "default" else change
    if change.name == wanted and change.action == "keep" and (serving or undecided):
        reason = "it is declared to serve" if serving else "the gate refused it"
        return replace(change, action="keep" if there or undecided else "create", reason=reason)
    return change


def _data_change(
    connection: Connection, name: str, source: DataSource | None, unseen: DataAddress | None
) -> tuple[list[Change], bool]:
    if source is None and unseen:
        return [Change("create", "data", str(unseen), "its content is known once it is validated")], True
    if source is None:
        return [], False
    version = data_version(source)
    client = connection.client
    known = exists(lambda: client.data.get(name, version=version))
    reason = "unchanged" if known else "its content is new"
    return [Change("keep" if known else "create", "data", f"{name}:{version}", reason)], not known
