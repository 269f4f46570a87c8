"""The requests that are answered, a folder for each service of Azure ML; to import it fills the table of routes."""

from emulator.routes import blob, history, management, mlflow, operations, registry, scoring

__all__ = ["blob", "history", "management", "mlflow", "operations", "registry", "scoring"]
