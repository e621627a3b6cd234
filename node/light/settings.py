"""What a light client is opened with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.catchup.light import Pin
from settlement.ledger.state import State

#: How often full nodes are asked for newer headers; how long one of them may take.
POLL_S: Final = 1.0
TIMEOUT_S: Final = 5.0
MAX_NODES: Final = 32


@dataclass(frozen=True, slots=True)
class LightSettings:
    """``nodes`` are URLs of full nodes' interfaces: one honest among them is enough to notice a lie, one that
    answers to be told anything. ``first`` is the genesis, built. ``trust`` is the file of the newest header, from
    which the next start goes on. ``pin``: see ``node.catchup.light``."""

    first: State
    nodes: tuple[str, ...]
    name: str = "light"
    trust: Path | None = None
    pin: Pin | None = None
    poll_s: float = POLL_S
    timeout_s: float = TIMEOUT_S
