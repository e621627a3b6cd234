"""What follows from an auction's inputs, worked out when it is asked for: details, receipts, who missed and why.

One derivation runs at a time, so that many readers cost no more than one. The latest settlements, as the chain
made them, are at hand; of older ones the inputs are settled again.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from node.history.base import AuctionDetail, AuctionRow, Missed, TradeRow
from node.history.detail import detail_of, missed_of
from node.history.inputs import Settled
from settlement.best_route import RouteBook
from settlement.fairness import over_route_bps
from settlement.mechanism import mechanism
from settlement.receipt import receipt_of

#: Orders of the settlements kept at hand, and bytes of the receipts; the last one of each whatever its size.
MAX_ORDERS: Final = 20_000
MAX_RECEIPT_BYTES: Final = 32 << 20

#: Reads the inputs of an auction and settles it again; ``None`` where they are not kept.
Load = Callable[[int], Settled | None]


@dataclass(slots=True)
class Entry:
    """A settlement, and what was derived from it so far."""

    settled: Settled
    detail: AuctionDetail | None = None
    missed: Mapping[bytes, Missed] | None = None
    routes: RouteBook | None = None


class Deriving:
    """The latest of everything derived. May be asked in any thread."""

    def __init__(self) -> None:
        self._one_at_a_time, self._lock = threading.Lock(), threading.Lock()
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._receipts: OrderedDict[int, bytes] = OrderedDict()

    def remember(self, settled: Settled) -> None:
        """One that was just settled: its readers come soon."""
        self._keep(settled.settlement.auction.number, Entry(settled))

    def detail(self, row: AuctionRow, load: Load) -> AuctionDetail | None:
        entry = self._at_hand(row.number)
        if entry is not None and entry.detail is not None:
            return entry.detail
        with self._one_at_a_time:
            entry = self._entry(row.number, load)
            if entry is not None and entry.detail is None:
                entry.detail = detail_of(row, entry.settled.settlement, entry.settled.slashed)
            return None if entry is None else entry.detail

    def receipt(self, number: int, load: Load) -> bytes | None:
        """The receipt as JSON text."""
        with self._lock:
            found = self._receipts.get(number)
        if found is not None:
            return found
        with self._one_at_a_time:
            entry = self._entry(number, load)
            if entry is None:
                return None
            found = receipt_text(entry.settled)
        with self._lock:
            self._receipts[number] = found
            while len(self._receipts) > 1 and sum(map(len, self._receipts.values())) > MAX_RECEIPT_BYTES:
                self._receipts.popitem(last=False)
        return found

    def missed(self, number: int, intent: bytes, load: Load | None = None) -> Missed | None:
        """Why an intent did not trade in an auction. Without ``load`` only where the settlement is at hand."""
        entry = self._at_hand(number)
        if entry is None and load is not None:
            with self._one_at_a_time:
                entry = self._entry(number, load)
        if entry is None:
            return None
        if entry.missed is None:
            found = missed_of(entry.settled.settlement) if entry.detail is None else entry.detail.missed
            entry.missed = {item.intent: item for item in found}
        return entry.missed.get(intent)

    def routed(self, number: int, trade: TradeRow, load: Load | None = None) -> TradeRow:
        """The same trade, held against the best single path where the settlement is at hand, or can be."""
        entry = self._at_hand(number)
        if entry is None and load is not None:
            with self._one_at_a_time:
                entry = self._entry(number, load)
        if entry is None:
            return trade
        settlement = entry.settled.settlement
        if entry.routes is None:
            entry.routes = RouteBook(settlement.auction)
        for winner in settlement.settled:
            for found in winner.trades:
                if found.order == trade.intent:
                    order = settlement.auction.order[found.order]
                    bps = over_route_bps(settlement.auction, order, found, entry.routes)
                    return replace(trade, over_route_bps=None if bps is None else float(bps))
        return trade

    def forget(self) -> None:
        with self._lock:
            self._entries.clear()
            self._receipts.clear()

    def _at_hand(self, number: int) -> Entry | None:
        with self._lock:
            return self._entries.get(number)

    def _entry(self, number: int, load: Load) -> Entry | None:
        entry = self._at_hand(number)
        if entry is None:
            settled = load(number)
            if settled is None:
                return None
            entry = Entry(settled)
            self._keep(number, entry)
        return entry

    def _keep(self, number: int, entry: Entry) -> None:
        with self._lock:
            self._entries[number] = entry
            self._entries.move_to_end(number)
            while len(self._entries) > 1 and sum(map(_orders, self._entries.values())) > MAX_ORDERS:
                self._entries.popitem(last=False)


def receipt_text(settled: Settled) -> bytes:
    """What ``walras auction verify`` checks."""
    inputs = settled.inputs
    chosen_by = mechanism(inputs.mechanism, max_winners=inputs.max_winners)
    document = receipt_of(settled.settlement, chosen_by, inputs.max_winners, inputs.caps)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _orders(entry: Entry) -> int:
    """An auction's size; one without orders has venues all the same."""
    return 50 + len(entry.settled.settlement.auction.orders)
