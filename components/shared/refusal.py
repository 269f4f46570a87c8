"""The one way a step says no to its input, and to processes that it cannot divide its work among."""

import os


class Refused(Exception):
    """The step cannot use its input; the message says what, where, which value and what to do."""


def other_distribution() -> str | None:
    """Return the variable of a distribution that is not `type: pytorch`, or None."""
    if "WORLD_SIZE" in os.environ:
        return None
    # A step without any distribution has none of these, or one process.
    return next((name for name in ("TF_CONFIG", "OMPI_COMM_WORLD_SIZE") if os.environ.get(name, "1") != "1"), None)


def require_one_process(what: str) -> None:
    """Refuse several processes for what is done by one: each would write the same outputs."""
    size, other = os.environ.get("WORLD_SIZE", "1"), other_distribution()
    if size != "1" or other:
        found = f"{other} is set" if other else f"the step has {size}"
        raise Refused(f"{what} is done by one process, and {found}. Remove its `distribution`.")
