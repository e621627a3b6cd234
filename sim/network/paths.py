"""Gossip by quickest paths: all first arrivals of a message at once, when it is published.

The delays drawn for a message are the same as frame by frame, so the arrivals are too: where nothing waits in
queues, a first arrival is the length of the quickest path (found by relaxing all edges together until nothing
changes; Bellman and Ford). When a node refuses to pass a message on, dies, or a link is cut, what has not
happened yet is planned again. Only queues are not modelled: a frame takes its time on the link and in the node,
and waits for no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from intents.errors import TooMany
from sim.network.flight import PAST, Bools, Flight, Integers, drawn
from sim.network.gossip import Deliver, GossipModel
from sim.network.spreading import SLOT_BITS, Spreading
from sim.network.state import NEVER, Network

#: Arrivals are kept as (microseconds since an epoch, message, node) in 63 bits.
_NODE_BITS: Final = 15
_SHIFT: Final = SLOT_BITS + _NODE_BITS
_SPAN_US: Final = 1 << 62 - _SHIFT
#: Deliveries made ready at once.
_BATCH: Final = 4096


class Paths(Spreading):
    """``Gossip``, by quickest paths."""

    def __init__(
        self, network: Network, model: GossipModel, deliver: Deliver, subscribers: Iterable[int] | None = None
    ) -> None:
        super().__init__(network, model, deliver, subscribers)
        if network.topology.nodes > 1 << _NODE_BITS:
            raise TooMany("network.nodes", "nodes", network.topology.nodes, 1 << _NODE_BITS)
        #: Arrivals to come at subscribers, ascending, from ``_place`` on.
        self._listeners = np.flatnonzero(self.subscribed)
        self._pending: Integers = np.empty(0, dtype=np.int64)
        self._place = 0
        self._epoch_us = 0
        self._running = self._changed = False
        self._wake_us = NEVER

    def _launch(self, flight: Flight, node: int) -> None:
        flight.seeds.append((node, self.kernel.now_us, node))
        self._plan(flight)

    def inject(self, flight: Flight, node: int, at_us: int, sender: int) -> None:
        counters = self.network.counters
        counters.received(node, flight.frame_bytes)
        if flight.arrivals[node] != NEVER:
            counters.duplicate(node)
            return
        flight.seeds.append((node, at_us, sender))
        self._plan(flight)

    def subscribe(self, node: int) -> None:
        super().subscribe(node)
        self._listeners = np.flatnonzero(self.subscribed)

    # Plans

    def _plan(self, flight: Flight) -> None:
        """Arrivals that have not happened yet, from those that have."""
        now_us, again = self.kernel.now_us, flight.times is not None
        known: Integers = flight.arrivals
        flight.quiet_since_us = None
        self._draw(flight)
        self._close(flight)
        weights = flight.times if flight.closed is None else np.where(flight.closed, NEVER, flight.times)
        times = np.where((known >= 0) & (known <= now_us), known, NEVER)
        for node, at_us, sender in flight.seeds:
            if at_us < times[node] and known[node] != PAST:
                times[node], flight.senders[node] = at_us, sender
        flight.arrivals = self._relaxed(flight, times, weights)
        flight.arrivals[known == PAST] = PAST
        flight.told_by = flight.senders.tolist()
        self._announce(flight, again)

    def _draw(self, flight: Flight) -> None:
        """What each edge takes, in order of target: the delay drawn, and what a frame takes alone."""
        if flight.times is not None:
            return
        if flight.draws is None:
            # At rest, and somebody got it late: what spreads from there is drawn anew.
            flight.draws = drawn(flight.mesh, self.network.model, self._factors, self._odd)
            flight.closed = self._sent(flight)
        model = self.network.model
        alone_us = model.serialising_us(flight.frame_bytes) + model.frame_cpu_us
        flight.times = flight.draws.delays_us[flight.mesh.by_target] + alone_us

    def _sent(self, flight: Flight) -> Bools:
        """Edges, in order of target, over which the message has left."""
        had = (flight.arrivals >= 0) & (flight.arrivals <= self.kernel.now_us)
        return np.asarray(had[flight.mesh.incoming])

    def _close(self, flight: Flight) -> None:
        """Edges that carry nothing: cut when it would leave, to a node not there, from one that refused it."""
        mesh, gone = flight.mesh, flight.arrivals == PAST
        if not (self.network.faulty or flight.silent or flight.closed is not None or gone.any()):
            return
        targets = mesh.ends
        closed = self.network.closed(mesh.incoming, targets)
        if closed is None:
            closed = np.zeros(mesh.edges, dtype=np.bool_)
        if flight.closed is not None or flight.times is not None:
            before = flight.closed if flight.closed is not None else False
            closed = np.where(self._sent(flight), before, closed)
        refused = np.zeros(len(gone), dtype=np.bool_)
        refused[sorted(flight.silent)] = True
        flight.closed = closed | gone[targets] | refused[mesh.incoming]

    def _relaxed(self, flight: Flight, times: Integers, weights: Integers) -> Integers:
        """The earliest arrivals, and into ``senders`` whom each is from."""
        mesh = flight.mesh
        if not mesh.edges:
            return times
        begun = times
        candidates, sooner = np.empty(mesh.edges, dtype=np.int64), np.empty_like(times)
        everybody = len(mesh.reached) == len(times)
        while True:
            np.take(times, mesh.incoming, out=candidates, mode="clip")
            candidates += weights
            if everybody:
                np.minimum.reduceat(candidates, mesh.starts, out=sooner)
            else:
                sooner[:] = NEVER
                sooner[mesh.reached] = np.minimum.reduceat(candidates, mesh.starts)
            np.minimum(sooner, times, out=sooner)
            if (sooner == times).all():
                break
            times, sooner = sooner, (np.empty_like(times) if times is begun else times)
        targets, earlier = mesh.ends, times < begun
        hits = np.flatnonzero((candidates == times[targets]) & earlier[targets])
        if len(hits) > np.count_nonzero(earlier):
            # Of equally early senders the one that had it first, then the lower number, as frame by frame.
            froms = mesh.incoming[hits]
            hits = hits[np.lexsort((froms, times[froms]))[::-1]]
        flight.senders[targets[hits]] = mesh.incoming[hits]
        return times

    def _announce(self, flight: Flight, again: bool) -> None:
        """Put the subscribers' arrivals to come among the pending ones, in place of earlier plans."""
        pending = self._pending[self._place :]
        if again:
            pending = pending[(pending >> _NODE_BITS) & ((1 << SLOT_BITS) - 1) != flight.slot]
        now_us, nodes = self.kernel.now_us, self._listeners
        times = flight.arrivals[nodes]
        coming = (times > now_us) & (times < now_us + _SPAN_US)
        if ((times < NEVER) & (times > now_us) & ~coming).any():
            self.kernel.at(now_us + _SPAN_US // 2, self._announce_later, flight)
        nodes, times = nodes[coming], times[coming] - self._epoch_us
        if len(nodes) and int(times.max()) >= _SPAN_US:
            moved_us = now_us - self._epoch_us
            pending, times, self._epoch_us = pending - (moved_us << _SHIFT), times - moved_us, now_us
        new = (times << _SHIFT) | (flight.slot << _NODE_BITS) | nodes
        self._pending = np.sort(np.concatenate((pending, new)), kind="stable")
        self._place = 0
        self._changed = True
        self._wake()

    def _announce_later(self, flight: Flight) -> None:
        """What was too far off to be among the pending arrivals."""
        if self.in_flight(flight):
            self._announce(flight, True)

    # Deliveries

    def _wake(self) -> None:
        if self._running or self._place == len(self._pending):
            return
        at_us = (int(self._pending[self._place]) >> _SHIFT) + self._epoch_us
        if at_us < self._wake_us:
            self._wake_us = at_us
            self.kernel.at(at_us, self._woken, at_us)

    def _woken(self, at_us: int) -> None:
        if at_us == self._wake_us:
            self._run()

    def _run(self) -> None:
        """Deliveries in order of time, up to whatever else is due."""
        self._wake_us = NEVER
        self._running = True
        limit_us = max(self.kernel.quiet_us(), self.kernel.now_us + 1)
        while len(keys := self._due(limit_us)):
            limit_us = self._deliver(keys, limit_us)
        self._running = False
        self._wake()

    def _catch_up(self) -> None:
        now_us = self.kernel.now_us
        while len(keys := self._due(now_us + 1)):
            self._deliver(keys, now_us + 1)

    def _due(self, limit_us: int) -> Integers:
        limit = min(limit_us - self._epoch_us, _SPAN_US) << _SHIFT
        end = min(int(np.searchsorted(self._pending, limit)), self._place + _BATCH)
        return self._pending[self._place : end]

    def _deliver(self, keys: Integers, limit_us: int) -> int:
        """Deliver until something else is due or the pending arrivals have changed; the new limit."""
        kernel, slots, deliver, alive = self.kernel, self.slots, self.deliver, self.network.alive
        times = ((keys >> _SHIFT) + self._epoch_us).tolist()
        holders = (keys >> _NODE_BITS & (1 << SLOT_BITS) - 1).tolist()
        nodes = (keys & (1 << _NODE_BITS) - 1).tolist()
        begun = place = self._place
        scheduled, watch = kernel.scheduled, kernel.watch
        self._changed = False
        for now_us, slot, node in zip(times, holders, nodes, strict=True):
            if now_us >= limit_us:
                break
            flight = slots[slot]
            assert flight is not None, "arrivals are forgotten with their message"
            place += 1
            self._place = place
            kernel.now_us = now_us
            sender = flight.told_by[node]
            if watch is not None:
                watch(deliver, (node, sender, flight.message))
            if not deliver(node, sender, flight.message) and alive[node]:
                self._refuse(flight, node)
            if kernel.scheduled != scheduled:
                scheduled, limit_us = kernel.scheduled, min(limit_us, kernel.quiet_us())
            if self._changed:
                break
        kernel.events += place - begun
        # For a call of this within which it was called.
        self._changed = True
        return limit_us

    def _refuse(self, flight: Flight, node: int) -> None:
        flight.silent.add(node)
        if ((flight.senders == node) & (flight.arrivals > self.kernel.now_us)).any():
            self._plan(flight)

    # Changes of the network

    def _replan(self) -> None:
        for flight in self._flights.values():
            if flight.times is not None:
                self._plan(flight)

    def _forget(self, node: int) -> None:
        for flight in self._flights.values():
            spreading = flight.times is not None
            if spreading and 0 <= flight.arrivals[node] <= self.kernel.now_us:
                self._leave_under_way(flight, node)
            flight.seeds = [seed for seed in flight.seeds if seed[0] != node]
            flight.arrivals[node] = PAST
            if spreading:
                self._plan(flight)

    def _leave_under_way(self, flight: Flight, node: int) -> None:
        """What a node sent before it died arrives."""
        self._count_gone(flight, node)
        mesh = flight.mesh
        for edge in np.flatnonzero(mesh.incoming == node).tolist():
            at_us = int(flight.arrivals[node] + flight.times[edge])
            open_edge = flight.closed is None or not flight.closed[edge]
            if self.kernel.now_us < at_us < NEVER and open_edge:
                flight.seeds.append((int(mesh.ends[edge]), at_us, node))

    def _recover(self, node: int) -> None:
        for flight in self._flights.values():
            flight.arrivals[node] = NEVER
            flight.senders[node] = node
            if flight.times is not None:
                self._plan(flight)

    def _moving(self) -> set[int]:
        now_us = self.kernel.now_us
        return {
            flight.slot
            for flight in self._flights.values()
            if flight.times is not None and ((flight.arrivals > now_us) & (flight.arrivals < NEVER)).any()
        }
