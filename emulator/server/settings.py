"""What a server and its connections share."""

from dataclasses import dataclass

from emulator.server.gatekeeper import Gatekeeper
from emulator.server.tls import Authority
from emulator.service import Service


@dataclass(frozen=True)
class Settings:
    """Who answers, who may ask, and for what: ``allow_network`` passes other hosts on; ``max_body`` is in bytes."""

    service: Service
    gatekeeper: Gatekeeper
    authority: Authority
    allow_network: bool
    max_body: int
