"""The operations of the blob service."""

from emulator.routes.blob import blobs, listing

__all__ = ["blobs", "listing"]
