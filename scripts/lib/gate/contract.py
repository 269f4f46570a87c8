"""Check the `evaluation_results` of a training component alone, without an endpoint, a gate or a workspace."""

from dataclasses import dataclass
from pathlib import Path

from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.predicted import Predicted
from scripts.lib.gate.reading import read_json
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.schema import schema_violation
from scripts.lib.gate.self_report import read_report

SCHEMA = Path(__file__).with_name("evaluation_results.schema.json")


@dataclass(frozen=True)
class CheckedReport:
    """What a checked report says: the task, its rows, its metrics, and those of the task that it leaves out."""

    task: str
    rows: int
    metrics: dict[str, float]
    left_out: tuple[str, ...]


def check_evaluation(folder: Path) -> CheckedReport:
    """Check `metrics.json` and `predictions.csv` of ``folder`` against docs/contract.md.

    Raises EvaluationRefused naming the file and what is wrong with it: a key or value against the schema, a metric that
    the gate does not know or that the predictions do not give, a prediction that is none, another number of rows.
    """
    file = folder / "metrics.json"
    content = read_json(file)
    if fault := schema_violation(content, SCHEMA):
        raise EvaluationRefused("unreadable-file", f"{file}: {fault}. The schema is scripts/lib/gate/{SCHEMA.name}.")
    predicted = Predicted(content["task"], tuple(content["classes"]))
    available = METRICS[predicted.task]
    if unknown := [name for name in content["metrics"] if name not in available]:
        raise EvaluationRefused(
            "unknown-metric",
            f"{file}: {unknown[0]} is no metric of a {predicted.task} problem; those are {', '.join(available)}.",
        )
    report = read_report(folder, predicted, available, required=())
    if report.rows != content["eval_rows"]:
        raise EvaluationRefused(
            "row-count-disagrees",
            f"{file}: eval_rows is {content['eval_rows']}, but predictions.csv holds {report.rows}.",
        )
    left_out = tuple(name for name in available if name not in report.metrics)
    return CheckedReport(predicted.task, report.rows, dict(report.metrics), left_out)
