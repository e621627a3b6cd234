"""Scores: CoW's (surplus + protocol fees) in the numeraire, less the cost nobody covered.

A sell's surplus is valued at its wanted asset's reference price. A buy's surplus, in the given
asset, is first turned into the wanted asset at the *limit* price, so that an absurd limit cannot
inflate the score (CIP-65). Everything rounds down. Reference: cowprotocol/services,
crates/driver/src/domain/competition/solution/scoring.rs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from intents.amounts import PRICE_SCALE, mul_div_floor
from intents.assets import AssetId
from intents.auction import Auction
from intents.fees import FeePolicy
from intents.intent import Kind
from settlement.apportion import apportion
from settlement.errors import MissingReferencePrice, NegativeSurplus
from settlement.execution import Amounts, Limit, surplus_over
from settlement.fees import unwind
from settlement.solution import Interaction
from settlement.verified import DirectedPair, Score, Trade


class SwapScore(Struct, frozen=True, gc=False):
    """``surplus`` and ``protocol_fees`` in the surplus asset, ``value`` both in the numeraire."""

    surplus: int
    protocol_fees: int
    value: int


def score_swap(
    kind: Kind,
    final: Amounts,
    limit: Limit,
    policies: Sequence[FeePolicy],
    reference_price: int,
    where: str = "",
) -> SwapScore:
    """Score one directed pair's final amounts. ``reference_price`` is the wanted asset's.

    Raises ``NegativeSurplus`` when the amounts are worse than the limit, ``BadFeePolicy`` when a
    policy cannot be unwound.
    """
    surplus = surplus_over(kind, final, limit)
    if surplus < 0:
        amount = final.given if kind is Kind.EXACT_OUT else final.got
        raise NegativeSurplus(where, amount, amount + surplus if kind is Kind.EXACT_OUT else amount - surplus)
    fees = unwind(kind, final, limit, policies, where) if policies else 0
    return SwapScore(surplus, fees, value_of(kind, surplus + fees, limit, reference_price))


def value_of(kind: Kind, amount: int, limit: Limit, reference_price: int) -> int:
    """An amount of the surplus asset in the numeraire, rounded down at each step."""
    if kind is Kind.EXACT_OUT:
        amount = mul_div_floor(amount, limit.want, limit.give) if limit.give else 0
    return in_numeraire(amount, reference_price)


def in_numeraire(amount: int, reference_price: int) -> int:
    return mul_div_floor(amount, reference_price, PRICE_SCALE)


def score_solution(
    auction: Auction,
    trades: Sequence[Trade],
    interactions: Sequence[Interaction],
    leftovers: Mapping[AssetId, int],
) -> Score:
    """Add up verified trades, subtract uncovered cost, and spread it over directed pairs."""
    check_reference_prices(auction, trades)
    orders = {trade.order: trade.score for trade in trades}
    surplus = sum(orders.values())
    cost = execution_cost(auction, len(trades), interactions)
    collected = value_at_reference(auction, leftovers)
    uncovered = max(0, cost - collected)
    return Score(
        surplus=surplus,
        cost=cost,
        collected=collected,
        uncovered=uncovered,
        net=surplus - uncovered,
        orders=orders,
        pairs=_net_by_pair(trades, uncovered),
    )


def check_reference_prices(auction: Auction, trades: Sequence[Trade]) -> None:
    """Every asset a scored order wants has a reference price, or its surplus is worth nobody knows what."""
    for i, trade in enumerate(trades):
        if trade.scored:
            for want in trade.wants:
                if auction.reference_price(want.asset) is None:
                    raise MissingReferencePrice(f"fills[{i}]", want.asset, want.amount)


def execution_cost(auction: Auction, fills: int, interactions: Sequence[Interaction]) -> int:
    """gas_price · (settlement + fills·trade + Σ gas of each interaction's venue), numeraire units."""
    costs = auction.costs
    venue_gas = sum(auction.venue[interaction.venue].gas for interaction in interactions)
    return costs.gas_price * (costs.settlement_gas + fills * costs.trade_gas + venue_gas)


def value_at_reference(auction: Auction, amounts: Mapping[AssetId, int]) -> int:
    """Amounts in the numeraire, rounded down once; assets without a reference price count nothing."""
    return sum(amount * (auction.reference_price(asset) or 0) for asset, amount in amounts.items()) // PRICE_SCALE


def _net_by_pair(trades: Sequence[Trade], uncovered: int) -> dict[DirectedPair, int]:
    gross: dict[DirectedPair, int] = {}
    for trade in trades:
        for pair, score in zip(trade.pairs, trade.pair_scores, strict=True):
            gross[pair] = gross.get(pair, 0) + score
    shares = apportion(uncovered, list(gross.values()))
    return {pair: score - share for (pair, score), share in zip(gross.items(), shares, strict=True)}
