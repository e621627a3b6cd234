"""The mesh: of all linked peers, those that each node pushes messages to at once."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np

from sim.network.gossip import GossipModel
from sim.network.model import Integers
from sim.network.state import Network


class Mesh:
    """A mesh as it stood at one moment, as directed edges. A message travels on the mesh it was published on.

    ``sources``, ``targets``, ``median_us``: edges ascending by (source, target). ``by_target`` puts them in order
    of target, of which ``reached`` are those that have any and ``starts`` where each one's begin.
    """

    __slots__ = (
        "by_target",
        "edges",
        "ends",
        "incoming",
        "median_us",
        "peers",
        "reached",
        "sources",
        "spans",
        "starts",
        "targets",
        "whole",
    )

    def __init__(self, peers: list[dict[int, int]], whole: bool) -> None:
        ordered = [sorted(found.items()) for found in peers]
        self.peers: list[tuple[int, ...]] = [tuple(peer for peer, _ in found) for found in ordered]
        ends = np.cumsum([len(found) for found in ordered]).tolist()
        #: Where each node's edges are.
        self.spans = [slice(end - len(found), end) for end, found in zip(ends, ordered, strict=True)]
        self.edges: int = ends[-1]
        self.sources = np.repeat(np.arange(len(peers), dtype=np.int64), [len(found) for found in ordered])
        self.targets = _array(peer for found in ordered for peer, _ in found)
        self.median_us = _array(us for found in ordered for _, us in found)
        self.by_target = np.argsort(self.targets, kind="stable")
        self.incoming: Integers = self.sources[self.by_target]
        self.ends: Integers = self.targets[self.by_target]
        self.reached, self.starts = np.unique(self.ends, return_index=True)
        #: Whether every link is in it: then nobody can be told of what was not pushed to them.
        self.whole = whole


class Meshing:
    """Keeps a mesh: prunes peers out of reach, grafts where a node has too few. Who has ``high`` is grafted by
    nobody.
    """

    def __init__(self, network: Network, model: GossipModel, rng: Random) -> None:
        self._network, self._model, self._rng = network, model, rng
        self._peers: list[dict[int, int]] = [{} for _ in range(network.topology.nodes)]
        self.mesh = self.mended(model.degree)

    def mended(self, least: int) -> Mesh:
        """The mesh after a heartbeat of every node: peers that are gone or cut off are dropped, others grafted
        by those that have fewer than ``least``.

        Both ends agree at once; the exchange of GRAFT and PRUNE itself is not modelled.
        """
        rng, peers = self._rng, self._peers
        nodes = list(range(len(peers)))
        rng.shuffle(nodes)
        for node in nodes:
            for peer in [peer for peer in peers[node] if not self._joined(node, peer)]:
                self._prune(node, peer)
        for node in nodes:
            if len(peers[node]) < least:
                self._graft(node)
        links = self._network.links
        self.mesh = Mesh(peers, all(len(a) == len(b) for a, b in zip(peers, links, strict=True)))
        return self.mesh

    def _graft(self, node: int) -> None:
        own, limit = self._peers[node], self._model.high
        found = [
            (peer, us)
            for peer, us in self._network.links[node].items()
            if peer not in own and len(self._peers[peer]) < limit and self._joined(node, peer)
        ]
        for peer, us in self._rng.sample(found, min(len(found), self._model.degree - len(own))):
            own[peer] = us
            self._peers[peer][node] = us

    def _prune(self, node: int, peer: int) -> None:
        del self._peers[node][peer], self._peers[peer][node]

    def _joined(self, node: int, peer: int) -> bool:
        network = self._network
        return (
            network.alive[node] and network.alive[peer] and network.open(node, peer) and network.open(peer, node)
        )


def _array(values: Iterable[int]) -> Integers:
    return np.fromiter(values, dtype=np.int64)
