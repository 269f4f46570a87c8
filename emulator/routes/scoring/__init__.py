"""The scoring host's requests."""

from emulator.routes.scoring import invocation

__all__ = ["invocation"]
