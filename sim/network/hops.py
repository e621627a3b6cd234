"""Gossip frame by frame: what arrives first decides when a node pushes on, and to whom.

Frames that cannot be a first arrival are counted and not simulated: when a node is about to be sent a copy that
would come no sooner than one already under way, its event is left out. Nothing else differs, as a frame once
under way arrives, or dies with all others under way to its node. Where frames cost computing every one is an
event.

The engine has a heap of its own, of whole numbers (time, message, node), and goes ahead in it until something
else in the world is due.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

import numpy as np

from sim.network.counters import Drop
from sim.network.flight import PAST, Flight
from sim.network.gossip import Deliver, GossipModel
from sim.network.spreading import SLOT_BITS, Spreading
from sim.network.state import NEVER, Network


class Hops(Spreading):
    """``Gossip``, frame by frame."""

    frame_by_frame = True

    def __init__(
        self, network: Network, model: GossipModel, deliver: Deliver, subscribers: Iterable[int] | None = None
    ) -> None:
        super().__init__(network, model, deliver, subscribers)
        self._node_bits = max(1, (network.topology.nodes - 1).bit_length())
        self._heap: list[int] = []
        self._running = False
        #: When the kernel is to call next, as far as asked.
        self._wake_us = NEVER

    def _launch(self, flight: Flight, node: int) -> None:
        now_us = self.kernel.now_us
        self._thaw(flight)
        draws = flight.draws
        if flight.times is None and draws is not None and not self.network.model.frame_cpu_us:
            kind = "i" if int(draws.delays_us.max(initial=0)) < 1 << 31 else "q"
            flight.times = array(kind, draws.delays_us.astype(kind).tobytes())
        flight.arrivals[node] = now_us
        flight.senders[node] = node
        if flight.times is None or self.network.faulty:
            self._forward(flight, node)
        elif self.network.model.bandwidth_bps:
            self._forward_in_turn(flight, node, now_us)
        else:
            self._forward_drawn(flight, node, now_us)
        self._wake()

    def inject(self, flight: Flight, node: int, at_us: int, sender: int) -> None:
        self._thaw(flight)
        flight.seeds.append((node, at_us, sender))
        self._frame(flight, node, at_us, sender)

    def _thaw(self, flight: Flight) -> None:
        flight.quiet_since_us = None
        if not isinstance(flight.arrivals, array):
            flight.arrivals = array("q", flight.arrivals.astype(np.int64).tobytes())
            flight.senders = array("i", flight.senders.astype(np.int32).tobytes())

    def _frame(self, flight: Flight, node: int, at_us: int, sender: int) -> None:
        """A frame is on its way and will arrive, if the node lives."""
        counters = self.network.counters
        if self.network.model.frame_cpu_us:
            flight.pending += 1
            self.kernel.at(at_us, self._received, flight, node, sender, self.kernel.now_us)
            return
        counters.received(node, flight.frame_bytes)
        known_us = flight.arrivals[node]
        if known_us != NEVER:
            counters.duplicate(node)
        if at_us < known_us:
            flight.arrivals[node] = at_us
            flight.senders[node] = sender
            self._push(flight, node, at_us)

    def _received(self, flight: Flight, node: int, sender: int, sent_us: int) -> None:
        """A frame has arrived and waits to be computed; the first one that is makes the node have the message."""
        network, now_us = self.network, self.kernel.now_us
        flight.pending -= 1
        if not network.alive[node] or network.since_us[node] > sent_us:
            return
        network.counters.received(node, flight.frame_bytes)
        done_us = network.computed(node, now_us)
        if flight.arrivals[node] != NEVER:
            network.counters.duplicate(node)
            return
        flight.arrivals[node] = done_us
        flight.senders[node] = sender
        self._push(flight, node, done_us)

    def _push(self, flight: Flight, node: int, at_us: int) -> None:
        bits = self._node_bits
        heappush(self._heap, at_us << bits + SLOT_BITS | flight.slot << bits | node)
        self._wake()

    def _wake(self) -> None:
        if self._heap and not self._running:
            at_us = self._heap[0] >> self._node_bits + SLOT_BITS
            if at_us < self._wake_us:
                self._wake_us = at_us
                self.kernel.at(at_us, self._woken, at_us)

    def _woken(self, at_us: int) -> None:
        if at_us == self._wake_us:
            self._run()

    def _run(self) -> None:
        """Arrivals in order of time, up to whatever else is due."""
        self._wake_us = NEVER
        self._running = True
        self._go(max(self.kernel.quiet_us(), self.kernel.now_us + 1))
        self._running = False
        self._wake()

    def _catch_up(self) -> None:
        now_us = self.kernel.now_us
        if self._heap and self._heap[0] >> self._node_bits + SLOT_BITS <= now_us:
            self._go(now_us + 1)

    def _go(self, limit_us: int) -> None:
        network, kernel, heap, slots = self.network, self.kernel, self._heap, self.slots
        subscribed, alive, deliver = self.subscribed, network.alive, self.deliver
        node_bits = self._node_bits
        shift, slot_bits = node_bits + SLOT_BITS, ((1 << SLOT_BITS) - 1) << node_bits
        node_mask = (1 << node_bits) - 1
        bandwidth = network.model.bandwidth_bps
        events, scheduled, watch = 0, kernel.scheduled, kernel.watch
        while heap:
            key = heap[0]
            now_us = key >> shift
            if now_us >= limit_us:
                break
            heappop(heap)
            events += 1
            slot = key & slot_bits
            flight = slots[slot >> node_bits]
            node = key & node_mask
            assert flight is not None
            arrivals, senders = flight.arrivals, flight.senders
            if arrivals[node] != now_us:
                continue  # a sooner copy came
            if subscribed[node]:
                kernel.now_us = now_us
                if watch is not None:
                    watch(deliver, (node, senders[node], flight.message))
                passes = deliver(node, senders[node], flight.message)
                if kernel.scheduled != scheduled:
                    scheduled, limit_us = kernel.scheduled, min(limit_us, kernel.quiet_us())
                if not alive[node]:
                    continue
                if not passes:
                    flight.silent.add(node)
                    continue
            times = flight.times
            if times is None or network.faulty:
                kernel.now_us = now_us
                self._forward(flight, node)
                continue
            if bandwidth:
                self._forward_in_turn(flight, node, now_us)
                continue
            mesh = flight.mesh
            for peer, delay_us in zip(mesh.peers[node], times[mesh.spans[node]], strict=False):
                then_us = now_us + delay_us
                if then_us < arrivals[peer]:
                    arrivals[peer] = then_us
                    senders[peer] = node
                    heappush(heap, then_us << shift | slot | peer)
        kernel.events += events

    def _forward_drawn(self, flight: Flight, node: int, now_us: int) -> None:
        """What ``_run`` does for most frames."""
        arrivals, mesh = flight.arrivals, flight.mesh
        shift, low_bits = self._node_bits + SLOT_BITS, flight.slot << self._node_bits
        for peer, delay_us in zip(mesh.peers[node], flight.times[mesh.spans[node]], strict=True):
            then_us = now_us + delay_us
            if then_us < arrivals[peer]:
                arrivals[peer] = then_us
                flight.senders[peer] = node
                heappush(self._heap, then_us << shift | low_bits | peer)

    def _forward_in_turn(self, flight: Flight, node: int, now_us: int) -> None:
        """The same where frames of a link leave one after the other; those without an event take their turn."""
        model, sending, heap, mesh = self.network.model, self.network.sending_us, self._heap, flight.mesh
        arrivals, senders, sender, span = flight.arrivals, flight.senders, flight.senders[node], mesh.spans[node]
        takes_us, longest_us = model.serialising_us(flight.frame_bytes), model.longest_queue_us
        first_link = node * self.network.topology.nodes
        shift, low_bits = self._node_bits + SLOT_BITS, flight.slot << self._node_bits
        for place, (peer, delay_us) in enumerate(zip(mesh.peers[node], flight.times[span], strict=True)):
            if peer == sender and arrivals[peer] <= now_us:
                continue
            free_us = sending.get(first_link + peer, 0)
            if free_us < now_us:
                free_us = now_us
            elif free_us - now_us > longest_us:
                self.network.counters.drop(node, Drop.QUEUE)
                flight.unsent.append(span.start + place)
                continue
            free_us += takes_us
            sending[first_link + peer] = free_us
            then_us = free_us + delay_us
            if then_us < arrivals[peer]:
                arrivals[peer] = then_us
                senders[peer] = node
                heappush(heap, then_us << shift | low_bits | peer)

    def _forward(self, flight: Flight, node: int) -> None:
        """The same, each frame looked at: where links are cut, busy, or not drawn in advance."""
        flight.counted.add(node)
        draws, mesh = flight.draws, flight.mesh
        span, sender = mesh.spans[node], flight.senders[node]
        delays = draws.delays_us[span].tolist() if draws is not None else [None] * len(mesh.peers[node])
        for place, (peer, delay_us) in enumerate(zip(mesh.peers[node], delays, strict=True)):
            if peer == sender and flight.saw(peer, self.kernel.now_us):
                continue
            at_us = self.frame_us(flight, node, peer, delay_us)
            if at_us is None:
                continue
            self._frame(flight, peer, at_us, node)
            if draws is not None and draws.copied is not None and draws.copied[span.start + place]:
                self._frame(flight, peer, at_us, node)

    # Nodes come and go

    def _forget(self, node: int) -> None:
        mask = (1 << self._node_bits) - 1
        self._heap[:] = [key for key in self._heap if key & mask != node]
        heapify(self._heap)
        for flight in self._flights.values():
            if flight.times is not None and 0 <= flight.arrivals[node] <= self.kernel.now_us:
                self._count_gone(flight, node)
            flight.arrivals[node] = PAST

    def _recover(self, node: int) -> None:
        for flight in self._flights.values():
            flight.arrivals[node] = NEVER
            flight.senders[node] = node

    def _moving(self) -> set[int]:
        bits, mask = self._node_bits, (1 << SLOT_BITS) - 1
        return {key >> bits & mask for key in self._heap}
