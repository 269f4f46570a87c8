"""Withhold rows of the data from every deployment that is judged; the split is made where the data lies."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import GateSaidNo
from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import JudgedRows
from scripts.lib.gate.reading import read_json, read_judged_rows
from scripts.lib.line.gates import predicted_by
from scripts.lib.repository.compilation import compile_component
from scripts.lib.repository.files import WITHHOLD_COMPONENT, WITHHOLD_JOB
from scripts.lib.repository.problem import Problem, find_problem
from scripts.lib.workspace import jobs
from scripts.lib.workspace.assets import data_digest, ensure_component
from scripts.lib.workspace.outputs import download_outputs, output_addresses

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

    from scripts.lib.gate.arrays import Integers

# What the story calls the job.
WITHHOLDING = "withholding rows"


@dataclass(frozen=True)
class Split:
    """The rows of one version of the data, split into what a deployment may see and what is withheld from it.

    ``rows`` are the withheld rows with their labels, ``fold`` the fold of each, ``folds`` their names. The folds lie in
    the workspace at ``address``. A split is the ``first`` of its data, or another one of the same rows, by which is
    measured what training itself varies.
    """

    job: str
    data: tuple[str, str]
    data_digest: str
    address: str
    folds: tuple[str, ...]
    digest: str
    rows: JudgedRows
    fold: "Integers"
    first: bool = True

    @property
    def cross_fitted(self) -> bool:
        """Whether every row is withheld in some fold, so that the delivered model is another than the judged ones."""
        return self.rows.protocol == "cross_fitted"

    @property
    def refitted(self) -> bool:
        """Whether a deployment is invoked on all rows, too: for the delivered model, where no fold delivers it."""
        return self.cross_fitted and self.first

    def rest(self, fold: str) -> str:
        """Return the address of the rows that a deployment may see in ``fold``."""
        return f"{self.address}/{fold}/rest"

    def unlabelled(self, fold: str) -> str:
        """Return the address of the rows that are withheld in ``fold``, without the target."""
        return f"{self.address}/{fold}/withheld"

    @property
    def every_row_unlabelled(self) -> str:
        """Return the address of all rows, without the target."""
        return f"{self.address}/all"


def withhold(
    client: "MLClient", endpoint: str, gate: Gate, data: tuple[str, str], stream: bool = False, number: int = 0
) -> Split:
    """Split a version of the data asset as the gate's ``judgement`` says; the workspace makes the same split once.

    Another ``number`` gives another split of the same rows; 0 gives the first.

    Raises:
        GateSaidNo: the labels cannot be judged, or the asset's content is not the one that its version was made from.
        JobFailed: the rows could not be split; the message ends with the step's log.
    """
    start = partial(start_withholding, client, endpoint, gate, data, number)
    return split_of(client, endpoint, gate, data, jobs.run(client, WITHHOLDING, start, stream), number)


def start_withholding(client: "MLClient", endpoint: str, gate: Gate, data: tuple[str, str], number: int = 0) -> str:
    """Start, or join, the job that splits the data; return its name. See ``withhold``."""
    from azure.ai.ml import load_job

    component = compile_component(WITHHOLD_COMPONENT)
    ensure_component(client, component)
    name, version = data
    optional = _optional_settings(gate, number)
    inputs = {"data.path": f"azureml:{name}:{version}", **_settings(find_problem(endpoint), gate), **optional}
    wanted = load_job(
        WITHHOLD_JOB,
        params_override=[
            {"jobs.withhold_job.component": component.reference},
            *({f"inputs.{key}": value} for key, value in inputs.items()),
            *({f"jobs.withhold_job.inputs.{key}": f"${{{{parent.inputs.{key}}}}}"} for key in optional),
        ],
    )
    content = {"component": component.reference, "inputs": inputs}
    return jobs.submit_or_join(client, wanted, "withhold", content)


def split_of(client: "MLClient", endpoint: str, gate: Gate, data: tuple[str, str], job: str, number: int = 0) -> Split:
    """Return the split that a completed job made. See ``withhold``."""
    problem = find_problem(endpoint)
    with tempfile.TemporaryDirectory() as place:
        labels = download_outputs(client, job, ["labels"], Path(place))["labels"]
        summary = read_json(labels / "folds.json")
        rows, fold = read_judged_rows(
            labels,
            predicted_by(problem),
            slice_columns=gate.slice_columns,
            group=gate.judgement.group,
            weight=problem.weight,
        )
    _require_unchanged(client, data, summary["data_digest"])
    return Split(
        job=job,
        data=data,
        data_digest=summary["data_digest"],
        address=output_addresses(client, job)["folds"].rstrip("/"),
        folds=tuple(str(part["name"]) for part in summary["folds"]),
        digest=summary["folds_digest"],
        rows=rows,
        fold=fold,
        first=number == 0,
    )


def _settings(problem: Problem, gate: Gate) -> dict[str, object]:
    """Return the inputs of the split; the labels hold the columns that the judgement needs beside the target."""
    judgement = gate.judgement
    columns = dict.fromkeys((*gate.slice_columns, *filter(None, (judgement.group, problem.weight))))
    return {
        "target_column": problem.target,
        "folds": judgement.folds,
        "hold_out": judgement.hold_out,
        "hold_out_above": judgement.hold_out_above,
        # The target is among the labels anyway; an empty text would be no value of an input.
        "slice_columns": ",".join(columns) or problem.target,
    }


def _optional_settings(gate: Gate, number: int) -> dict[str, object]:
    """Return the inputs that the pipeline of the split does not bind by itself: an input of Azure ML has a value."""
    salt: dict[str, object] = {"salt": f"split-{number}"} if number else {}
    return salt | ({"group_column": gate.judgement.group} if gate.judgement.group else {})


def _require_unchanged(client: "MLClient", data: tuple[str, str], digest: str) -> None:
    """Refuse an asset whose files are not those that its version was made from."""
    name, version = data
    recorded = data_digest(client, name, version)
    if digest != recorded:
        raise GateSaidNo(
            f"Data asset {name}:{version} was made from the content {recorded}, but its files now have {digest}: "
            "somebody, perhaps a step, wrote into it. Nothing can be judged on it. Delete this version and register "
            "the data again with `python -m scripts.setup_workspace`. [data-changed]"
        )
