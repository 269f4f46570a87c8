"""The operations of the MLflow tracking server and model registry."""

from emulator.routes.mlflow import experiments, logging, model_versions, models, runs, search, unsupported

__all__ = ["experiments", "logging", "model_versions", "models", "runs", "search", "unsupported"]
