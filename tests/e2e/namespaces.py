"""Network namespaces: each node a machine of its own on one switch, as far as the kernel can tell them.

``permitted`` says whether this user may make them. Nothing here touches the host's own network: the switch is in a
namespace too, and what a test asks of a node it asks from there.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

NET = "10.77.0"


@dataclass(frozen=True, slots=True)
class Switch:
    """A bridge in the namespace ``name``; hosts are numbered from 1."""

    name: str
    hosts: int

    def address(self, host: int) -> str:
        return f"{NET}.{host}"

    def inside(self, host: int) -> tuple[str, ...]:
        """What a command begins with to run on that host; 0 is beside the switch."""
        return ("ip", "netns", "exec", f"{self.name}h{host}" if host else self.name)

    def unplug(self, host: int) -> None:
        """The cable is pulled: nothing arrives and nobody is told."""
        _ip("-n", self.name, "link", "set", f"p{host}", "down")

    def plug(self, host: int) -> None:
        _ip("-n", self.name, "link", "set", f"p{host}", "up")


def permitted() -> str:
    """Empty, or why not."""
    name = f"walras{os.getpid()}try"
    try:
        _ip("netns", "add", name)
        try:
            _ip("-n", name, "link", "add", "name", "switch", "type", "bridge")
            _ip("-n", name, "link", "add", "name", "one", "type", "veth", "peer", "name", "other")
        finally:
            _ip("netns", "del", name)
    except FileNotFoundError:
        return "there is no ip(8) here"
    except subprocess.CalledProcessError as error:
        return f"network namespaces are not permitted here: {error.stderr.strip()[:100]}"
    return ""


@contextmanager
def switch(hosts: int) -> Iterator[Switch]:
    """So many hosts on one switch; all of it is gone afterwards. Processes in it must have ended by then."""
    made = Switch(f"walras{os.getpid()}", hosts)
    spaces: list[str] = []
    try:
        spaces.append(_space(made.name))
        _ip("-n", made.name, "link", "add", "name", "switch", "type", "bridge")
        _ip("-n", made.name, "addr", "add", f"{NET}.254/24", "dev", "switch")
        _ip("-n", made.name, "link", "set", "switch", "up")
        for host in range(1, hosts + 1):
            space = _space(f"{made.name}h{host}")
            spaces.append(space)
            port = f"p{host}"
            _ip(
                "-n", made.name, "link", "add", "name", port, "type", "veth", "peer", "name", "eth", "netns", space
            )
            _ip("-n", made.name, "link", "set", port, "master", "switch", "up")
            _ip("-n", space, "addr", "add", f"{made.address(host)}/24", "dev", "eth")
            _ip("-n", space, "link", "set", "eth", "up")
        yield made
    finally:
        for space in spaces:
            subprocess.run(("ip", "netns", "del", space), check=False, capture_output=True)


def _space(name: str) -> str:
    _ip("netns", "add", name)
    _ip("-n", name, "link", "set", "lo", "up")
    return name


def _ip(*arguments: str) -> None:
    _run(("ip", *arguments))


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
