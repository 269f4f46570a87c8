"""Validate data that stays in the workspace: by a step that runs where it lies, and whose report the line joins."""

import re
import shutil
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from scripts.lib.data.address import DataAddress
from scripts.lib.data.drift.profile import to_json
from scripts.lib.data.in_place import problem_files, read_back
from scripts.lib.data.report import Report
from scripts.lib.data.source import DataSource
from scripts.lib.line.data_comparison import profile_of_default
from scripts.lib.line.workspace_setup import prepare_cluster
from scripts.lib.repository.compilation import compile_component
from scripts.lib.repository.computes import shared_compute
from scripts.lib.repository.data_types import FOLDER, TABLE, types_taken
from scripts.lib.repository.files import VALIDATE_COMPONENT, VALIDATE_JOB
from scripts.lib.repository.problem import find_problem
from scripts.lib.workspace import jobs
from scripts.lib.workspace.assets import ensure_component
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.data_places import DataPlace, place_of
from scripts.lib.workspace.outputs import download_outputs
from scripts.lib.workspace.release_store import ReleaseStore

_OUTPUT = "validation"
_NO_TEXT = re.compile(r"[^\w.,:@/+=-]")


def validate_in_place(
    connection: Connection, endpoint: str, address: DataAddress, output: Path, stream: bool = False
) -> Report:
    """Validate the data at ``address`` where it lies; ``output`` gets the result, the Data Docs and counts, and no row.

    The step also counts the rows beside those by which the endpoint's default was promoted, for the comparison.

    Raises:
        BadConfiguration: what lies there is no folder.
        DataRejected: it is no table; rules that are not met are in the report.
        JobFailed: the step did not complete; the message ends with its log.
    """
    from azure.ai.ml import load_job

    client, problem = connection.client, find_problem(endpoint)
    place = _place(connection, endpoint, address)
    prepare_cluster(client, shared_compute())
    component = compile_component(VALIDATE_COMPONENT, beside=problem_files(problem))
    ensure_component(client, component)
    before = profile_of_default(connection, ReleaseStore(connection, endpoint))
    # The step takes the folder of a table.
    where = place.folder if place.kind == TABLE else place.reference
    inputs: dict[str, Any] = {"data.path": where, "called": _NO_TEXT.sub("_", place.reference)}
    overrides: list[dict[str, Any]] = [{"jobs.validate_job.component": component.reference}]
    overrides += [{f"inputs.{key}": value} for key, value in inputs.items()]
    with tempfile.TemporaryDirectory() as work:
        if before:
            profile = Path(work, "before.json")
            profile.write_bytes(to_json(before))
            overrides += [
                {"inputs.before": {"type": "uri_file", "path": str(profile)}},
                {"jobs.validate_job.inputs.before": "${{parent.inputs.before}}"},
            ]
        wanted = load_job(VALIDATE_JOB, params_override=overrides)
        content = [component.reference, inputs, to_json(before).decode() if before else ""]
        start = partial(jobs.submit_or_join, client, wanted, "validate", content)
        job = jobs.run(client, "validating the data", start, stream)
        found = download_outputs(client, job, [_OUTPUT], Path(work))[_OUTPUT]
        shutil.copytree(found, output, dirs_exist_ok=True)
    report = read_back(output, place.folder, before)
    return replace(report, source=replace(report.source, is_table=place.kind == TABLE))


def _place(connection: Connection, endpoint: str, address: DataAddress) -> DataPlace:
    """Return the folder, or the table where a variant takes one; each may be registered as the other types taken."""
    return place_of(connection.client, address, dict.fromkeys([FOLDER, *types_taken(endpoint)]))


def known_source(connection: Connection, endpoint: str, address: DataAddress) -> DataSource | None:
    """Return what the workspace knows of the data at ``address``; None where the release line has not seen it yet."""
    place = _place(connection, endpoint, address)
    if not place.digest:
        return None
    description = f"{place.reference}: {place.rows:,} rows"
    return DataSource(
        Path(), (), description, place.synthetic, place.rows, place.digest, place.folder, place.kind == TABLE
    )
