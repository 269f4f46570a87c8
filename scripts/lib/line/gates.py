"""The gate of an endpoint, read with what its problem predicts and which columns its table has."""

from dataclasses import replace

from scripts.lib.gate.config import Gate, load_gate
from scripts.lib.gate.predicted import Predicted
from scripts.lib.repository.files import gate_file
from scripts.lib.repository.problem import Problem, find_problem


def predicted_by(problem: Problem) -> Predicted:
    """Return what a problem predicts; of two classes the positive one is the second."""
    classes = problem.classes
    if problem.task == "binary":
        classes = (*(name for name in classes if name != problem.positive), str(problem.positive))
    return Predicted(problem.task, classes)


def endpoint_gate(endpoint: str) -> Gate:
    """Return the gate of ``endpoint``; rows belong together by the column that it names, or else the problem.

    Raises:
        BadConfiguration: the gate file cannot work; the message names the key and the value.
    """
    problem = find_problem(endpoint)
    gate = load_gate(
        gate_file(endpoint), predicted_by(problem), {field.name: field.categories for field in problem.fields}
    )
    return replace(gate, judgement=replace(gate.judgement, group=gate.judgement.group or problem.group))
