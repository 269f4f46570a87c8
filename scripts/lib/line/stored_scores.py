"""The scores of a deployment for withheld rows, kept beside the endpoint for whoever judges the same content again."""

import io
import json
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from scripts.lib.digests import content_digest
from scripts.lib.gate.runs import ReusedStep
from scripts.lib.line.scoring import Delivered
from scripts.lib.line.withholding import Split
from scripts.lib.repository.files import INPUTS_FILE, endpoint_folder, read_yaml
from scripts.lib.workspace.endpoints import Deployment
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from scripts.lib.gate.arrays import Floats


@dataclass(frozen=True)
class Judged:
    """How one deployment scores the withheld rows, and what that was made from.

    ``scores`` has shape (rows,), or (rows, classes), in the order of the split's rows. ``delivered_scores`` are those
    of the model that is delivered when the deployment sees every row; None where the delivered model is the judged
    one. ``jobs`` names the job of each fold, of the delivered model and of the scoring; the digests are those of the
    delivered parts. ``importance`` is the gain of each feature in the delivered model, as far as that tells.
    """

    deployment: str
    content_digest: str
    scores: "Floats"
    delivered_scores: "Floats | None"
    jobs: dict[str, str]
    delivered: Delivered
    model_digest: str
    transformations_digest: str
    reused: tuple[ReusedStep, ...] = ()
    importance: dict[str, float] = field(default_factory=dict)

    @property
    def predictions_digest(self) -> str:
        """Digest of the scores that were judged."""
        return content_digest(self.scores.tolist())


def _name(store: ReleaseStore, side: Deployment, split: Split) -> str:
    """Name the stored judgement: one content on one split, with the inputs beside the data as they are declared."""
    declared = endpoint_folder(store.endpoint) / INPUTS_FILE
    inputs = read_yaml(declared).get("inputs") if declared.is_file() else None
    content = {"content": side.content_digest, "split": split.digest, "scoring": side.scoring, "inputs": inputs}
    key = content_digest(content)
    return f"judgements/{key.removeprefix('sha256:')[:32]}.npz"


def store_scores(store: ReleaseStore, side: Deployment, judged: Judged, split: Split) -> None:
    """Keep the scores, and what they were made from, for whoever judges this content on this split again."""
    import numpy as np

    document = {key: value for key, value in asdict(judged).items() if key not in ("scores", "delivered_scores")}
    arrays = {"scores": judged.scores, "document": np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)}
    if judged.delivered_scores is not None:
        arrays["delivered_scores"] = judged.delivered_scores
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    store.write(_name(store, side, split), content.getvalue())


def stored_scores(store: ReleaseStore, side: Deployment, split: Split) -> Judged | None:
    """Return what was judged before, or None; a file that cannot be read is judged anew."""
    import numpy as np

    content = store.read(_name(store, side, split))
    if content is None:
        return None
    with suppress(ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile):
        arrays = np.load(io.BytesIO(content), allow_pickle=False)
        made = json.loads(arrays["document"].tobytes())
        parts = {
            "deployment": side.name,
            "delivered": Delivered(**made["delivered"]),
            "reused": tuple(ReusedStep(**step) for step in made["reused"]),
            "scores": arrays["scores"],
            "delivered_scores": arrays.get("delivered_scores"),
        }
        return Judged(**{**made, **parts})
    return None
