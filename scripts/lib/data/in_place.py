"""Validate data where it lies: what the step of components/validate does, and how the release line reads what it left.

The rows stay where they are. What comes back is what a validation here gives: the findings, the Data Docs, and counts.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.lib.data.distributions import Distribution
from scripts.lib.data.drift.change import Drift
from scripts.lib.data.drift.comparison import compare
from scripts.lib.data.drift.limits import read_limits
from scripts.lib.data.drift.profile import Profile, from_json, profile_of, to_json
from scripts.lib.data.locating import plain_folder
from scripts.lib.data.report import Finding, Report
from scripts.lib.data.source import DataSource, where_it_lies
from scripts.lib.data.validation import validate
from scripts.lib.errors import DataRejected, NotFound, ReleaseError
from scripts.lib.repository.description import read_description
from scripts.lib.repository.problem import Problem

RESULT, REJECTED, PROFILE, COMPARED = "validation_result.json", "rejected.json", "profile.json", "compared.json"
DATA_DOCS = Path("data_docs", "index.html")


@dataclass(frozen=True)
class Counted:
    """The counts of rows that are elsewhere: their ``profile`` and, beside an earlier one, ``now`` and what changed."""

    profile: Profile
    before: Profile | None = None
    now: Profile | None = None
    found: tuple[Drift, ...] = ()


def validate_here(data: Path, called: str, description: Path, before: Path | None, output: Path) -> None:
    """Validate the folder ``data``, which people know as ``called``, and write to ``output`` what ``read_back`` reads.

    What the expectations need lies beside ``description``. ``before`` is the profile to compare the rows with. Data
    that is no table is told in ``rejected.json``.
    """
    problem = read_description(description)
    output.mkdir(parents=True, exist_ok=True)
    rows = data
    try:
        rows = plain_folder(data)
        source = where_it_lies(rows, called, problem)
        report = validate(source, output, problem)
    except (DataRejected, NotFound) as error:
        message = error.message.replace(f"{rows}/", "").replace(str(rows), called)
        (output / REJECTED).write_text(json.dumps({"message": message}) + "\n", encoding="utf-8")
        print(message)
        return
    print(f"{source.description}: {len(report.findings)} of {report.rules} rules are not met")
    if report.findings or report.table is None:
        return
    profile = profile_of(report.table, problem, synthetic=source.synthetic, spread=report.distributions)
    (output / PROFILE).write_bytes(to_json(profile))
    earlier = from_json(before.read_bytes()) if before else None
    if earlier:
        comparison = compare(earlier, report.table, problem, read_limits(description.parent))
        content = {"now": json.loads(to_json(comparison.now)), "found": [asdict(one) for one in comparison.found]}
        (output / COMPARED).write_text(json.dumps(content) + "\n", encoding="utf-8")


def read_back(folder: Path, address: str, before: Profile | None) -> Report:
    """Return the report on the data at ``address`` that a step left in ``folder``.

    Raises:
        DataRejected: the data is no table.
        ReleaseError: the folder holds no such report.
    """
    rejected = folder / REJECTED
    if rejected.is_file():
        raise DataRejected(str(_read(rejected)["message"]))
    places = {"validation_result": str(folder / RESULT), "data_docs": str(folder / DATA_DOCS)}
    told = _read(folder / RESULT) | places
    (folder / RESULT).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    source = DataSource(
        Path(), (), str(told["data"]), bool(told["synthetic"]), int(told["rows"]), str(told["digest"]), address
    )
    return Report(
        source,
        tuple(Finding(**{**each, "examples": tuple(each["examples"])}) for each in told["findings"]),
        rules=int(told["rules"]),
        result_file=folder / RESULT,
        data_docs=folder / DATA_DOCS,
        distributions=tuple(map(_distribution, told["distributions"])),
        counted=_counted(folder, before),
    )


def _counted(folder: Path, before: Profile | None) -> Counted | None:
    profile = from_json((folder / PROFILE).read_bytes()) if (folder / PROFILE).is_file() else None
    if profile is None:
        return None
    if before is None or not (folder / COMPARED).is_file():
        return Counted(profile)
    compared = _read(folder / COMPARED)
    found = tuple(Drift(one["change"], tuple(one["columns"]), str(one["sentence"])) for one in compared["found"])
    return Counted(profile, before, from_json(json.dumps(compared["now"]).encode()), found)


def _distribution(told: Mapping[str, Any]) -> Distribution:
    return Distribution(
        str(told["column"]), tuple(told["categories"]), tuple(told["edges"]), tuple(told["counts"]), told["missing"]
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"The validation step left no {path.name} that can be read: {error}") from error
    return dict(content)


def problem_files(problem: Problem) -> list[Path]:
    """Return the files of a problem that a validation reads, to be uploaded beside the code of the step."""
    limits = problem.description_file.with_name("comparison.yml")
    return [problem.description_file, problem.suite_file, *([limits] if limits.is_file() else [])]
