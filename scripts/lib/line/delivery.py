"""Register what a promoted deployment delivered, so that clients find its model by name and version."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.lib.evidence.contents import Evidence
from scripts.lib.line.reporting import card_of
from scripts.lib.line.scoring_release import release_scoring
from scripts.lib.line.stored_evidence import promoting_evidence
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Endpoint, read_endpoint
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import create_once

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_SHORT = 12


@dataclass(frozen=True)
class DeliveredVersion:
    """The registered model and transformations of one promotion, each as ``NAME:VERSION``."""

    model: str
    transformations: str


def deliver(connection: Connection, endpoint: str) -> DeliveredVersion | None:
    """Register what the default of ``endpoint`` delivered when it was judged, and let the scoring endpoint use it.

    Repeating it changes nothing. None where the default was promoted without evidence, by force.
    """
    client = connection.client
    state = read_endpoint(client, endpoint)
    store = ReleaseStore(connection, endpoint)
    evidence = promoting_evidence(store, state)
    if evidence is None or state.default is None:
        return None
    delivered = _register(client, endpoint, evidence, _write_card(store, evidence))
    release_scoring(connection, endpoint, state.deployment(state.default))
    return delivered


def delivered_version(connection: Connection, state: Endpoint) -> DeliveredVersion | None:
    """Return the registered model and transformations of an endpoint's default, or None where there are none."""
    evidence = promoting_evidence(ReleaseStore(connection, state.name), state)
    return _version(state.name, evidence) if evidence else None


def delivered_paths(client: "MLClient", delivered: DeliveredVersion) -> tuple[str, str]:
    """Return where the registered model and transformations lie."""
    model, transformations = (
        operations.get(name, version=version).path
        for operations, (name, version) in (
            (client.models, delivered.model.split(":")),
            (client.data, delivered.transformations.split(":")),
        )
    )
    return str(model), str(transformations)


def _version(endpoint: str, evidence: Evidence) -> DeliveredVersion:
    made = evidence["candidate"]["delivered"]
    return DeliveredVersion(
        f"{endpoint}-model:{_short(made['model_digest'])}",
        f"{endpoint}-transformations:{_short(made['transformations_digest'])}",
    )


def _write_card(store: ReleaseStore, evidence: Evidence) -> str:
    """Write the model's card beside its evidence, unless it is there; return where it lies, as a tag says it."""
    name = f"cards/{evidence['digest'].removeprefix('sha256:')}.md"
    if store.read(name) is None:
        store.write(name, card_of(store, evidence).encode())
    return f"releases/{store.endpoint}/{name}"


def _register(client: "MLClient", endpoint: str, evidence: Evidence, card: str) -> DeliveredVersion:
    """Register the model and the transformations that were judged, each under a digest of its content."""
    from azure.ai.ml.entities import Data, Model

    candidate = evidence["candidate"]
    made, wanted = candidate["delivered"], _version(endpoint, evidence)
    tags = {"deployment": candidate["deployment"], "job": made["job"], "evidence": evidence["digest"], "card": card}
    name, version = wanted.model.split(":")
    digest = {"content_digest": made["model_digest"]}
    model = Model(name=name, version=version, path=made["model"], type="mlflow_model", tags={**tags, **digest})
    create_once(
        lambda: client.models.get(name, version), lambda: client.models.create_or_update(model), f"model {wanted.model}"
    )
    other, revision = wanted.transformations.split(":")
    digest = {"content_digest": made["transformations_digest"]}
    data = Data(name=other, version=revision, path=made["transformations"], type="uri_folder", tags={**tags, **digest})
    create_once(
        lambda: client.data.get(other, revision),
        lambda: client.data.create_or_update(data),
        f"data {wanted.transformations}",
    )
    return wanted


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_SHORT]
