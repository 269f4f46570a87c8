"""The operations of each service of Azure ML, one folder for each; importing this package registers their routes."""

from emulator.routes import blob, history, management, mlflow, operations, registry, scoring

__all__ = ["blob", "history", "management", "mlflow", "operations", "registry", "scoring"]
