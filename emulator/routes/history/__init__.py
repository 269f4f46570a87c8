"""The data plane's record of runs and their artifacts."""

from emulator.routes.history import artifacts, resolved_uris, runs

__all__ = ["artifacts", "resolved_uris", "runs"]
