"""Judge deployments by what they deliver: invoke each on the rest of the rows, score the withheld ones, keep that."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import BadConfiguration, JobFailed, ReleaseError
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.line import scoring
from scripts.lib.line.judged_scores import DELIVERED, fold_words, read_judged
from scripts.lib.line.scoring import Delivered
from scripts.lib.line.stored_scores import Judged, store_scores, stored_scores
from scripts.lib.line.withholding import Split
from scripts.lib.telling import results
from scripts.lib.workspace import invocation, jobs
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Deployment
from scripts.lib.workspace.interruption import canceled_on_exit
from scripts.lib.workspace.job_status import COMPLETED
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def judge_sides(
    connection: Connection, endpoint: str, sides: Mapping[str, Deployment], split: Split, stream: bool = False
) -> tuple[dict[str, Judged], dict[str, ReleaseError]]:
    """Return how each deployment of ``sides`` (label to deployment) scores the withheld rows, and why others do not.

    What was judged once, by content and by split, is not judged again. The others are invoked side by side: on the
    rest of each fold and, when every row is withheld once, on all rows too, which gives the delivered model. A side
    that cannot be judged has, by its label, the error that says why: BadConfiguration where this release line did not
    make it, JobFailed where an invocation failed, EvaluationRefused where what it delivered cannot score the rows.

    Raises:
        JobFailed: a job was canceled.
    """
    store = ReleaseStore(connection, endpoint)
    judged: dict[str, Judged] = {}
    refused: dict[str, ReleaseError] = {}
    new: dict[str, Deployment] = {}
    for label, side in sides.items():
        if found := stored_scores(store, side, split):
            results.tell(f"    {_called(label, side)} was judged on these rows before; its scores are kept from then")
            judged[label] = found
        elif not _is_own(side):
            refused[label] = BadConfiguration(
                f"Deployment {side.name} does not say its content and how it scores rows: it was not made by "
                "`scripts.deploy_candidate` as it is now, so evidence about it would mean nothing."
            )
        else:
            new[label] = side
    delivered = _invoke(connection.client, endpoint, new, split, stream, refused) if new else {}
    if delivered:
        for label, made in _score(connection.client, new, delivered, split, stream, refused).items():
            store_scores(store, new[label], made, split)
            judged[label] = made
    return judged, refused


def _is_own(side: Deployment) -> bool:
    return bool(side.content_digest and side.code_digest and side.training_step and side.scoring)


def _invoke(
    client: "MLClient",
    endpoint: str,
    sides: Mapping[str, Deployment],
    split: Split,
    stream: bool,
    refused: dict[str, ReleaseError],
) -> dict[str, dict[str, Delivered]]:
    """Invoke every side on every fold at once, wait for all; return what each left, by side and fold."""
    inputs = {fold: invocation.training_inputs(endpoint, split.rest(fold)) for fold in split.folds}
    if split.refitted:
        inputs[DELIVERED] = invocation.data_inputs(endpoint, *split.data)
    ran: dict[str, dict[str, str]] = {label: {} for label in sides}
    listed: list[Any] = []
    with canceled_on_exit(client) as started:
        for label, side in sides.items():
            with invocation.invoking(client, endpoint, side.name, listed) as invoke:
                for fold, given in inputs.items():
                    ran[label][fold] = started.submit(partial(invoke, given))
            results.tell(
                f"    {_called(label, side)} trains {len(inputs)} times, as jobs {', '.join(ran[label].values())}"
            )
        names = {_words(label, fold): job for label, of_side in ran.items() for fold, job in of_side.items()}
        statuses = jobs.wait(client, names, stream, each_step=False, to_the_end=True)
    delivered = {}
    for label, of_side in ran.items():
        try:
            for fold, job in of_side.items():
                jobs.require_completed(client, job, statuses[_words(label, fold)])
            found = {fold: scoring.delivered_by(client, job) for fold, job in of_side.items()}
            for fold, made in found.items():
                _require_delivered(sides[label], fold, made)
            delivered[label] = found
        except JobFailed as error:
            _refuse(refused, label, error, (statuses[_words(label, fold)] for fold in of_side))
        except EvaluationRefused as error:
            refused[label] = error
    return delivered


def _score(
    client: "MLClient",
    sides: Mapping[str, Deployment],
    delivered: Mapping[str, Mapping[str, Delivered]],
    split: Split,
    stream: bool,
    refused: dict[str, ReleaseError],
) -> dict[str, Judged]:
    """Score the rows of every fold with what it delivered, a job a side; return what each side scored."""
    rows = {fold: split.unlabelled(fold) for fold in split.folds}
    if split.refitted:
        rows[DELIVERED] = split.every_row_unlabelled
    ran: dict[str, str] = {}
    with canceled_on_exit(client) as started:
        for label, made in delivered.items():
            submit = partial(scoring.submit_scoring, client, str(sides[label].scoring), rows, made, sides[label].name)
            ran[label] = started.submit(submit)
            results.tell(f"    {_called(label, sides[label])} is scored by job {ran[label]}")
        statuses = jobs.wait(client, ran, stream, each_step=False, to_the_end=True)
    judged = {}
    for label, job in ran.items():
        try:
            jobs.require_completed(client, job, statuses[label])
            judged[label] = read_judged(client, sides[label], job, delivered[label], split, tuple(rows))
        except JobFailed as error:
            message = f"What {sides[label].name} delivered does not score rows without their target. {error.message}"
            _refuse(refused, label, EvaluationRefused("not-scorable", message), [statuses[label]])
        except EvaluationRefused as error:
            refused[label] = error
    return judged


def _refuse(refused: dict[str, ReleaseError], label: str, error: ReleaseError, statuses: Iterable[str]) -> None:
    """Keep the error of one side; a job that did not fail by itself says nothing about its side, and stops all."""
    if not set(statuses) <= {COMPLETED, "Failed"}:
        raise error
    refused[label] = error


def _require_delivered(side: Deployment, fold: str, made: Delivered) -> None:
    for what, address in (("model", made.model), ("transformations", made.transformations)):
        if not address:
            raise EvaluationRefused(
                "no-model" if what == "model" else "no-transformations",
                f"{side.name} delivers no {what} ({fold_words(fold)}, job {made.job}), so there is nothing to judge.",
            )


def _called(label: str, side: Deployment) -> str:
    return side.name if label == side.name else f"{label} {side.name}"


def _words(label: str, key: str) -> str:
    return f"{label} {fold_words(key)}"
