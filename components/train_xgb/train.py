"""Train XGBoost on prepared rows and judge every judged row by a model that has not seen it."""

from functools import partial
from pathlib import Path

import boosting
import prepared
import protocol
from protocol import Hyperparameter

# Inputs of the component: what XGBoost calls them, their type, and the values that they may have.
HYPERPARAMETERS = {
    "rounds": Hyperparameter("rounds", int, 1, 100_000),
    "learning_rate": Hyperparameter("eta", float, 1e-6, 1),
    "max_depth": Hyperparameter("max_depth", int, 1, 30),
    "min_child_weight": Hyperparameter("min_child_weight", float, 0, 1e9),
    "l2": Hyperparameter("lambda", float, 0, 1e9),
    "features_by_split": Hyperparameter("colsample_bynode", float, 1e-6, 1),
}


def main() -> None:
    """Parse the arguments and train."""
    protocol.run(protocol.parser(__doc__, HYPERPARAMETERS).parse_args(), train)


def train(
    data: Path,
    target_column: str,
    eval_size: float,
    register_model_name: str | None,
    model: Path,
    evaluation_results: Path,
    **given: float | None,
) -> None:
    """Fit XGBoost with the hyperparameters that are ``given``, evaluate, and write both outputs."""
    rows = prepared.load(data, target_column, eval_size)
    settings = boosting.parameters(rows, protocol.checked(given, HYPERPARAMETERS))
    fit = partial(boosting.fit, settings=settings)
    protocol.train(rows, fit, settings, register_model_name, model, evaluation_results)


if __name__ == "__main__":
    main()
