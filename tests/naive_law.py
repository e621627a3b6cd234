"""The law a second time, straight from its sentences: exact fractions, constant-product pools, no shared code.

It knows the markets of ``tests.batches`` and nothing of ``settlement`` but the solution's shape.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from intents.auction import Auction, AuctionOrder
from intents.fees import SurplusFee, VolumeFee
from intents.intent import Kind
from intents.venue_states import ConstantProductState
from settlement.solution import Fill, Solution


@dataclass(frozen=True)
class Recomputed:
    """Per order (gives, wants) and per asset what is left and what the protocol withholds."""

    trades: dict[bytes, tuple[tuple[int, ...], tuple[int, ...]]]
    left: dict[str, int]
    withheld: dict[str, int]
    score: int


def recompute(auction: Auction, solution: Solution) -> Recomputed:
    """Everything from scratch; raises ``AssertionError`` where a rule does not hold."""
    flow: dict[str, int] = defaultdict(int)
    withheld: dict[str, int] = defaultdict(int)
    pools = {venue.id: venue for venue in auction.venues if isinstance(venue, ConstantProductState)}
    reserves = {pool.id: dict(zip(pool.assets, pool.reserves, strict=True)) for pool in pools.values()}
    for swap in solution.interactions:
        held, fee = reserves[swap.venue], pools[swap.venue].fee
        net = swap.amount_in * (1 - fee)
        assert swap.amount_out == floor(held[swap.asset_out] * net / (held[swap.asset_in] + net))
        before = held[swap.asset_in] * held[swap.asset_out]
        held[swap.asset_in] += swap.amount_in
        held[swap.asset_out] -= swap.amount_out
        assert held[swap.asset_in] * held[swap.asset_out] >= before
        flow[swap.asset_in] -= swap.amount_in
        flow[swap.asset_out] += swap.amount_out

    orders = {order.id: order for order in auction.orders}
    assert len({fill.order for fill in solution.fills}) == len(solution.fills)
    trades: dict[bytes, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    score = 0
    given_by: dict[tuple[object, str], int] = defaultdict(int)
    for fill in solution.fills:
        order = orders[fill.order]
        gives, wants, kept, value = _trade(auction, order, fill, solution)
        trades[fill.order] = gives, wants
        score += value
        for leg, amount in zip(order.intent.give, gives, strict=True):
            flow[leg.asset] += amount
            given_by[order.intent.owner, leg.asset] += amount
        for leg, amount in zip(order.intent.want, wants, strict=True):
            flow[leg.asset] -= amount
        for asset, amount in kept.items():
            flow[asset] -= amount
            withheld[asset] += amount
    for balance in auction.balances:
        assert given_by[balance.owner, balance.asset] <= balance.amount
    assert all(amount >= 0 for amount in flow.values())
    return Recomputed(
        trades,
        {asset: amount for asset, amount in flow.items() if amount},
        {asset: amount for asset, amount in withheld.items() if amount},
        score,
    )


def _trade(
    auction: Auction, order: AuctionOrder, fill: Fill, solution: Solution
) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, int], int]:
    intent, prices = order.intent, solution.prices
    give, want = intent.give[0], intent.want[0]
    reference = {asset.id: Fraction(asset.reference_price or 0, 10**18) for asset in auction.assets}
    assert fill.executed > 0
    assert fill.fee >= 0
    if intent.kind is Kind.BASKET:
        gives, wants = (fill.executed + fill.fee, *fill.gives[1:]), fill.wants
        fraction = Fraction(gives[0], give.amount)
        assert gives[0] <= order.remaining
        assert all(amount <= fraction * leg.amount for amount, leg in zip(gives, intent.give, strict=True))
        assert all(amount >= fraction * leg.amount for amount, leg in zip(wants, intent.want, strict=True))
        value = sum(
            floor((amount - ceil(fraction * leg.amount)) * reference[leg.asset])
            for amount, leg in zip(wants, intent.want, strict=True)
        )
        return gives, wants, {}, value
    rate = Fraction(prices[give.asset], prices[want.asset])
    if intent.kind is Kind.EXACT_OUT:
        assert fill.executed <= order.remaining
        given, got = floor(fill.executed / rate) + fill.fee, fill.executed
        surplus = floor(Fraction(give.amount * got, want.amount)) - given
        assert Fraction(given, got) <= Fraction(give.amount, want.amount)
        return (
            (given,),
            (got,),
            {},
            floor(floor(Fraction(surplus * want.amount, give.amount)) * reference[want.asset]),
        )
    given = fill.executed + fill.fee
    assert given <= order.remaining
    at_prices = ceil(fill.executed * rate)
    least = ceil(Fraction(given * want.amount, give.amount))
    got = at_prices
    for policy in order.policies:
        if isinstance(policy, SurplusFee):
            got -= min(floor((got - least) * policy.factor), floor(got * policy.max_volume_factor))
        elif isinstance(policy, VolumeFee):
            got -= floor(got * policy.factor)
    assert Fraction(got, given) >= Fraction(want.amount, give.amount)
    return (given,), (got,), {want.asset: at_prices - got}, floor((at_prices - least) * reference[want.asset])
