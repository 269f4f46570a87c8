"""The scoring script of a batch deployment of an MLflow model that brings none: rows of row, prediction and file."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_loaded: dict[str, Any] = {}
_READERS = {".csv": "read_csv", ".parquet": "read_parquet", ".pq": "read_parquet"}


def init() -> None:
    """Load the model."""
    import mlflow.pyfunc

    folder = os.environ["AZUREML_MODEL_DIR"]
    _loaded["model"] = mlflow.pyfunc.load_model(os.path.join(folder, os.listdir(folder)[0]))


def run(mini_batch: list[str]) -> list[str]:
    """Return a line for each row of each file.

    Raises:
        ValueError: a file is neither CSV nor Parquet.
    """
    return [line for path in mini_batch for line in _lines(path)]


def _lines(path: str) -> list[str]:
    import pandas

    reader = _READERS.get(os.path.splitext(path)[1].lower())
    if reader is None:
        raise ValueError(f"{os.path.basename(path)} is neither CSV nor Parquet")
    predictions = _loaded["model"].predict(_as_declared(getattr(pandas, reader)(path)))
    rows = predictions.values.tolist() if hasattr(predictions, "values") else list(predictions)
    table = pandas.DataFrame({"prediction": [row[0] if _is_single(row) else row for row in rows]})
    table["file"] = os.path.basename(path)
    return list(table.to_csv(header=False).splitlines())


def _is_single(row: Any) -> bool:
    return isinstance(row, list) and len(row) == 1


def _as_declared(table: Any) -> Any:
    """Return ``table`` with the types that the model's signature names; text stays text if it has none."""
    metadata = _loaded["model"].metadata
    schema = metadata.get_input_schema() if metadata else None
    if schema is None or not schema.has_input_names():
        return table
    types = dict(zip(schema.input_names(), schema.pandas_types()))  # noqa: B905 (a step may run on Python 3.9)
    return table.astype({name: kind for name, kind in types.items() if name in table.columns})
