"""Train scikit-learn's histogram gradient boosting on prepared rows; judge rows by models that have not seen them."""

import histograms
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
train = protocol.step(HYPERPARAMETERS, histograms.parameters, histograms.fit)


if __name__ == "__main__":
    protocol.main(__doc__, HYPERPARAMETERS, train)
