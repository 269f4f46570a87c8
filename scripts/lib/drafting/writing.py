"""Write the folders of a drafted problem: data, pipelines, endpoints."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from scripts.lib.data.inspection import inspect
from scripts.lib.data.sample import SAMPLE_SEED, synthetic_rows
from scripts.lib.data.table import read_table
from scripts.lib.drafting import baseline, rules
from scripts.lib.drafting.draft import Draft
from scripts.lib.errors import Conflict
from scripts.lib.repository import files
from scripts.lib.repository.description import read_description
from scripts.lib.repository.problem import DESCRIPTION

TEMPLATES = Path(__file__).with_name("templates")
# What a variant's model is given beside its defaults. The first one serves.
VARIANTS: Mapping[str, Mapping[str, float]] = {"trees": {}, "deeper-trees": {"max_depth": 4, "rounds": 150}}
_FEWEST = 300
_FEWEST_OF_A_CLASS = 40
_MOST = 5_000


@dataclass(frozen=True)
class Written:
    """What was written, or would be: the files below the repository's root, and what the baseline showed."""

    paths: tuple[str, ...]
    measured: Mapping[str, baseline.Measured]


def write_problem(draft: Draft, dry_run: bool = False) -> Written:
    """Write a drafted problem into folders of its name; with ``dry_run`` say only what would be written.

    The data goes to ``data/NAME/real``, which git ignores, and a synthetic sample beside the description.

    Raises:
        Conflict: one of the folders is there already; nothing was written.
    """
    name = draft.name
    places = {place: files.ROOT / place for place in _places(name)}
    if present := [place for place, folder in places.items() if folder.exists()]:
        raise Conflict(f"{', '.join(present)} exists already, and is never overwritten. Take another name.")
    texts, measured = _described(draft, files.ROOT / "data" / name, dry_run)
    for file, text in _definitions(draft).items():
        texts[file] = text
    if not dry_run:
        for file, text in texts.items():
            path = files.ROOT / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return Written(tuple(sorted(texts)), measured)


def _places(name: str) -> list[str]:
    return [f"data/{name}", f"pipelines/{name}", f"endpoints/{name}", f"endpoints/{name}-score"]


def _described(draft: Draft, folder: Path, dry_run: bool) -> tuple[dict[str, str], Mapping[str, baseline.Measured]]:
    """Return the files of ``data/NAME`` and the gate; the real rows and the sample are read as a release reads them."""
    work = folder.with_name(f".{folder.name}.draft") / folder.name
    try:
        (work / "real").mkdir(parents=True)
        (work / DESCRIPTION).write_text(
            json.dumps(draft.package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        problem = read_description(work / DESCRIPTION)
        real = work / "real" / f"{draft.name}.csv"
        draft.table.to_csv(real, index=False)
        table = read_table(inspect(real, problem), problem)
        count = _sample_rows(draft)
        problem.sample.write_text(
            "\n".join(synthetic_rows(table, problem, count, SAMPLE_SEED)) + "\n", encoding="utf-8"
        )
        sample = read_table(inspect(problem.sample, problem), problem)
        measured = baseline.weaker(baseline.measure(table, problem), baseline.measure(sample, problem))
        fewest = min(len(table), len(sample)) // 2
        (work / "expectations.json").write_text(_json(rules.expectations(draft, fewest)), encoding="utf-8")
        rarest = min(draft.target.counts) if draft.target.counts else None
        per_class = None if rarest is None else max(20, min(50, rarest // 2))
        texts = {
            f"data/{draft.name}/{path.relative_to(work)}": path.read_text(encoding="utf-8")
            for path in sorted(work.rglob("*"))
            if path.is_file()
        }
        texts[f"endpoints/{draft.name}/gate.yml"] = rules.gate(measured, fewest, per_class, problem.task)
        return texts, measured
    finally:
        shutil.rmtree(work.parent, ignore_errors=True)


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _sample_rows(draft: Draft) -> int:
    """Return how many synthetic rows hold enough of the rarest class."""
    rarest = min(draft.target.counts) / sum(draft.target.counts) if draft.target.counts else 1.0
    return min(_MOST, max(_FEWEST, round(_FEWEST_OF_A_CLASS / rarest)))


def _definitions(draft: Draft) -> dict[str, str]:
    """Return the YAML of pipelines and endpoints."""
    name, texts = draft.name, {}
    words = {"NAME": name, "SNAKE": name.replace("-", "_"), "TARGET": yaml.safe_dump(draft.resource["target"])}
    words["TARGET"] = words["TARGET"].removesuffix("...\n").strip()

    def filled(template: str, **more: str) -> str:
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        for word, value in {**words, **more}.items():
            text = text.replace(f"__{word}__", value)
        return text

    for variant, settings in VARIANTS.items():
        more = {"VARIANT": variant, "ENCODING": "ordinal"}
        more["SETTINGS"] = "".join(f"\n      {key}: {value}" for key, value in settings.items())
        for file in ("pipeline.yml", "score.yml", "job.yml"):
            texts[f"pipelines/{name}/{variant}/{file}"] = filled(file, **more)
        texts[f"endpoints/{name}/deployments/{variant}.yml"] = filled("deployment.yml", **more)
        texts[f"endpoints/{name}-score/deployments/{variant}.yml"] = filled("score_deployment.yml", **more)
    for file in ("endpoint.yml", "inputs.yml", "serving.yml"):
        texts[f"endpoints/{name}/{file}"] = filled(file, VARIANT=next(iter(VARIANTS)))
    texts[f"endpoints/{name}-score/endpoint.yml"] = filled("score_endpoint.yml")
    return texts
