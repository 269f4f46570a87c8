"""What a server and its connections share."""

from dataclasses import dataclass

from emulator.server.gatekeeper import Gatekeeper
from emulator.server.tls import Authority
from emulator.service import Service


@dataclass(frozen=True)
class Settings:
    """The settings of a server; ``allow_network`` forwards connections to other hosts, ``max_body`` is in bytes."""

    service: Service
    gatekeeper: Gatekeeper
    authority: Authority
    allow_network: bool
    max_body: int
