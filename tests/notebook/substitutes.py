"""Put this project's components where the sample keeps its own, under the names that the notebook uses."""

import shutil
from pathlib import Path
from typing import Any

import yaml

COMPONENTS = Path(__file__).parents[2] / "components"
PLACES = {"prepare": "components/prepare/prepare.yml", "train_xgb": "components/train_xgb/train_xgb.yml"}


def substitute(work: Path) -> list[str]:
    """Replace the sample's components in ``work`` by ours; return what was replaced, in words.

    A component keeps the sample's name and environment, and gets the inputs that only the sample's has, unused;
    its code, its command and all the rest are ours.
    """
    told = []
    for ours, place in PLACES.items():
        target = work / place
        sample = yaml.safe_load(target.read_text())
        component = yaml.safe_load((COMPONENTS / ours / "component.yml").read_text())
        extra = {name: port for name, port in sample["inputs"].items() if name not in component["inputs"]}
        component["inputs"].update({name: _unused(port) for name, port in extra.items()})
        component.update(name=sample["name"], environment=sample["environment"], code="src")
        shutil.rmtree(target.parent)
        shutil.copytree(COMPONENTS / ours, target.parent / "src", ignore=shutil.ignore_patterns("component.yml"))
        target.write_text(yaml.safe_dump(component, sort_keys=False))
        unused = f", with the unused inputs {', '.join(extra)}" if extra else ""
        told.append(f"{place}: components/{ours} as {sample['name']}{unused}")
    return told


def _unused(port: dict[str, Any]) -> dict[str, Any]:
    return {"type": port["type"], "optional": True}
