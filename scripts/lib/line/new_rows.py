"""Score new rows with the model that the default of a training endpoint delivered."""

import csv
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.data.address import DataAddress
from scripts.lib.data.locating import as_table
from scripts.lib.data.parquet_text import count_rows
from scripts.lib.errors import NotFound
from scripts.lib.line.delivery import delivered_paths, delivered_version
from scripts.lib.line.scoring import PREDICTIONS
from scripts.lib.line.scoring_release import scoring_endpoint_of
from scripts.lib.repository.data_types import SCORED, TABLE
from scripts.lib.workspace import invocation, jobs
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.data_places import place_of
from scripts.lib.workspace.endpoints import read_endpoint
from scripts.lib.workspace.outputs import download_outputs

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

CSV, PARQUET = "predictions.csv", "predictions.parquet"


@dataclass(frozen=True)
class Scores:
    """The predictions for some rows: one a row, in the order of the rows, and what made them."""

    file: Path
    rows: int
    job: str
    deployment: str
    model: str


def score_rows(
    connection: Connection, endpoint: str, data: Path | DataAddress, output: Path, stream: bool = False
) -> Scores:
    """Score a file, a folder of files or what lies in the workspace, and write the predictions into ``output``.

    That is ``predictions.csv``, or of more than a million rows ``predictions.parquet``.

    The n-th line after the header is the prediction for the n-th row; its column ``row`` counts from 0, over the files
    in the order of their names.

    Raises:
        NotFound: ``endpoint`` has no default with a registered model, or no endpoint scores with what it delivers.
        JobFailed: the rows cannot be scored; the message ends with the step's log.
    """
    client = connection.client
    trained = read_endpoint(client, endpoint)
    delivered = delivered_version(connection, trained)
    if delivered is None:
        raise NotFound(
            f"The default of {endpoint} ({trained.default or 'none'}) has no registered model: promote a judged "
            "deployment first, for example with `make release`."
        )
    scoring = scoring_endpoint_of(endpoint)
    state = read_endpoint(client, scoring) if scoring else None
    if state is None or state.default is None:
        raise NotFound(f"No endpoint with a default scores with what {endpoint} delivers; promote a deployment again.")
    model, transformations = delivered_paths(client, delivered)
    kind = state.data_type(state.default)
    with tempfile.TemporaryDirectory() as place:
        inputs: dict[str, Any] = {
            **invocation.folder_input(_address(client, data, kind, Path(place)), SCORED, kind),
            **invocation.folder_input(model, "model"),
            **invocation.folder_input(transformations, "transformations"),
        }
        start = partial(invocation.invoke_or_join, client, state.name, state.default, inputs)
        job = jobs.run(client, f"scoring with {delivered.model}", start, stream)
        folder = download_outputs(client, job, [PREDICTIONS], Path(place))[PREDICTIONS]
        output.mkdir(parents=True, exist_ok=True)
        for name in (CSV, PARQUET):
            (output / name).unlink(missing_ok=True)
        file = Path(shutil.copy(folder / (PARQUET if (folder / PARQUET).is_file() else CSV), output))
    return Scores(file, _rows(file), job, state.default, delivered.model)


def _address(client: "MLClient", data: Path | DataAddress, kind: str, place: Path) -> str:
    """Return where the folder or the table lies that holds the data; what is to be made of it goes into ``place``."""
    if isinstance(data, DataAddress):
        return place_of(client, data, [kind]).reference
    folder = data
    if not data.is_dir():
        folder = place / "rows"
        folder.mkdir()
        named = data.suffix.lower() in (".csv", ".parquet")
        shutil.copy(data, folder / (data.name if named else f"{data.name}.csv"))
    return str(as_table(folder, place / "table") if kind == TABLE else folder)


def _rows(file: Path) -> int:
    if file.name == PARQUET:
        return count_rows(file)
    with file.open(encoding="utf-8", newline="") as lines:
        return sum(1 for _ in csv.reader(lines)) - 1
