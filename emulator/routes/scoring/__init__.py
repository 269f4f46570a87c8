"""The operations of the scoring hosts of endpoints."""

from emulator.routes.scoring import invocation

__all__ = ["invocation"]
