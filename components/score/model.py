"""Open a delivered MLflow model: its description first, then the file, by XGBoost itself and nothing that executes."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from boosters import import_xgboost
from reasons import ScoreRefused

if TYPE_CHECKING:
    from xgboost import Booster

FORMATS = (".ubj", ".json")
PICKLES = (".pkl", ".pickle", ".cloudpickle", ".dill", ".joblib")
FLAVORS = {"xgboost", "python_function"}
NUMBERS = {"double", "float", "integer", "long"}
MAX_DESCRIPTION = 1_000_000


@dataclass(frozen=True)
class Model:
    """A model as it was delivered: its file, and the columns that its signature names, if it has one."""

    path: Path
    signature: list[dict[str, Any]] | None

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return "sha256:" + hashlib.sha256(self.path.read_bytes()).hexdigest()


def find(folder: Path) -> Model:
    """Return the model in ``folder``; refuse what is none, or what only code that comes with it could read."""
    description = folder / "MLmodel"
    if not description.is_file():
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        raise ScoreRefused("no-model", f"The model folder holds no MLmodel, only: {', '.join(names[:5]) or 'nothing'}.")
    content = _description(description)
    flavors = content["flavors"]
    if stray := sorted(map(str, set(flavors) - FLAVORS)):
        raise _refused_format(f"its flavor is {', '.join(stray)}")
    if "xgboost" not in flavors:
        raise _refused_format("it has no flavor xgboost")
    for flavor in flavors.values():
        if flavor.get("loader_module", "mlflow.xgboost") != "mlflow.xgboost":
            raise _refused_format(f"it is loaded by {flavor['loader_module']}")
        if with_code := [key for key in ("code", "python_model", "model_code_path") if flavor.get(key)]:
            raise _refused_format(f"it brings code of its own ({with_code[0]})")
    if pickles := sorted(path.name for path in folder.rglob("*") if path.suffix.lower() in PICKLES):
        raise _refused_format(f"it holds the pickle {pickles[0]}")
    return Model(_data_file(folder, flavors["xgboost"].get("data")), _signature(content.get("signature")))


def load(model: Model) -> "Booster":
    """Return the booster in the model's file; refuse a file that XGBoost cannot read."""
    xgboost = import_xgboost()
    booster: Booster = xgboost.Booster()
    try:
        booster.load_model(model.path)
        booster.num_boosted_rounds()
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ScoreRefused("model-not-loadable", f"XGBoost cannot read {model.path.name}: {reason[-1]}") from error
    return booster


def check_features(booster: "Booster", model: Model, names: list[str]) -> None:
    """Refuse a model whose features are not ``names``, in this order, as numbers."""
    for owner, own in (("model", booster.feature_names), ("model's signature", _names(model))):
        if own is None and owner == "model":
            raise ScoreRefused("feature-names-disagree", "The model names no features, so their order is unknown.")
        if own is not None and own != names:
            place = next(i for i in range(len(own) + 1) if own[i : i + 1] != names[i : i + 1])
            theirs, ours = (", ".join(it[place : place + 1]) or "none" for it in (own, names))
            raise ScoreRefused(
                "feature-names-disagree",
                f"Feature {place + 1} of the {owner} is {theirs}, that of the prepared data is {ours} "
                f"({len(own)} and {len(names)} features).",
            )
    types = [str(entry.get("type")) for entry in model.signature or []]
    for own, allowed in ((types, NUMBERS), (booster.feature_types or [], {"float", "int", "i", "q"})):
        if stray := [(name, kind) for name, kind in zip(names, own, strict=False) if kind not in allowed]:
            raise ScoreRefused(
                "feature-types-disagree", f"Feature {stray[0][0]} is of type {stray[0][1]} to the model, not a number."
            )


def _names(model: Model) -> list[str] | None:
    return None if model.signature is None else [str(entry.get("name")) for entry in model.signature]


def _refused_format(why: str) -> ScoreRefused:
    return ScoreRefused(
        "model-format-refused", f"The model is not opened, as {why}. Save it in XGBoost's own format ({FORMATS[0]})."
    )


def _description(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_DESCRIPTION:
            raise ValueError(f"it is larger than {MAX_DESCRIPTION} bytes")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not isinstance(content.get("flavors"), dict):
            raise ValueError("it names no flavors")
        if not all(isinstance(flavor, dict) for flavor in content["flavors"].values()):
            raise ValueError("a flavor is no mapping")
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ScoreRefused("model-not-loadable", f"MLmodel cannot be read: {reason}.") from error
    return content


def _data_file(folder: Path, name: object) -> Path:
    if not isinstance(name, str) or not name:
        raise ScoreRefused("no-model", "MLmodel names no file of the flavor xgboost.")
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _refused_format(f"its file {name} lies outside its folder")
    if path.suffix not in FORMATS:
        raise _refused_format(f"its file is {name}")
    if not path.is_file() or not path.stat().st_size:
        raise ScoreRefused("no-model", f"MLmodel names {name}, which is absent or empty.")
    return path


def _signature(content: object) -> list[dict[str, Any]] | None:
    if content is None:
        return None
    try:
        inputs = json.loads(content["inputs"])  # type: ignore[index]
        if not isinstance(inputs, list) or not all(isinstance(entry, dict) for entry in inputs):
            raise ValueError("its inputs are no list of columns")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ScoreRefused("model-not-loadable", f"The signature in MLmodel cannot be read: {error}.") from error
    # A tensor has one entry without a name: such a signature says nothing of columns.
    return inputs if all("name" in entry for entry in inputs) else None
