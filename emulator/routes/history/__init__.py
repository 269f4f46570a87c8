"""The operations of the run history service: runs, their artifacts and their outputs."""

from emulator.routes.history import artifacts, resolved_uris, runs

__all__ = ["artifacts", "resolved_uris", "runs"]
