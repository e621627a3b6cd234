"""Who may complain: orders passed over for a less generous one, and like orders rationed unequally.

Envy is *justified* (as in matching theory) when the order passed over would have accepted the price its
pair settled at, asked for no more than an order that was filled, and could have taken that one's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from intents.auction import Auction, AuctionOrder
from intents.intent import IntentId, Kind
from settlement.verified import DirectedPair, Trade, Verified
from settlement.why_not import limits_of


@dataclass(frozen=True, slots=True)
class Envy:
    """``envier`` asked for no more than ``envied`` on the same pair and side, and was left out for it."""

    envier: IntentId
    envied: IntentId


@dataclass(frozen=True, slots=True)
class _Filled:
    """The most demanding filled order of a pair and side. ``price`` is wanted units per given unit."""

    trade: Trade
    asks: Fraction
    price: Fraction


def justified_envy(auction: Auction, settled: Sequence[Verified]) -> tuple[Envy, ...]:
    """At most one complaint per unfilled swap, in auction order."""
    held = {trade.order for item in settled for trade in item.trades}
    demanding = _most_demanding(auction, settled)
    found = []
    for order in auction.orders:
        if order.id in held or not order.intent.is_swap or not _live(auction, order):
            continue
        envied = demanding.get(_side(order))
        if envied is None:
            continue
        asks = asked(auction, order)
        fits = order.intent.partial or order.remaining <= envied.trade.filled
        if asks <= envied.asks and asks < envied.price and fits:
            found.append(Envy(order.id, envied.trade.order))
    return tuple(found)


def rationing_gap(auction: Auction, settled: Sequence[Verified]) -> Fraction:
    """The widest gap between fill fractions of live partial swaps of one pair, kind and limit price."""
    filled = {trade.order: trade.filled for item in settled for trade in item.trades}
    groups: dict[tuple[object, ...], list[Fraction]] = {}
    for order in auction.orders:
        if order.intent.is_swap and order.intent.partial and _live(auction, order):
            like = (_side(order), asked(auction, order))
            groups.setdefault(like, []).append(Fraction(filled.get(order.id, 0), order.remaining))
    return max((max(group) - min(group) for group in groups.values()), default=Fraction(0))


def asked(auction: Auction, order: AuctionOrder) -> Fraction:
    """The least a swap wants per unit given, at the auction's number."""
    limits = limits_of(order, auction)
    return Fraction(limits.want[0], limits.give[0])


def _live(auction: Auction, order: AuctionOrder) -> bool:
    intent = order.intent
    started = not auction.number or intent.valid_from <= auction.number <= intent.valid_to
    return started and order.remaining > 0


def _side(order: AuctionOrder) -> tuple[DirectedPair, Kind]:
    """Exact-in and exact-out fills are counted in different assets and are not compared."""
    return order.intent.pairs[0], order.intent.kind


def _most_demanding(auction: Auction, settled: Sequence[Verified]) -> dict[tuple[DirectedPair, Kind], _Filled]:
    found: dict[tuple[DirectedPair, Kind], _Filled] = {}
    for item in settled:
        prices = item.solution.prices
        for trade in item.trades:
            order = auction.order[trade.order]
            if not order.intent.is_swap:
                continue
            (give, want), _ = side = _side(order)
            asks = asked(auction, order)
            if side not in found or asks > found[side].asks:
                found[side] = _Filled(trade, asks, Fraction(prices[give], prices[want]))
    return found
