"""What both fidelities of gossip share: publishing, remembering what was seen, who is there, keeping the books.

A message is in flight from its publishing until nobody keeps it for repair any more; after that there only is a
bit per node, for as long as the model remembers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from random import Random
from typing import Final

import numpy as np

from sim.network.counters import Drop, Propagation
from sim.network.flight import PAST, Bools, Flight, drawn
from sim.network.gossip import Deliver, GossipModel, Message, identity
from sim.network.memory import Memory
from sim.network.mesh import Meshing
from sim.network.model import ONE, Integers
from sim.network.repair import Repair
from sim.network.state import NEVER, Network
from sim.network.tally import tally

#: Messages in flight at once; what is published beyond is refused and counted.
SLOT_BITS: Final = 14
#: Looks for what has come to rest, a heartbeat.
_SWEEPS: Final = 4


class Spreading:
    """Gossip over a network. Subscribers (all nodes unless named) are told of each message once and decide whether
    to pass it on; others pass everything on. Nodes absent from the network are so until they ``join``."""

    #: Whether frames are events, so that a peer may be told of a message that is still spreading.
    frame_by_frame = False

    def __init__(
        self, network: Network, model: GossipModel, deliver: Deliver, subscribers: Iterable[int] | None = None
    ) -> None:
        self.network, self.model, self.kernel = network, model, network.kernel
        self.deliver = deliver
        nodes = network.topology.nodes
        self.subscribed = [subscribers is None] * nodes
        for node in subscribers or ():
            self.subscribed[node] = True
        self.propagation = Propagation()
        #: Messages published, and those refused because too many were in flight.
        self.published = 0
        self.refused = 0
        self._arrived = 0
        self.slots: list[Flight | None] = []
        self._free: list[int] = []
        self._flights: dict[Message, Flight] = {}
        self._memory = Memory(network, model.seen_us)
        self._rng: Random = self.kernel.stream("network/gossip")
        self._odd: Random = self.kernel.stream("network/gossip/frames")
        self._factors: Integers = network.model.jitter.factors()
        self.meshing = Meshing(network, model, self.kernel.stream("network/mesh"))
        self.repair = Repair(self, self.kernel.stream("network/repair"))
        self._sweeping = self._mending = False
        links = np.array([min(model.lazy, len(found)) for found in network.links], dtype=np.int64)
        self._advertising_bytes = links * model.advertised * model.id_bytes
        network.watch(self._catch_up, self._cut_changed)

    # The world's side

    def publish(self, node: int, message: Message, size_bytes: int) -> None:
        """Spread a message from ``node``; nothing happens where it has seen it, or is not there."""
        now_us, name = self.kernel.now_us, identity(message)
        if not self.network.alive[node]:
            return
        flight = self._flights.get(name)
        if flight is not None:
            if not flight.saw(node, now_us):
                self._launch(flight, node)
            return
        had = self._memory.had(name, now_us)
        if had is not None and had[node]:
            return
        if len(self._flights) >= 1 << SLOT_BITS:
            self.refused += 1
            return
        self._launch(self._flight(name, message, size_bytes, node, had), node)
        self._sweep_soon()

    def subscribe(self, node: int) -> None:
        self.subscribed[node] = True

    def join(self, node: int) -> None:
        """A node that was absent is there; it hears what is published from now on, and what is still
        advertised.
        """
        self.up(node)

    def down(self, node: int) -> None:
        """A node dies: what was under way to it is lost, and so is its memory."""
        if self.network.alive[node]:
            self._catch_up()
            for flight in self._flights.values():
                flight.dies(node, self.kernel.now_us)
            self._forget(node)
            self.network.down(node)
            self._mend_soon()

    def up(self, node: int) -> None:
        """A node that died is there again."""
        if not self.network.alive[node]:
            self._catch_up()
            self.network.up(node)
            self._recover(node)
            for flight in self._flights.values():
                self.repair.watch(flight)
            self._mend_soon()

    def close(self) -> None:
        """Count what is in flight as if it had ended now: for the figures of a run that is over."""
        for flight in list(self._flights.values()):
            self._settle(flight)
            self._retire(flight)

    @property
    def digest(self) -> str:
        """Of all first arrivals of messages that are no longer in flight, in whatever order they ended."""
        return f"{self._arrived:032x}"

    def in_flight(self, flight: Flight) -> bool:
        return self._flights.get(flight.name) is flight

    # The engine's side

    def _launch(self, flight: Flight, node: int) -> None:
        """``node`` has the message now, by itself."""
        raise AssertionError("an engine's")

    def inject(self, flight: Flight, node: int, at_us: int, sender: int) -> None:
        """A frame outside the mesh's pushing reaches ``node`` at ``at_us``."""
        raise AssertionError("an engine's")

    def _catch_up(self) -> None:
        """What arrives now has arrived: arrivals come before changes of the same microsecond."""
        raise AssertionError("an engine's")

    def _forget(self, node: int) -> None:
        raise AssertionError("an engine's")

    def _recover(self, node: int) -> None:
        raise AssertionError("an engine's")

    def _replan(self) -> None:
        """What is cut has changed."""

    def _moving(self) -> set[int]:
        """The slots of messages of which anything is under way."""
        raise AssertionError("an engine's")

    def frame_us(self, flight: Flight, source: int, target: int, delay_us: int | None = None) -> int | None:
        """When a frame that leaves now arrives; None if it does not. Counts it. ``delay_us`` where it is drawn."""
        network, now_us = self.network, self.kernel.now_us
        counters = network.counters
        size_bytes = flight.frame_bytes
        left_us = network.queued(source, target, size_bytes, now_us)
        if left_us is None:
            counters.drop(source, Drop.QUEUE)
            return None
        counters.sent(source, size_bytes)
        if network.faulty and not network.open(source, target):
            counters.drop(source, Drop.CUT)
            return None
        if delay_us is None:
            delay_us = self.delay_us(source, target)
        if delay_us >= NEVER:
            counters.drop(source, Drop.LOST)
            return None
        if not network.alive[target]:
            counters.drop(target, Drop.DOWN)
            return None
        return left_us + delay_us

    def delay_us(self, source: int, target: int) -> int:
        """The delay of one frame or control message over a link, ``NEVER`` if it is lost."""
        model, rng = self.network.model, self._odd
        if model.loss and rng.random() < model.loss:
            return NEVER
        median_us = self.network.links[source][target]
        delay_us = max(1, median_us * int(self._factors[rng.getrandbits(16)]) // ONE)
        if model.reordered and rng.random() < model.reordered:
            delay_us += model.held_us
        return delay_us

    def _count_gone(self, flight: Flight, node: int) -> None:
        """What a node that dies has pushed, before it is forgotten."""
        if node in flight.counted or node in flight.silent:
            return
        flight.counted.add(node)
        for peer in flight.mesh.peers[node]:
            if peer != flight.senders[node]:
                self.network.counters.sent(node, flight.frame_bytes)
                self.network.counters.received(peer, flight.frame_bytes)

    # Lives of messages

    def _flight(self, name: Message, message: Message, size_bytes: int, node: int, had: Bools | None) -> Flight:
        slot = self._free.pop() if self._free else len(self.slots)
        if slot == len(self.slots):
            self.slots.append(None)
        flight = Flight(self.published, slot, name, message, size_bytes, node, self.meshing.mesh)
        self.published += 1
        flight.published_us = self.kernel.now_us
        nodes = self.network.topology.nodes
        flight.draws = drawn(flight.mesh, self.network.model, self._factors, self._rng)
        alive = self.network.alive
        flight.arrivals = np.full(nodes, NEVER) if all(alive) else np.where(alive, NEVER, PAST)
        flight.senders = np.arange(nodes)
        if had is not None:
            flight.arrivals[had] = PAST
        self.slots[slot] = self._flights[name] = flight
        if self.frame_by_frame and not flight.mesh.whole:
            self.repair.watch(flight)
        return flight

    def _sweep_soon(self) -> None:
        if not self._sweeping:
            self._sweeping = True
            self.kernel.after(self.model.heartbeat_us // _SWEEPS, self._sweep)

    def _sweep(self) -> None:
        """Count messages that have come to rest, and let go of those that nobody keeps any more."""
        self._sweeping = False
        kept_us = self.model.history * self.model.heartbeat_us
        moving, now_us = self._moving(), self.kernel.now_us
        for flight in list(self._flights.values()):
            if flight.slot in moving or flight.pending:
                flight.quiet_since_us = None
            elif flight.quiet_since_us is None:
                self._settle(flight)
            elif now_us - flight.quiet_since_us > kept_us:
                self._retire(flight)
        if self._flights:
            self._sweep_soon()

    def _settle(self, flight: Flight) -> None:
        """Nothing of it is under way: count what its mesh carried, and see whom it missed."""
        flight.arrivals = arrivals = np.array(flight.arrivals, dtype=np.int64)
        flight.senders = np.array(flight.senders, dtype=np.int64)
        now_us = self.kernel.now_us
        if flight.draws is not None:
            tally(flight, self.network, now_us)
            flight.counted.update(np.flatnonzero((arrivals >= 0) & (arrivals <= now_us)).tolist())
        flight.draws = flight.times = flight.closed = None
        flight.unsent = []
        flight.quiet_since_us = int(np.where(arrivals < NEVER, arrivals, flight.published_us).max())
        if (arrivals == NEVER).any():
            self.repair.watch(flight)
        else:
            self.repair.leave(flight)

    def _retire(self, flight: Flight) -> None:
        now_us = self.kernel.now_us
        arrivals: Integers = np.asarray(flight.arrivals)
        had = (arrivals >= 0) & (arrivals <= now_us)
        delays = np.where(had, arrivals - flight.published_us, PAST)
        self._measure(flight, had, delays)
        advertising = np.where(had, self._advertising_bytes, 0)
        self.network.counters.bytes_out += advertising
        self.network.counters.bytes_in += advertising
        self._arrived = (self._arrived + stamp(flight.number, delays)) % (1 << 128)
        past = arrivals == PAST
        if past.any():
            had |= past & np.array(self.network.alive)
        self._memory.keep(flight.name, had, now_us)
        self.repair.leave(flight)
        self.slots[flight.slot] = None
        self._free.append(flight.slot)
        del self._flights[flight.name]

    def _measure(self, flight: Flight, had: Bools, delays: Integers) -> None:
        """How it spread: by when each node had it first, the nodes that died afterwards included."""
        first, reached = delays.copy(), had.copy()
        told = had & (np.asarray(flight.senders) != np.arange(len(had)))
        for node, at_us in flight.lost.items():
            first[node] = at_us - flight.published_us
            reached[node] = told[node] = True
        told[flight.origin] = False
        self.propagation.add(
            flight.number,
            flight.origin,
            flight.published_us,
            flight.size_bytes,
            first[told],
            int(np.count_nonzero(reached)),
        )

    # Changes of the network

    def _cut_changed(self) -> None:
        self._replan()
        self._mend_soon()

    def _mend_soon(self) -> None:
        """Peers notice by the next heartbeat."""
        if not self._mending:
            self._mending = True
            self.kernel.after(self.model.heartbeat_us, self._mend)

    def _mend(self) -> None:
        self._mending = False
        self.meshing.mended(self.model.low)


def stamp(number: int, delays_us: Integers) -> int:
    """A hash of the first arrivals of one message: per node the delay since its publishing, -1 where none."""
    key = number.to_bytes(8, "big")
    return int.from_bytes(hashlib.blake2b(delays_us.tobytes(), digest_size=16, key=key).digest(), "big")
