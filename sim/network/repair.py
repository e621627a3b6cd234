"""Repair: on its heartbeats a node tells a few peers what it has (IHAVE); who lacks it asks (IWANT) and is sent
it.

gossipsub v1.1 tells only peers outside the mesh. Here peers of the mesh are told too where there are too few
others: otherwise a node all of whose links are in the mesh would never learn of what it missed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING

from sim.network.counters import Drop
from sim.network.flight import Flight
from sim.network.state import NEVER
from sim.network.wire import FRAME_BYTES

if TYPE_CHECKING:
    from sim.network.spreading import Spreading


#: Called with (node, peer, messages) when ids from the peer arrive.
Hears = Callable[[int, int, Sequence[Flight]], None]


class Repair:
    """Heartbeats, each node's at a phase of its own, for as long as some message lacks some node."""

    def __init__(self, spreading: Spreading, rng: Random) -> None:
        self._spreading, self._rng = spreading, rng
        self._beat_us = spreading.model.heartbeat_us
        nodes = spreading.network.topology.nodes
        phases = sorted((rng.randrange(self._beat_us), node) for node in range(nodes))
        self._phases = [phase for phase, _ in phases]
        self._order = [node for _, node in phases]
        self._lacking: dict[int, Flight] = {}
        self._beating = False

    def watch(self, flight: Flight) -> None:
        """Somebody may lack this message."""
        self._lacking[flight.slot] = flight
        if not self._beating:
            self._beating = True
            self._next()

    def leave(self, flight: Flight) -> None:
        self._lacking.pop(flight.slot, None)

    def _next(self) -> None:
        kernel = self._spreading.kernel
        cycle, phase = divmod(kernel.now_us, self._beat_us)
        place = bisect_right(self._phases, phase)
        if place == len(self._phases):
            cycle, place = cycle + 1, 0
        kernel.at(cycle * self._beat_us + self._phases[place], self._beat)

    def _beat(self) -> None:
        """The heartbeats that are due now."""
        self._beating = bool(self._lacking)
        if not self._beating:
            return
        place = bisect_right(self._phases, self._spreading.kernel.now_us % self._beat_us) - 1
        due = self._phases[place]
        while place >= 0 and self._phases[place] == due:
            self._tell(self._order[place])
            place -= 1
        self._next()

    def _tell(self, node: int) -> None:
        spreading, model = self._spreading, self._spreading.model
        network, now_us = spreading.network, spreading.kernel.now_us
        if not network.alive[node]:
            return
        oldest_us = max(0, now_us - model.advertised * self._beat_us)
        held = [
            found
            for found in self._lacking.values()
            if oldest_us <= found.arrivals[node] <= now_us and node not in found.silent
        ]
        if not held:
            return
        for peer in self._told(node):
            lacks = [found for found in held if found.arrivals[peer] == NEVER]
            if lacks:
                self._control(node, peer, lacks, self._hear)

    def _told(self, node: int) -> list[int]:
        """The peers it tells: linked, there and not cut off; of the mesh only where others are too few."""
        network, lazy = self._spreading.network, self._spreading.model.lazy
        members = frozenset(self._spreading.meshing.mesh.peers[node])
        peers = [peer for peer in network.links[node] if network.alive[peer] and network.open(node, peer)]
        outside = [peer for peer in peers if peer not in members]
        if len(outside) >= lazy:
            return self._rng.sample(outside, lazy)
        inside = [peer for peer in peers if peer in members]
        return outside + self._rng.sample(inside, min(len(inside), lazy - len(outside)))

    def _control(self, source: int, target: int, flights: list[Flight], then: Hears) -> None:
        """Send ids from ``source`` to ``target``."""
        spreading = self._spreading
        network, kernel = spreading.network, spreading.kernel
        size_bytes = FRAME_BYTES + len(flights) * spreading.model.id_bytes
        network.counters.sent(source, size_bytes)
        if network.faulty and not network.open(source, target):
            network.counters.drop(source, Drop.CUT)
            return
        delay_us = spreading.delay_us(source, target)
        if delay_us >= NEVER:
            network.counters.drop(source, Drop.LOST)
            return
        kernel.after(delay_us, self._arrive, source, target, flights, size_bytes, kernel.now_us, then)

    def _arrive(
        self, source: int, target: int, flights: Sequence[Flight], size_bytes: int, sent_us: int, then: Hears
    ) -> None:
        network = self._spreading.network
        if not network.alive[target] or network.since_us[target] > sent_us:
            network.counters.drop(target, Drop.DOWN)
            return
        network.counters.received(target, size_bytes)
        then(target, source, flights)

    def _hear(self, node: int, peer: int, flights: Sequence[Flight]) -> None:
        """``peer`` has these: ask for those that neither came nor are on their way, whoever tells."""
        spreading = self._spreading
        wanted = [found for found in flights if spreading.in_flight(found) and found.arrivals[node] == NEVER]
        if wanted:
            self._control(node, peer, wanted, self._answer)

    def _answer(self, node: int, peer: int, flights: Sequence[Flight]) -> None:
        spreading, now_us = self._spreading, self._spreading.kernel.now_us
        oldest_us = max(0, now_us - spreading.model.history * self._beat_us)
        for found in flights:
            if spreading.in_flight(found) and oldest_us <= found.arrivals[node] <= now_us:
                at_us = spreading.frame_us(found, node, peer)
                if at_us is not None:
                    spreading.inject(found, peer, at_us, node)
