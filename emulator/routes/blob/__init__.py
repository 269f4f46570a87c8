"""The storage account's requests."""

from emulator.routes.blob import blobs, listing

__all__ = ["blobs", "listing"]
