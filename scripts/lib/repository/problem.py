"""The problem that an endpoint serves: what its rows are and what is predicted, as its data package describes it."""

import json
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import BadConfiguration
from scripts.lib.repository.files import ROOT

DESCRIPTION_FILE = ROOT / "data" / "datapackage.json"


@dataclass(frozen=True)
class Problem:
    """A described table: its columns in their order, and the column to predict."""

    name: str
    columns: tuple[str, ...]
    target: str

    def require_columns(self, names: tuple[str, ...], where: str) -> None:
        """Refuse names that are no columns of this table.

        Raises:
            BadConfiguration: one of them is unknown; the message lists the columns.
        """
        for name in names:
            if name not in self.columns:
                raise BadConfiguration(
                    f"{where} names the column {name!r}; {DESCRIPTION_FILE.name} describes: {', '.join(self.columns)}."
                )


def load_problem(path: Path = DESCRIPTION_FILE) -> Problem:
    """Read a data package with one resource (https://datapackage.org, Table Schema).

    Beyond the standard, the resource's key ``target`` names the column to predict.

    Raises:
        BadConfiguration: the file cannot be read, or lacks a name, fields, or a target that is one of them.
    """
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        (resource,) = package["resources"]
        columns = tuple(str(field["name"]) for field in resource["schema"]["fields"])
        problem = Problem(str(package["name"]), columns, str(resource["target"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadConfiguration(f"{path} does not describe a table: {error!r}. docs/data.md says how.") from error
    problem.require_columns((problem.target,), f"{path.name}: `target`")
    return problem
