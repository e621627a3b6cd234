"""``naive``: nets each pair's orders and sends the excess through the pair's deepest pool.

One solution per pair, every order filled whole. In ``compatibility`` it answers as CoW's engine did,
market orders only; some of those answers claim a unit more than the pool pays or lean on buffers of
the settlement contract, and the law refuses them. Otherwise it competes here: all swaps take part,
amounts are the pool's own, a pair whose pool does not serve all of them is crossed in exact lots too,
and only what the law accepts is yielded. Reference: cowprotocol/services before df9ca2b1, crates/solvers (naive).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.intent import Owner
from intents.venue_states import ConstantProductState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.solution import Fill, Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.asks import Ask, lawful_asks, recorded_asks
from solver.crossing import cross
from solver.netting import Netting, net_as_engine, net_exactly
from solver.protocol import Deadline
from solver.vetting import lawful_bids, vetted

#: Gas of a settlement, and of each trade's two token transfers, as the engine counts it.
ENGINE_SETTLEMENT_GAS: Final = 32_000 + 7_365
ENGINE_TRADE_GAS: Final = 2 * 27_513


@dataclass(frozen=True, slots=True)
class NaiveConfig:
    """``compatibility``: the recorded engine's answers, lawful here or not."""

    compatibility: bool = False


class Naive:
    name = "naive"

    def __init__(self, config: NaiveConfig | None = None) -> None:
        self.config = config or NaiveConfig()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """One solution per pair that can be netted, pairs numbered in order of their first pool or order."""
        if self.config.compatibility:
            return _as_engine(auction, deadline)
        return vetted(auction, _at_home(auction, deadline), deadline)

    def bids(self, auction: Auction, verifier: Verifier, deadline: Deadline) -> Iterable[Verified]:
        """What ``solve`` finds when it competes, with what the law makes of it."""
        return lawful_bids(verifier, _at_home(auction, deadline), deadline)


@dataclass
class _Pair:
    """The orders of one undirected pair and its deepest pool."""

    pool: ConstantProductState | None = None
    asks: list[Ask] = field(default_factory=list)


def _pairs(auction: Auction, asks: Iterable[Ask]) -> list[_Pair]:
    """Pairs with orders, each with the pool of the largest product of reserves (the first of equals)."""
    pairs: dict[frozenset[AssetId], _Pair] = {}
    for venue in auction.venues:
        if isinstance(venue, ConstantProductState):
            pair = pairs.setdefault(frozenset(venue.assets), _Pair())
            if pair.pool is None or _depth(pair.pool) < _depth(venue):
                pair.pool = venue
    for ask in asks:
        pairs.setdefault(frozenset((ask.sell, ask.buy)), _Pair()).asks.append(ask)
    return [pair for pair in pairs.values() if pair.asks]


def _depth(pool: ConstantProductState) -> int:
    return pool.reserves[0] * pool.reserves[1]


def _as_engine(auction: Auction, deadline: Deadline) -> Iterator[Solution]:
    pairs = [pair for pair in _pairs(auction, recorded_asks(auction)) if pair.pool is not None]
    for number, pair in enumerate(pairs):
        if deadline.passed:
            return
        market = [ask for ask in pair.asks if not ask.order.fee_by_solver]
        if pair.pool is None or not market:
            continue
        netting = net_as_engine(market, pair.pool)
        if netting is not None:
            gas = ENGINE_SETTLEMENT_GAS + ENGINE_TRADE_GAS * len(netting.asks) + pair.pool.gas
            yield _netted(number, netting, gas)


def _at_home(auction: Auction, deadline: Deadline) -> Iterator[Sequence[Solution]]:
    costs = auction.costs
    balances = auction.balance
    for number, pair in enumerate(_pairs(auction, lawful_asks(auction, Naive.name))):
        if deadline.passed:
            return
        asks = affordable(pair.asks, balances) if balances else pair.asks
        netted = net_at_home(auction, number, asks, pair.pool)
        found = [] if netted is None else [netted]
        # Where everybody is filled whole already, crossing could only fill less.
        crossing = cross(asks) if asks and (netted is None or len(netted.fills) < len(asks)) else None
        if crossing is not None:
            fills = tuple(Fill(ask.order.id, executed) for ask, executed in crossing.fills)
            gas = costs.settlement_gas + costs.trade_gas * len(fills)
            found.append(Solution(Naive.name, number, crossing.prices, fills, gas=gas))
        if found:
            yield found


def net_at_home(
    auction: Auction, number: int, asks: Sequence[Ask], pool: ConstantProductState | None
) -> Solution | None:
    """One pair's orders netted, as many as the price of what is over bears; the law has yet to be asked."""
    if pool is None or not asks:
        return None
    try:
        netting = net_exactly(asks, pool, open_venue(pool))
    except VenueError:
        return None
    if netting is None:
        return None
    costs = auction.costs
    gas = costs.settlement_gas + costs.trade_gas * len(netting.asks) + pool.gas
    return _netted(number, netting, gas)


def affordable(asks: Iterable[Ask], balances: Mapping[tuple[Owner, AssetId], int]) -> list[Ask]:
    """Orders in order of their limits, as far as listed balances of their owners reach."""
    left = dict(balances)
    kept = []
    for ask in sorted(asks, key=lambda ask: (ask.rate, ask.place)):
        account = (ask.order.intent.owner, ask.sell)
        if account in left:
            if left[account] < ask.sell_amount:
                continue
            left[account] -= ask.sell_amount
        kept.append(ask)
    return kept


def _netted(number: int, netting: Netting, gas: int) -> Solution:
    fills = (Fill(a.order.id, a.buy_amount if a.exact_out else a.sell_amount) for a in netting.asks)
    interactions = (netting.swap,) if netting.swap is not None else ()
    return Solution(Naive.name, number, netting.prices, tuple(fills), interactions, gas=gas)
