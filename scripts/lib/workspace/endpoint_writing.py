"""Write the default and the tags of a batch endpoint, and verify the write."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scripts.lib.errors import Conflict
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, Endpoint, default_of, read_endpoint
from scripts.lib.workspace.writing import written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def write_endpoint(
    client: "MLClient",
    name: str,
    tags: Mapping[str, str | None],
    default: str | None = None,
    replacing: str | None = None,
) -> Endpoint:
    """Set tags (None removes a tag) and, where given, the default; then read the endpoint and return it.

    The evidence's tags of deployments that are gone are removed with every write: Azure keeps some fifty tags.

    An endpoint is written whole, so this needs the endpoint's lock: a write from an older reading would bring an
    older default back.

    Raises:
        NotFound: a tag tells of the evidence about a deployment that is gone.
        Conflict: the default is no longer ``replacing``, or the workspace reported success but did not store the
            default or a tag.
    """
    endpoint = client.batch_endpoints.get(endpoint_name(client, name))
    present = default_of(endpoint)
    if default and present != replacing:
        raise Conflict(
            f"The default of {name} is {present or 'none'}, no longer {replacing or 'none'}: another "
            "client changed it. Nothing was written."
        )
    before = read_endpoint(client, name)
    for tag, value in tags.items():
        if value and tag.startswith(EVIDENCE_TAG):
            before.deployment(tag.removeprefix(EVIDENCE_TAG))
    told = {**dict.fromkeys(stale_tags(before)), **tags}
    kept = {key: value for key, value in {**before.tags, **told}.items() if value}
    endpoint.tags = kept
    if default:
        if isinstance(endpoint.defaults, Mapping) or endpoint.defaults is None:
            endpoint.defaults = {"deployment_name": default}
        else:
            endpoint.defaults.deployment_name = default

    def as_told() -> Endpoint | None:
        now = read_endpoint(client, name)
        return now if now.default == (default or present) and not _differing(now, kept, told) else None

    return written(
        lambda: client.batch_endpoints.begin_create_or_update(endpoint).result(),
        as_told,
        lambda: _not_as_told(read_endpoint(client, name), default, kept, told),
    )


def stale_tags(state: Endpoint) -> list[str]:
    """Return the tags that tell of the evidence about deployments which are gone."""
    names = {EVIDENCE_TAG + deployment.name for deployment in state.deployments}
    return [tag for tag in state.tags if tag.startswith(EVIDENCE_TAG) and tag not in names]


def _differing(now: Endpoint, kept: Mapping[str, str], told: Mapping[str, str | None]) -> list[str]:
    """Return the tags that are not as they were told to be: other, missing, or there although they were removed."""
    wanted: dict[str, str | None] = {**dict.fromkeys(told), **kept}
    return [key for key, value in wanted.items() if now.tags.get(key) != value]


def _not_as_told(now: Endpoint, default: str | None, kept: Mapping[str, str], told: Mapping[str, str | None]) -> str:
    if default and now.default != default:
        return (
            f"The workspace said yes to {default} as the default of {now.name}, but the default is "
            f"{now.default or 'none'}. Run the command again."
        )
    wrong = next(iter(_differing(now, kept, told)), "of its default")
    return (
        f"The workspace did not keep the tag {wrong} of endpoint {now.name}; perhaps another client wrote it at the "
        f"same moment. Its default is {now.default or 'none'}. Run the command again."
    )
