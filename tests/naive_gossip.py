"""Gossip as one would write it first: an event per frame, a set of what each node has seen. Slow; pushes only."""

from __future__ import annotations

from sim.network.flight import drawn
from sim.network.gossip import Deliver, GossipModel
from sim.network.mesh import Mesh, Meshing
from sim.network.state import NEVER, Network


class NaiveGossip:
    """Draws what the engines draw, in the same order."""

    def __init__(self, network: Network, model: GossipModel, deliver: Deliver) -> None:
        self.network, self.kernel, self.deliver = network, network.kernel, deliver
        self.meshing = Meshing(network, model, self.kernel.stream("network/mesh"))
        self._least, self._beat_us = model.low, model.heartbeat_us
        self._rng = self.kernel.stream("network/gossip")
        self._seen: list[set[int]] = [set() for _ in range(network.topology.nodes)]
        self._sent: dict[int, tuple[Mesh, list[int]]] = {}
        self._mending = False
        network.watch(lambda: None, self._mend_soon)

    def publish(self, node: int, message: int, size_bytes: int) -> None:
        if not self.network.alive[node] or message in self._seen[node]:
            return
        if message not in self._sent:
            mesh, network = self.meshing.mesh, self.network
            draws = drawn(mesh, network.model, network.model.jitter.factors(), self._rng)
            self._sent[message] = (mesh, draws.delays_us.tolist())
        self._seen[node].add(message)
        self._push(node, node, message)

    def _push(self, node: int, sender: int, message: int) -> None:
        mesh, delays = self._sent[message]
        first = mesh.spans[node].start
        for edge, peer in enumerate(mesh.peers[node], first):
            back = peer == sender and message in self._seen[peer]
            if back or not self.network.open(node, peer) or not self.network.alive[peer] or delays[edge] >= NEVER:
                continue
            self.kernel.after(delays[edge], self._arrive, peer, node, message, self.kernel.now_us)

    def _arrive(self, node: int, sender: int, message: int, sent_us: int) -> None:
        network = self.network
        if not network.alive[node] or network.since_us[node] > sent_us or message in self._seen[node]:
            return
        self._seen[node].add(message)
        if self.deliver(node, sender, message):
            self._push(node, sender, message)

    def down(self, node: int) -> None:
        if self.network.alive[node]:
            self.network.down(node)
            self._seen[node] = set()
            self._mend_soon()

    def up(self, node: int) -> None:
        if not self.network.alive[node]:
            self.network.up(node)
            self._mend_soon()

    def _mend_soon(self) -> None:
        if not self._mending:
            self._mending = True
            self.kernel.after(self._beat_us, self._mend)

    def _mend(self) -> None:
        self._mending = False
        self.meshing.mended(self._least)
