"""How many processes Azure ML has started for this step; what one process does is refused to several."""

import os

from refusal import Refused

# What the other distributions set; a step without any has none of them, or one process.
OTHERS = ("TF_CONFIG", "OMPI_COMM_WORLD_SIZE")


def other_distribution() -> str | None:
    """Return the variable of a distribution that is not `type: pytorch`, or None."""
    if "WORLD_SIZE" in os.environ:
        return None
    return next((name for name in OTHERS if os.environ.get(name, "1") != "1"), None)


def alone(what: str) -> None:
    """Refuse several processes for what is done by one: each would write the same outputs."""
    size, other = os.environ.get("WORLD_SIZE", "1"), other_distribution()
    if size != "1" or other:
        found = f"{other} is set" if other else f"the step has {size}"
        raise Refused(f"{what} is done by one process, and {found}. Remove its `distribution`.")
