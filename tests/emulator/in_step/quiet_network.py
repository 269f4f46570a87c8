"""Run a command in a network of its own that leads nowhere, and print what it tried to send out of this machine.

usage, as root of a new network namespace: quiet_network.py REPORT COMMAND ...

The namespace has one way out, a pair of virtual cards; whatever leaves by one of them is read at the other. Questions
to a name server on this machine count too: it would ask others.
"""

import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

_EVERY_FRAME = 0x0003
_IPV4, _ARP = 0x0800, 0x0806
_GATEWAY, _CARD = "10.99.0.1", "02:00:00:00:00:01"


def _set_up() -> None:
    for command in (
        "link set lo up",
        "link add inside type veth peer name outside",
        f"link set outside address {_CARD}",
        "addr add 10.99.0.2/24 dev inside",
        "link set outside up",
        "link set inside up",
        f"neigh add {_GATEWAY} lladdr {_CARD} dev inside",
        f"route add default via {_GATEWAY}",
    ):
        subprocess.run(["ip", *command.split()], check=True)


def _attempt(card: str, frame: bytes) -> str | None:
    kind = int.from_bytes(frame[12:14], "big")
    if kind == _ARP and card == "outside":
        return f"neighbour of this machine: {socket.inet_ntoa(frame[38:42])}"
    if kind != _IPV4:
        return None
    packet = frame[14:]
    rest = packet[(packet[0] & 15) * 4 :]
    port = int.from_bytes(rest[2:4], "big")
    if card == "outside" or (card == "lo" and port == 53):
        return f"{socket.inet_ntoa(packet[16:20])} port {port}: {bytes(rest[20:80])!r}"
    return None


def _watch(process: "subprocess.Popen[bytes]") -> list[str]:
    found = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_FRAME)) as frames:
        while process.poll() is None:
            if select.select([frames], [], [], 0.05)[0]:
                frame, (card, *_) = frames.recvfrom(65535)
                found += filter(None, [_attempt(card, frame)])
    return found


def main(report: str, *command: str) -> None:
    """See the module."""
    _set_up()
    user = int(os.environ.get("QUIET_USER", os.getuid()))
    process = subprocess.Popen(command, user=user if user != os.getuid() else None)
    found = _watch(process)
    Path(report).write_text(json.dumps({"status": process.returncode, "attempts": sorted(set(found))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
