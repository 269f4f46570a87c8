"""Display names that the service makes up, in the form of recorded ones, such as ``quiet_river_p4s0r2zx``."""

import random
import string

_QUALITIES = ("calm", "clever", "frosty", "green", "jolly", "quiet", "sunny", "witty")
_THINGS = ("apple", "cloud", "garden", "kite", "lamp", "river", "tree", "yacht")


def made_up_name() -> str:
    """Return a random display name for a job or a step without one."""
    suffix = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))
    return f"{random.choice(_QUALITIES)}_{random.choice(_THINGS)}_{suffix}"
