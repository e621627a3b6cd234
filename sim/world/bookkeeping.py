"""The rows of a simulation that are not of one auction: intents as they come, prices, wealth, nodes, the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.intent import FillMode, Intent, IntentId
from node.chain.app import ChainApp
from settlement.settle import Settlement
from sim.cluster import Cluster
from sim.recording.events import EventKind
from sim.recording.recorder import Recorder
from sim.recording.rows import EventRow, IntentRow, NodeRow, PriceRow, WealthRow
from sim.world.desk import AtNode
from sim.world.holdings import owned, venue_rows
from sim.world.transport import Transport

#: A message younger than this at the end is no measure of how far messages get.
SPREADING_US: Final = 2_000_000


class Bookkeeper:
    """Writes to ``recorder``; ``price`` is the outside price now, ``now_us`` the time."""

    def __init__(
        self,
        recorder: Recorder,
        assets: Sequence[AssetInfo],
        price: Callable[[AssetId], float],
        now_us: Callable[[], int],
    ) -> None:
        self.recorder, self.price, self.now_us = recorder, price, now_us
        self.assets = assets
        self._units = {info.id: 10.0**info.decimals for info in assets}
        self._began: dict[str, Mapping[AssetId, int]] = {}

    def value(self, asset: AssetId, amount: int) -> float:
        """Worth of so many base units at the outside price, in whole numeraire units."""
        return amount / self._units[asset] * self.price(asset)

    def note(self, kind: EventKind, node: int, detail: str) -> None:
        self.recorder.add(EventRow(self.now_us(), kind.value, node, detail))

    def began(self, desks: Iterable[AtNode], app: ChainApp) -> None:
        """What everybody has at the start, which wealth is held against."""
        self._began = {desk.name: owned(app.state, desk.holders) for desk in desks}

    def offered(
        self, desk: AtNode, number: IntentId, intent: Intent, owner: int, purpose: str, refused: str
    ) -> None:
        give, want = intent.give[0], intent.want[0]
        self.recorder.add(
            IntentRow(
                number.hex(),
                desk.name,
                desk.kind,
                owner,
                purpose,
                desk.nodes[owner],
                self.now_us(),
                desk.auction,
                give.asset,
                str(give.amount),
                want.asset,
                str(want.amount),
                intent.fill.mode is FillMode.FILL_OR_KILL,
                self.price(give.asset),
                self.price(want.asset),
                self.value(give.asset, give.amount),
                refused,
            )
        )

    def prices(self, auction: int) -> None:
        """Outside prices between settlements."""
        for info in self.assets[1:]:
            self.recorder.add(PriceRow(auction, info.id, self.now_us(), self.price(info.id), 0.0, 0.0))

    def settled(self, auction: int, desks: Iterable[AtNode], app: ChainApp, settlement: Settlement | None) -> None:
        """Everybody's wealth and every venue after an auction."""
        for desk in desks:
            now, held = self._worth(owned(app.state, desk.holders)), self._worth(self._began[desk.name])
            self.recorder.add(WealthRow(auction, desk.name, desk.kind, self.now_us(), now, held))
        if settlement is not None:
            for row in venue_rows(app, settlement, self.now_us(), self.value):
                self.recorder.add(row)

    def ended(self, cluster: Cluster, transport: Transport, nodes: int, validators: int) -> None:
        """Every node's counts, and how messages spread."""
        transport.close()
        for node in range(nodes):
            self.recorder.add(_node_row(cluster, transport, node, validators))
        for row in transport.rows(self.now_us() - SPREADING_US):
            self.recorder.add(row)

    def _worth(self, holdings: Mapping[AssetId, int]) -> float:
        return math.fsum(self.value(asset, amount) for asset, amount in sorted(holdings.items()))


def _node_row(cluster: Cluster, transport: Transport, node: int, validators: int) -> NodeRow:
    """Relays have no ledger, so neither a height nor a root."""
    counts = transport.counts(node)
    if node >= len(cluster.members):
        return NodeRow(node, False, -1, *counts, 0, "")
    member = cluster.members[node]
    height, root = len(member.disk.decisions) - 1, member.machine.app.state.root.hex()
    return NodeRow(node, node < validators, height, *counts, member.life, root)
