"""The tracking server's requests."""

from emulator.routes.mlflow import experiments, logging, registry, runs, search, unknown

__all__ = ["experiments", "logging", "registry", "runs", "search", "unknown"]
