"""Write how much each feature adds to a booster, for reports; nothing is judged by it."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xgboost import Booster

FILE = "importance.json"


def write(folder: Path, booster: "Booster") -> None:
    """Write the total gain of each feature; a linear booster has none, and none is written then."""
    try:
        gains = booster.get_score(importance_type="total_gain")
    except Exception as error:
        print(f"The booster tells no gain: {str(error).strip().splitlines()[-1]}")
        return
    finite = {name: float(gain) for name, gain in gains.items() if isinstance(gain, float) and math.isfinite(gain)}
    (folder / FILE).write_text(json.dumps({"total_gain": finite}) + "\n", encoding="utf-8")
