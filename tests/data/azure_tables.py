"""Write which rows Azure's own package reads of each case of `table_cases`: what our reader is held to.

Run from the root of the repository, it rewrites `tests/data/mltable/azure.json`:

    PYTHONPATH=. uv run --no-project --python 3.11 --with mltable==1.7.0 --with 'azureml-dataprep[pandas]==5.5.0' \\
        python tests/data/azure_tables.py
"""

import importlib
import json
import tempfile
from pathlib import Path

from tests.data.table_cases import CASES, make

KEPT = Path(__file__).parent / "mltable" / "azure.json"


def rows_of(case):
    """Return the rows of a case as texts, or None where the package refuses it."""
    mltable = importlib.import_module("mltable")
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), case)
        try:
            table = mltable.load(folder).to_pandas_dataframe()
        except Exception:
            return None
        texts = table.astype(object).where(table.notna(), "").map(lambda cell: str(cell).replace(folder, ""))
    return sorted(map(list, texts.to_dict("split")["data"]))


if __name__ == "__main__":
    read = {name: rows_of(case) for name, case in CASES.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in read.items())
    KEPT.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
