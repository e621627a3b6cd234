"""One message on its way, and what was drawn for it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.network.gossip import Message
from sim.network.mesh import Mesh
from sim.network.model import LinkModel
from sim.network.state import NEVER
from sim.network.wire import FRAME_BYTES

#: The arrival of a message at a node that is not there, or that saw it in an earlier life of the message.
PAST: Final = -1

Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Draws:
    """What the mesh's edges do to one message: ``delays_us``, ``NEVER`` where it is lost; ``copied``, if any
    is.
    """

    delays_us: Integers
    copied: Bools | None
    #: Whether any edge loses it.
    loses: bool


def drawn(mesh: Mesh, model: LinkModel, factors: Integers, rng: Random) -> Draws:
    """Each edge gets 16 bits for its delay, and 16 more for each kind of fault that there is at all."""

    def bits() -> NDArray[np.uint16]:
        return np.frombuffer(rng.randbytes(2 * mesh.edges), dtype="<u2")

    def happens(share: float) -> Bools:
        return bits() < round(share * (1 << 16))

    delays = np.maximum(mesh.median_us * factors[bits()] >> 16, 1)
    if model.reordered:
        delays[happens(model.reordered)] += model.held_us
    loses = False
    if model.loss:
        lost = happens(model.loss)
        delays[lost] = NEVER
        loses = bool(lost.any())
    return Draws(delays, happens(model.copies) if model.copies else None, loses)


class Flight:
    """A message between its publishing and the moment from which nobody keeps it any more.

    ``arrivals[v]``: when node v has it, or will have it as far as is known: ``NEVER`` and ``PAST`` too.
    ``senders[v]``: whom from; itself where it was published. Both are plain arrays while frames are under way one
    by one (quick for one node, small enough to stay in a cache), NumPy's else.
    """

    __slots__ = (
        "arrivals",
        "closed",
        "counted",
        "draws",
        "frame_bytes",
        "lost",
        "mesh",
        "message",
        "name",
        "number",
        "origin",
        "pending",
        "published_us",
        "quiet_since_us",
        "seeds",
        "senders",
        "silent",
        "size_bytes",
        "slot",
        "times",
        "told_by",
        "unsent",
    )

    def __init__(
        self, number: int, slot: int, name: Message, message: Message, size_bytes: int, origin: int, mesh: Mesh
    ) -> None:
        self.number, self.slot, self.name, self.message = number, slot, name, message
        self.size_bytes, self.origin, self.mesh = size_bytes, origin, mesh
        self.frame_bytes = size_bytes + FRAME_BYTES
        self.published_us = 0
        self.arrivals: Any = []
        self.senders: Any = []
        #: ``senders`` as planned last, for quick looks at one.
        self.told_by: list[int] = []
        #: None once nothing is under way: what spreads later is drawn frame by frame.
        self.draws: Draws | None = None
        #: Per node the delays of its edges, as the engine reads them.
        self.times: Any = None
        #: Nodes whose frames were counted one by one as they were sent.
        self.counted: set[int] = set()
        #: Nodes that refused to pass it on.
        self.silent: set[int] = set()
        #: Edges, in order of source, whose queue had no room for it.
        self.unsent: list[int] = []
        #: Frames under way that the engine's own heap does not hold.
        self.pending = 0
        #: Since when nothing has been under way.
        self.quiet_since_us: int | None = None
        #: Arrivals known otherwise than over the mesh's edges: (node, when, from).
        self.seeds: list[tuple[int, int, int]] = []
        #: Edges, in order of target, that do not carry it.
        self.closed: Bools | None = None
        #: When nodes that have died since had it first.
        self.lost: dict[int, int] = {}

    def dies(self, node: int, now_us: int) -> None:
        """What the node has of it is lost with the node; that it had it is remembered."""
        at_us = int(self.arrivals[node])
        if 0 <= at_us <= now_us:
            self.lost.setdefault(node, at_us)

    def saw(self, node: int, now_us: int) -> bool:
        """Whether the node has it already."""
        return int(self.arrivals[node]) <= now_us
