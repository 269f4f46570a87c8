"""Judge several new deployments on the same rows at once, before any of them is compared or promoted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from scripts.lib.errors import GateSaidNo, ReleaseError
from scripts.lib.line.gates import endpoint_gate
from scripts.lib.line.judgement import judge_sides
from scripts.lib.line.withholding import split_of
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import read_endpoint


@dataclass(frozen=True)
class Beforehand:
    """What was done before an evaluation: the job that withheld the rows, and the deployments whose scores are stored.

    ``refused`` has, by the name of the deployment, why another cannot be judged.
    """

    withheld_by: str
    scored: Collection[str] = ()
    refused: Mapping[str, ReleaseError] = field(default_factory=dict)


def judge_beforehand(
    connection: Connection,
    endpoint: str,
    deployments: Sequence[str],
    data_asset: tuple[str, str],
    withheld_by: str,
    stream: bool,
) -> Beforehand:
    """Invoke several deployments and the default side by side, and store their scores.

    Raises:
        JobFailed: a job was canceled.
    """
    client = connection.client
    try:
        split = split_of(client, endpoint, endpoint_gate(endpoint), data_asset, withheld_by)
    except GateSaidNo:  # the evaluation of each says so
        return Beforehand(withheld_by)
    state = read_endpoint(client, endpoint)
    names = [*([state.default] if state.default else []), *deployments]
    scored, refused = judge_sides(connection, endpoint, {name: state.deployment(name) for name in names}, split, stream)
    return Beforehand(withheld_by, scored.keys(), refused)
