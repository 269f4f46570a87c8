"""Make synthetic patients that look like UCI's Cleveland data, so that the line runs without any download.

Each column is drawn on its own, given the diagnosis, from rounded frequencies of the Cleveland data.
No record of a person is in it. Only ``random.Random`` is used: its streams are the same on every platform.
"""

import random
from collections.abc import Iterator, Sequence

from scripts.lib.data.canonical import HEADER

SAMPLE_ROWS = 300
SAMPLE_SEED = 4

_DISEASE_SHARE = 0.46
_RECORDED_WRONG = 0.06  # share of diagnoses flipped after the draw: the classes overlap as real ones do
_MISSING = {"chol": 0.01, "ca": 0.015, "thal": 0.01}

# Given no disease and given disease: the weight of each code.
_CODES: dict[str, tuple[Sequence[str], Sequence[float], Sequence[float]]] = {
    "sex": (("0", "1"), (0.44, 0.56), (0.18, 0.82)),
    "cp": (("1", "2", "3", "4"), (0.10, 0.25, 0.41, 0.24), (0.05, 0.06, 0.13, 0.76)),
    "fbs": (("0", "1"), (0.86, 0.14), (0.84, 0.16)),
    "restecg": (("0", "1", "2"), (0.58, 0.01, 0.41), (0.40, 0.02, 0.58)),
    "exang": (("0", "1"), (0.86, 0.14), (0.45, 0.55)),
    "slope": (("1", "2", "3"), (0.65, 0.30, 0.05), (0.26, 0.65, 0.09)),
    "ca": (("0", "1", "2", "3"), (0.81, 0.13, 0.04, 0.02), (0.33, 0.32, 0.23, 0.12)),
    "thal": (("normal", "fixed", "reversible"), (0.79, 0.04, 0.17), (0.27, 0.09, 0.64)),
}
# Given no disease and given disease: mean and standard deviation; then the range kept.
_MEASURES = {
    "age": ((52.6, 9.5), (56.6, 7.9), (29, 77)),
    "trestbps": ((129.2, 16.2), (134.6, 18.8), (94, 200)),
    "chol": ((242.6, 53.5), (251.5, 49.5), (126, 564)),
    "thalach": ((158.4, 19.2), (139.3, 22.6), (71, 202)),
    "oldpeak": ((0.4, 0.9), (1.5, 1.4), (0, 6.2)),
}


def synthetic_csv(rows: int = SAMPLE_ROWS, seed: int = SAMPLE_SEED) -> Iterator[str]:
    """Yield the lines of a canonical CSV of ``rows`` synthetic patients; same seed, same lines."""
    draw = random.Random(seed)
    yield HEADER
    columns = HEADER.split(",")[:-1]
    for _ in range(rows):
        disease = draw.random() < _DISEASE_SHARE
        values = [_value(draw, column, disease) for column in columns]
        recorded = disease != (draw.random() < _RECORDED_WRONG)
        yield ",".join([*values, str(int(recorded))])


def _value(draw: random.Random, column: str, disease: bool) -> str:
    if column in _CODES:
        codes, healthy_weights, disease_weights = _CODES[column]
        value = draw.choices(codes, disease_weights if disease else healthy_weights)[0]
    else:
        healthy, diseased, (lowest, highest) = _MEASURES[column]
        measure = min(max(draw.gauss(*(diseased if disease else healthy)), lowest), highest)
        value = f"{measure:.1f}" if column == "oldpeak" else str(round(measure))
    return "" if draw.random() < _MISSING.get(column, 0) else value
