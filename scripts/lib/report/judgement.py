"""Turn the evidence of one evaluation, and what its jobs left, into the section of a report about one candidate."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scripts.lib.gate.decision_curve import CurvePoint
from scripts.lib.report.curves import BinaryCurves, MulticlassCurves, RegressionCurves
from scripts.lib.report.judgement_document import Entry, Importance, Job, Judgement, Metric, Side, Task
from scripts.lib.report.rules import Metrics, shown_rule, title_of

Curves = BinaryCurves | MulticlassCurves | RegressionCurves
CANDIDATE, CHAMPION = "candidate", "champion"
FIRST = ("roc_auc", "macro_roc_auc", "average_precision", "rmse", "mae", "r2", "log_loss", "brier", "accuracy")
_BEST = {"calibration_slope": 1.0, "calibration_intercept": 0.0, "mean_bias": 0.0}
_MOST_COLUMNS = 20
_MOST_CHANGES, _LEAST_CHANGE = 3, 0.02


def judged(
    evidence: Mapping[str, Any],
    curves: Mapping[str, Curves],
    importance: Mapping[str, Mapping[str, float]] | None = None,
    columns: Sequence[str] = (),
    jobs: Iterable[Job] = (),
    variant: str | None = None,
) -> Judgement:
    """Return the section about the evidence's candidate.

    ``curves`` and ``importance`` (by feature) are those of ``candidate`` and, where there is one, of ``champion``;
    ``columns`` are the data's, so that the features made of one column count together.
    """
    verdict, gate, champion = evidence["verdict"], evidence["gate"], evidence["champion"] or {}
    deployments = {CANDIDATE: evidence["candidate"]["deployment"], CHAMPION: champion.get("deployment")}
    threshold = gate.get("threshold")
    return Judgement(
        variant=variant,
        candidate=deployments[CANDIDATE],
        champion=deployments[CHAMPION],
        incomparable=champion.get("incomparable"),
        challenger=False,
        promoted=None,
        outcome=verdict["outcome"],
        sentence=verdict["sentence"],
        task=verdict["task"],
        rows=verdict["rows"],
        protocol=_protocol(evidence),
        confidence=f"{round(100 * gate['confidence'], 6):g} %",
        threshold="" if threshold is None else f"{threshold:g}",
        metrics=_metrics(evidence["candidate"]["metrics"], champion.get("metrics") or {}, verdict["metrics"]),
        rules=tuple(shown_rule(rule, verdict["metrics"]) for rule in verdict["rules"]),
        sides=tuple(
            Side(label, str(deployments[label]), curves[label]) for label in (CANDIDATE, CHAMPION) if label in curves
        ),
        decision_curve=tuple(CurvePoint(**point) for point in verdict.get("decision_curve") or ()),
        importance=_importance(importance or {}, columns),
        jobs=tuple(jobs),
        evidence=tuple(_entries(evidence)),
    )


def not_judged(
    variant: str | None, candidate: str, champion: str | None, sentence: str, task: Task = "binary"
) -> Judgement:
    """Return the section about a candidate that left nothing that can be judged; ``sentence`` says why."""
    return Judgement(
        variant=variant,
        candidate=candidate,
        champion=champion,
        incomparable=None,
        challenger=False,
        promoted=False,
        outcome=None,
        sentence=sentence,
        task=task,
        rows=0,
        protocol="",
        confidence="",
        threshold="",
        metrics=(),
        rules=(),
        sides=(),
        decision_curve=(),
        importance=(),
        jobs=(),
        evidence=(),
    )


def _protocol(evidence: Mapping[str, Any]) -> str:
    if evidence["verdict"]["protocol"] == "cross_fitted":
        return f"each row withheld once, in {evidence['split']['folds']} folds"
    return "rows withheld once, as a hold-out"


def _metrics(ours: Mapping[str, float], theirs: Mapping[str, float], metrics: Metrics) -> tuple[Metric, ...]:
    order = [name for name in FIRST if name in ours]
    names = [*order, *(name for name in ours if name not in order)]
    return tuple(_metric(name, ours[name], theirs.get(name), metrics) for name in names)


def _metric(name: str, ours: float, theirs: float | None, metrics: Metrics) -> Metric:
    title, way = title_of(name, metrics), metrics[name]["better"] if name in metrics else "higher"
    if theirs is None:
        return Metric(name, title, f"{ours:.4f}", "-", "-", None)
    gain = theirs - ours if way == "lower" else ours - theirs
    if way == "exact":
        gain = abs(theirs - _BEST[name]) - abs(ours - _BEST[name]) if name in _BEST else 0.0
    better = None if abs(gain) < 5e-5 else gain > 0
    return Metric(name, title, f"{ours:.4f}", f"{theirs:.4f}", f"{round(ours - theirs, 4) + 0.0:+.4f}", better)


def _importance(by_side: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> tuple[Importance, ...]:
    shares = {label: _by_column(gains, columns) for label, gains in by_side.items() if gains}
    names = dict.fromkeys(name for of_side in shares.values() for name in of_side)

    def of(label: str, name: str) -> float | None:
        return round(shares[label].get(name, 0.0), 5) if label in shares else None

    found = [Importance(name, of(CANDIDATE, name), of(CHAMPION, name)) for name in names]
    return tuple(sorted(found, key=lambda one: -(one.candidate or 0.0) - (one.champion or 0.0))[:_MOST_COLUMNS])


def importance_change(importance: Sequence[Importance]) -> str:
    """Return a sentence on the columns whose share of the gain differs most between both models; '' without a champion.

    Of a model that tells no gain nothing is said.
    """
    both = [(one.column, one.candidate, one.champion) for one in importance]
    moved = [(name, ours, theirs) for name, ours, theirs in both if ours is not None and theirs is not None]
    moved = [one for one in moved if abs(one[1] - one[2]) >= _LEAST_CHANGE]
    moved.sort(key=lambda one: -abs(one[1] - one[2]))
    told = [f"{name} {100 * theirs:.1f} → {100 * ours:.1f} %" for name, ours, theirs in moved[:_MOST_CHANGES]]
    return f"From champion to candidate: {', '.join(told)}." if told else ""


def _by_column(gains: Mapping[str, float], columns: Sequence[str]) -> dict[str, float]:
    """Add up the gains of the features that were made of one column (``column`` or ``column_category``)."""
    longest_first = sorted(columns, key=len, reverse=True)
    total = sum(gains.values()) or 1.0
    found: dict[str, float] = {}
    for feature, gain in gains.items():
        column = next((one for one in longest_first if feature == one or feature.startswith(f"{one}_")), feature)
        found[column] = found.get(column, 0.0) + gain / total
    return found


def _entries(evidence: Mapping[str, Any]) -> Iterable[Entry]:
    """Yield what the evidence binds: what was judged, by content."""
    data, split = evidence["data"], evidence["split"]
    yield Entry("Evidence", evidence["digest"])
    yield Entry("Made", evidence["created"])
    yield Entry("Commit", evidence["git_commit"] or "outside a repository")
    yield Entry("Gate", evidence["gate"]["digest"])
    yield Entry(f"Data {data['name']}:{data['version']}", data["digest"])
    yield Entry("Split", split["digest"])
    yield Entry("Environment", evidence["environment"])
    for label in (CANDIDATE, CHAMPION):
        side = evidence[label] or {}
        for what, value in (
            ("content", side.get("content_digest")),
            ("model", side.get("delivered", {}).get("model_digest")),
            ("transformations", side.get("delivered", {}).get("transformations_digest")),
            ("scores", side.get("predictions_digest")),
        ):
            if value:
                yield Entry(f"{label.capitalize()}: {what}", value)
    for library, version in evidence["library_versions"].items():
        yield Entry(library, version)
