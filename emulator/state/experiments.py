"""Experiments: the names that group jobs, with the ids that MLflow needs."""

import time
import uuid
from typing import Any

from emulator.state import keys
from emulator.state.documents import Key, Store
from emulator.state.records import Experiment

_NAMESPACE = uuid.UUID("00000000-0000-0000-0000-00000000e3b1")
DEFAULT = "Default"


def experiment_id(name: str) -> str:
    """Return the id of the experiment ``name``; it depends on the name alone."""
    return str(uuid.uuid5(_NAMESPACE, name))


def ensure_experiment(store: Store, name: str) -> Experiment:
    """Return the experiment ``name``; create it if it does not exist."""
    identity = keys.experiment(experiment_id(name))
    if found := store.get(identity):
        return found
    with store.transaction():
        found = store.get(identity)
        if found is None:
            found = {"name": name, "id": experiment_id(name), "created": time.time(), "tags": {}, "deleted": False}
            store.put(identity, found)
    return found


def find_experiment(store: Store, identity: str) -> Experiment | None:
    """Return the experiment with the id ``identity``, or None; MLflow's "0" is the default one."""
    if identity in ("0", experiment_id(DEFAULT)):
        return ensure_experiment(store, DEFAULT)
    return store.get(keys.experiment(identity))


def join_experiment(store: Store, run: Key[Any], experiment: str) -> None:
    """Add the document with the key ``run`` to the runs of the experiment named ``experiment``."""
    store.join(keys.experiment_runs(ensure_experiment(store, experiment)["id"]), run)
