"""Decide which rows are withheld together, from their keys alone, and refuse what cannot be split."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from mixing import mix, share, word
from refusal import Refused

NOT_WITHHELD = -1


@dataclass(frozen=True)
class Split:
    """The protocol, and the fold that withholds each row (``NOT_WITHHELD`` beside a hold-out)."""

    protocol: str
    fold: np.ndarray

    @property
    def folds(self) -> range:
        """The folds, from 0."""
        return range(int(self.fold.max()) + 1)

    def digest(self, settings: Mapping[str, object]) -> str:
        """Return the SHA-256 of the settings and of each row's fold."""
        content = json.dumps({"protocol": self.protocol, **settings}, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(content.encode() + b"\n" + self.fold.astype(np.int8).tobytes()).hexdigest()


def split(keys: np.ndarray, target: np.ndarray, folds: int, hold_out: float, hold_out_above: int) -> Split:
    """Withhold one share of many rows, or each row of few rows once; equal keys stay together."""
    if not 2 <= folds <= 20:
        raise Refused(f"folds is {folds}; give a number from 2 to 20.")
    if not 0.0 < hold_out < 1.0:
        raise Refused(f"hold_out is {hold_out}; it is a share of the rows, above 0 and below 1.")
    if len(np.unique(target)) < 2:
        raise Refused(f"All {len(target)} rows have the same target, so that nothing can be judged.")
    # Words of its own: the steps that train split by such keys, too, and must not split alike.
    if len(keys) > hold_out_above:
        withheld = share(mix(keys + word("withheld share"))) < hold_out
        done = Split("hold_out", np.where(withheld, 0, NOT_WITHHELD))
    else:
        done = Split("cross_fitted", (mix(keys + word("withheld fold")) % np.uint64(folds)).astype(np.int64))
    _check(done, range(1 if done.protocol == "hold_out" else folds), target)
    return done


def _check(done: Split, folds: range, target: np.ndarray) -> None:
    for fold in folds:
        withheld = done.fold == fold
        for part, rows in (("withheld rows", withheld), ("rest", ~withheld)):
            if not rows.any():
                raise Refused(
                    f"None of the {len(target)} rows falls into the {part} of fold {fold}: too few rows, or too few "
                    "that differ. Give more rows or fewer folds."
                )
    for fold in folds:
        if len(np.unique(target[done.fold != fold])) < 2:
            raise Refused(f"All rows of the rest of fold {fold} have the same target. Give more rows or fewer folds.")
