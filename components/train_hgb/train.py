"""Train scikit-learn's histogram gradient boosting on prepared rows; judge rows by models that have not seen them."""

from functools import partial
from pathlib import Path

import histograms
import prepared
import protocol
from protocol import Hyperparameter

# Inputs of the component: what scikit-learn calls them, their type, and the values that they may have.
HYPERPARAMETERS = {
    "rounds": Hyperparameter("max_iter", int, 1, 100_000),
    "learning_rate": Hyperparameter("learning_rate", float, 1e-6, 1),
    "leaves": Hyperparameter("max_leaf_nodes", int, 2, 10_000),
    "rows_by_leaf": Hyperparameter("min_samples_leaf", int, 1, 10**9),
    "l2": Hyperparameter("l2_regularization", float, 0, 1e9),
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
    """Fit the model with the hyperparameters that are ``given``, evaluate, and write both outputs."""
    rows = prepared.load(data, target_column, eval_size)
    settings = histograms.parameters(rows, protocol.checked(given, HYPERPARAMETERS))
    fit = partial(histograms.fit, settings=settings)
    protocol.train(rows, fit, settings, register_model_name, model, evaluation_results)


if __name__ == "__main__":
    main()
