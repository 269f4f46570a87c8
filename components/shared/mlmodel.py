"""Write a booster as an MLflow model folder, in MLflow's documented storage format.

MLflow's own writer gives the same files, but importing it takes more than four seconds, longer than all else
that this step does on hundreds of rows. A test holds these files to that writer's, and loads them with
``mlflow.pyfunc``.
Format: https://mlflow.org/docs/latest/ml/model/#storage-format
"""

import datetime
import json
import platform
import uuid
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from xgboost import Booster

REQUIREMENTS = ("mlflow-skinny", "numpy", "pandas", "scipy")
DATA = "model.ubj"


def save(booster: "Booster", folder: Path, scores: int = 1) -> None:
    """Write ``booster`` to ``folder``: double features in, ``scores`` float32 a row out."""
    folder.mkdir(parents=True, exist_ok=True)
    booster.save_model(folder / DATA)
    pins = [f"{name}=={version(name)}" for name in (*REQUIREMENTS, _xgboost())]
    python = platform.python_version()
    documents = {
        "MLmodel": _mlmodel(list(booster.feature_names or ()), (folder / DATA).stat().st_size, python, scores),
        "conda.yaml": {
            "name": "mlflow-env",
            "channels": ["conda-forge"],
            "dependencies": [f"python={python}", "pip", {"pip": pins}],
        },
        "python_env.yaml": {
            "python": python,
            "build_dependencies": ["pip", "setuptools", "wheel"],
            "dependencies": ["-r requirements.txt"],
        },
    }
    for name, content in documents.items():
        (folder / name).write_text(yaml.safe_dump(content, default_flow_style=False), encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")


def _xgboost() -> str:
    """Return the package that XGBoost came from: its build without GPU support has a name of its own."""
    try:
        version("xgboost-cpu")
    except PackageNotFoundError:
        return "xgboost"
    return "xgboost-cpu"


def _mlmodel(features: list[str], size: int, python: str, scores: int) -> dict[str, Any]:
    inputs = [{"type": "double", "name": name, "required": True} for name in features]
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, scores] if scores > 1 else [-1]}}]
    return {
        "flavors": {
            "python_function": {
                "data": DATA,
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.xgboost",
                "python_version": python,
            },
            "xgboost": {
                "code": None,
                "data": DATA,
                "model_class": "xgboost.core.Booster",
                "model_format": "ubj",
                "xgb_version": version(_xgboost()),
            },
        },
        "is_signature_from_type_hint": False,
        "mlflow_version": version("mlflow-skinny"),
        "model_id": None,
        "model_size_bytes": size,
        "model_uuid": uuid.uuid4().hex,
        "prompts": None,
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None},
        "type_hint_from_example": False,
        "utc_time_created": str(datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)),
    }
