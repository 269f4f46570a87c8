"""The operations of the registry of Microsoft's container images."""

from emulator.routes.registry import manifests

__all__ = ["manifests"]
