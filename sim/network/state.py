"""The network as it is right now: which nodes are there, which links are cut, what waits on each link and node.

A cut concerns what is sent after it: what is under way arrives. A node that dies takes with it what was under way
to it, as its connections end.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from sim.kernel import Kernel
from sim.network.counters import Counters
from sim.network.model import Integers, LinkModel
from sim.network.topology import Topology

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: A time that never comes.
NEVER: Final = 1 << 60
#: Quickest paths kept, ends counted.
_KEPT_PATHS: Final = 8_000_000
#: Directed links cut one by one, at once.
MAX_CUTS: Final = 1_000_000


class Network:
    """Nodes 0 … n − 1 of a topology, its links and their model. ``counters`` counts what all messages do."""

    def __init__(self, kernel: Kernel, topology: Topology, model: LinkModel, absent: Iterable[int] = ()) -> None:
        self.kernel, self.topology, self.model = kernel, topology, model
        self.counters = Counters(topology.nodes)
        #: The neighbours of each node, ascending, with the link's median delay.
        self.links = _links(topology)
        self.alive = [True] * topology.nodes
        for node in absent:
            self.alive[node] = False
        #: Since when each node has been there, or gone.
        self.since_us = [0] * topology.nodes
        #: Until when each node computes, and each directed link (source · n + target) sends.
        self.busy_us = [0] * topology.nodes
        self.sending_us: dict[int, int] = {}
        #: Whether anything is cut at all.
        self.faulty = False
        self._groups: list[int] | None = None
        self._cut: set[int] = set()
        self._watchers: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._rows: OrderedDict[int, array[int]] = OrderedDict()

    # What is cut, who is there

    def partition(self, groups: Iterable[Iterable[int]]) -> None:
        """From now on only nodes of the same group reach each other; those in none are one more group."""
        found = [0] * self.topology.nodes
        for number, group in enumerate(groups, 1):
            for node in group:
                found[node] = number
        self._change()
        self._groups = found
        self._changed()

    def heal(self) -> None:
        """Groups reach each other again; links cut one by one stay cut."""
        self._change()
        self._groups = None
        self._changed()

    def cut_link(self, source: int, target: int) -> None:
        """Nothing gets from ``source`` to ``target`` any more, gossip or direct; the way back stays."""
        self._change()
        if len(self._cut) < MAX_CUTS:
            self._cut.add(source * self.topology.nodes + target)
        self._changed()

    def restore_link(self, source: int, target: int) -> None:
        self._change()
        self._cut.discard(source * self.topology.nodes + target)
        self._changed()

    def open(self, source: int, target: int) -> bool:
        """Whether anything cuts ``target`` off from ``source``; neither need be there."""
        groups = self._groups
        if groups is not None and groups[source] != groups[target]:
            return False
        return not self._cut or source * self.topology.nodes + target not in self._cut

    def down(self, node: int) -> None:
        """The node is gone, and with it what it was computing. Where there is gossip, it is to be told instead."""
        if self.alive[node]:
            self._turn(node, False)

    def up(self, node: int) -> None:
        """The node is there, for the first time or again, remembering nothing. The same holds."""
        if not self.alive[node]:
            self._turn(node, True)

    def _turn(self, node: int, alive: bool) -> None:
        self.alive[node] = alive
        self.since_us[node] = self.kernel.now_us
        self.busy_us[node] = 0

    def closed(self, sources: Integers, targets: Integers) -> NDArray[np.bool_] | None:
        """``not open`` of many pairs at once; None where nothing is cut."""
        if not self.faulty:
            return None
        found = np.zeros(len(sources), dtype=np.bool_)
        if self._groups is not None:
            groups = np.array(self._groups)
            found |= groups[sources] != groups[targets]
        if self._cut:
            found |= np.isin(sources * self.topology.nodes + targets, sorted(self._cut))
        return found

    def watch(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Both are called at every change of what is cut."""
        self._watchers.append((before, after))

    def _change(self) -> None:
        for before, _ in self._watchers:
            before()

    def _changed(self) -> None:
        self.faulty = self._groups is not None or bool(self._cut)
        for _, after in self._watchers:
            after()

    # What a message meets

    def queued(self, source: int, target: int, size_bytes: int, from_us: int) -> int | None:
        """When the last byte of a frame handed over at ``from_us`` has left; None where the queue is full."""
        model = self.model
        if not model.bandwidth_bps:
            return from_us
        link = source * self.topology.nodes + target
        free_us = self.sending_us.get(link, 0)
        if free_us <= from_us:
            free_us = from_us
        elif free_us - from_us > model.longest_queue_us:
            return None
        done_us = self.sending_us[link] = free_us + model.serialising_us(size_bytes)
        return done_us

    def computed(self, node: int, from_us: int) -> int:
        """When a node that got a frame at ``from_us`` has dealt with it and with all before it."""
        cost_us = self.model.frame_cpu_us
        if not cost_us:
            return from_us
        done_us = self.busy_us[node] = max(self.busy_us[node], from_us) + cost_us
        return done_us

    def path_us(self, source: int, target: int) -> int:
        """The median delay of the quickest path between two nodes, as their direct stream has it."""
        row = self._rows.get(source)
        if row is None:
            row = self._rows[source] = self._quickest(source)
            if len(self._rows) * len(row) > _KEPT_PATHS:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(source)
        return row[target]

    def _quickest(self, source: int) -> array[int]:
        from scipy.sparse.csgraph import dijkstra

        # Sums of whole microseconds are exact in doubles.
        found = dijkstra(self._weights, directed=False, indices=[source])[0].astype(np.int64)
        return array("q", found.tobytes())

    @cached_property
    def _weights(self) -> csr_array[np.float64, tuple[int, int]]:
        from scipy.sparse import csr_array

        nodes = self.topology.nodes
        ends = np.array(self.topology.links, dtype=np.int64).reshape(-1, 2)
        weights = np.array(self.topology.latency_us, dtype=np.float64)
        return csr_array((weights, (ends[:, 0], ends[:, 1])), shape=(nodes, nodes))


def _links(topology: Topology) -> list[dict[int, int]]:
    found: list[dict[int, int]] = [{} for _ in range(topology.nodes)]
    for (u, v), us in zip(topology.links, topology.latency_us, strict=True):
        found[u][v] = us
        found[v][u] = us
    return [dict(sorted(others.items())) for others in found]
