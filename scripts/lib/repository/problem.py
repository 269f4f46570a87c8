"""A problem that an endpoint serves: what its rows are and what is predicted, as its data package describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scripts.lib.errors import BadConfiguration, NotFound
from scripts.lib.repository import files

Task = Literal["binary", "multiclass", "regression"]
# A number passes to a model as it is; a category becomes numbers; a date is a number of days.
Kind = Literal["number", "category", "date"]
DESCRIPTION = "datapackage.json"
NUMERIC_TYPES = ("number", "integer", "year")


@dataclass(frozen=True)
class Field:
    """A column. ``type`` is Table Schema's; ``categories`` are the texts that it may hold, in order; empty: any."""

    name: str
    type: str
    kind: Kind
    title: str = ""
    categories: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ordered: bool = False
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False

    @property
    def is_text(self) -> bool:
        """Whether its cells are read as texts, and not as numbers."""
        return self.type not in NUMERIC_TYPES


@dataclass(frozen=True)
class Origin:
    """A file on the web that the data comes from, without header; ``recode`` says what its codes mean, by column.

    The digests are SHA-256 in hexadecimal: of the file as it is there, and of what it is made into.
    """

    name: str
    title: str
    url: str
    sha256: str
    converted_sha256: str
    recode: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Problem:
    """A described table, and what is learned from it.

    ``classes`` are the texts of the target's classes in their order, none for regression; ``positive`` is the class
    whose probability a binary model gives. ``unused`` columns are in the data, and no model sees them. ``missing`` are
    the texts that stand for no value. ``sample`` is the data that the repository ships, ``origin`` where more is.
    ``description_file`` is the data package that describes the table.
    """

    name: str
    title: str
    task: Task
    fields: tuple[Field, ...]
    target: str
    classes: tuple[str, ...]
    positive: str | None
    group: str | None
    weight: str | None
    time: str | None
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    sample: Path
    description_file: Path
    origin: Origin | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in their order."""
        return tuple(field.name for field in self.fields)

    @property
    def features(self) -> tuple[Field, ...]:
        """The columns that a model learns from, in their order."""
        apart = {self.target, self.group, self.weight, self.time, *self.unused}
        return tuple(field for field in self.fields if field.name not in apart)

    @property
    def suite_file(self) -> Path:
        """The expectations that the description does not state."""
        return self.description_file.with_name("expectations.json")

    @property
    def real_folder(self) -> Path:
        """The folder of data that the repository does not ship."""
        return self.description_file.with_name("real")

    @property
    def data_asset(self) -> str:
        """The name of the data asset that holds the training data."""
        return f"{self.name}-train"

    def field(self, name: str) -> Field:
        """Return the column ``name``; KeyError where there is none."""
        return {field.name: field for field in self.fields}[name]

    def require_columns(self, names: tuple[str, ...], where: str) -> None:
        """Refuse names that are no columns of this table.

        Raises:
            BadConfiguration: one of them is unknown; the message lists the columns.
        """
        for name in names:
            if name not in self.columns:
                raise BadConfiguration(
                    f"{where} names the column {name!r}; {DESCRIPTION} describes: {', '.join(self.columns)}."
                )


def problem_names() -> list[str]:
    """Return the names of the repository's problems, sorted."""
    return sorted(path.parent.name for path in (files.ROOT / "data").glob(f"*/{DESCRIPTION}"))


def find_problem(name: str) -> Problem:
    """Return the problem ``name``.

    Raises:
        NotFound: there is no such problem; the message lists the problems.
        BadConfiguration: its description cannot be used.
    """
    from scripts.lib.repository.description import read_description

    if name not in problem_names():
        raise NotFound(f"There is no problem {name!r}; the problems are: {', '.join(problem_names()) or 'none'}.")
    path = files.ROOT / "data" / name / DESCRIPTION
    problem = read_description(path)
    if problem.name != name:
        raise BadConfiguration(f"{path}: `name` is {problem.name!r}; write the name of its folder.")
    return problem


def only_problem() -> str:
    """Return the name of the repository's problem, where there is one.

    Raises:
        BadConfiguration: there are several; the message lists them.
        NotFound: there is none.
    """
    names = problem_names()
    if not names:
        raise NotFound(f"There is no problem: no data/NAME/{DESCRIPTION}. `python -m scripts.new_problem` makes one.")
    if len(names) > 1:
        raise BadConfiguration(f"There are several problems: {', '.join(names)}. Say which one by --problem NAME.")
    return names[0]
