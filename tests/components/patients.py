"""Random patients to train on, and component folders imported as they run: alone, each in its own scope."""

import importlib
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTION = ROOT / "data" / "heart-disease" / "datapackage.json"
UCI = ROOT / ".." / "shared" / "data" / "uci-heart-disease"
COLUMNS = [
    "age",
    "sex",
    "cp",
    "trestbps",
    "chol",
    "fbs",
    "restecg",
    "thalach",
    "exang",
    "oldpeak",
    "slope",
    "ca",
    "thal",
    "target",
]
THAL = {3: "normal", 6: "fixed", 7: "reversible"}


def definition(name):
    """Return the YAML of a component."""
    return yaml.safe_load((ROOT / "components" / name / "component.yml").read_text())


def sources(name):
    """Return the Python files that a component runs: its own and those that it includes."""
    folder = ROOT / "components" / name
    included = [folder / path for path in definition(name).get("additional_includes", ())]
    return [*sorted(folder.glob("*.py")), *included]


def staged(name, folder):
    """Copy into ``folder`` the code of a component as the SDK uploads it, and return where it lies."""
    place = folder / name
    if not place.exists():
        place.mkdir(parents=True)
        described = [DESCRIPTION] if "description" in definition(name)["inputs"] else []
        for path in (*sources(name), *described):
            shutil.copy(path, place)
    return place


def component_modules(name):
    """Import every module of a component, and leave ``sys.modules`` and ``sys.path`` as they were."""
    names = [path.stem for path in sources(name)]
    folders = list(dict.fromkeys(str(path.parent.resolve()) for path in sources(name)))
    hidden = {module: sys.modules.pop(module) for module in names if module in sys.modules}
    sys.path[:0] = folders
    try:
        return SimpleNamespace(**{module: importlib.import_module(module) for module in names})
    finally:
        del sys.path[: len(folders)]
        for module in names:
            sys.modules.pop(module, None)
        sys.modules.update(hidden)


def raw_frame(rows, seed=0, positive_shift=0.0):
    """Return ``rows`` random patients whose target depends on a few columns."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(29, 78, rows),
            "sex": rng.integers(0, 2, rows),
            "cp": rng.integers(1, 5, rows),
            "trestbps": rng.integers(94, 201, rows),
            "chol": rng.integers(126, 565, rows),
            "fbs": rng.integers(0, 2, rows),
            "restecg": rng.integers(0, 3, rows),
            "thalach": rng.integers(71, 203, rows),
            "exang": rng.integers(0, 2, rows),
            "oldpeak": rng.uniform(0, 6.2, rows).round(1),
            "slope": rng.integers(1, 4, rows),
            "ca": rng.integers(0, 4, rows),
            "thal": rng.choice(list(THAL.values()), rows),
        }
    )
    logit = frame.ca - 1.5 + 0.7 * (frame.cp - 2.5) + 1.2 * (frame.thal == "reversible") - 0.4 + positive_shift
    frame["target"] = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    return frame


def write_csv(frame, folder, name="heart.csv"):
    """Write ``frame`` into ``folder`` as CSV and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / name, index=False)
    return folder
