"""Train XGBoost on prepared rows and judge every judged row by a model that has not seen it."""

import boosting
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
    "device": Hyperparameter("device", str, choices=boosting.DEVICES),
}
train = protocol.step(HYPERPARAMETERS, boosting.parameters, boosting.fit, in_parts=True)


if __name__ == "__main__":
    protocol.main(__doc__, HYPERPARAMETERS, train)
