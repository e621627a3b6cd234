"""Executing a basket: amounts stated per leg, one fraction for all, worth the same at clearing prices.

The fraction is f = filled / max of the first give leg, fee included. Every other give leg gives at
most ⌊f·max⌋, every want leg gets at least ⌈f·min⌉ after protocol fees. Valued at clearing prices and
before protocol fees the owner gets what was given, or up to one unit of the dearest want leg more:
explicit amounts round as they please, but never away from the one price per pair. Protocol fees are
charged on each want leg like on a sell of the first give leg.
"""

from __future__ import annotations

from collections.abc import Mapping

from intents.amounts import mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.fees import PriceImprovementFee
from intents.intent import Kind, Leg
from settlement.apportion import apportion
from settlement.checks import check_amount_made, price_of
from settlement.errors import (
    BasketOverpaid,
    BasketUnderpaid,
    GivesTooMuch,
    LegCountMismatch,
    LimitNotMet,
    PolicyNotForBaskets,
    ReferenceLegMismatch,
)
from settlement.execution import Amounts, Limit
from settlement.fees import charge
from settlement.scoring import score_swap
from settlement.solution import Fill
from settlement.swaps import Bounds
from settlement.verified import Trade


def settle_basket(
    order: AuctionOrder,
    fill: Fill,
    filled: int,
    bounds: Bounds,
    prices: Mapping[AssetId, int],
    auction: Auction,
    where: str,
) -> Trade:
    """The trade a checked basket fill makes, after all fees."""
    intent = order.intent
    _check_legs(order, fill, where)
    gives = (check_amount_made(filled, where), *fill.gives[1:])
    for leg, given, most in zip(intent.give[1:], gives[1:], bounds.must.give[1:], strict=True):
        allowed = mul_div_floor(filled, most, bounds.must.give[0])
        if given > allowed:
            raise GivesTooMuch(f"{where}.{leg.asset}", given, allowed)
    _check_values(order, fill, prices, where)
    trade_wants, fees, surplus, scores = [], [], [], []
    for j, leg in enumerate(intent.want):
        place = f"{where}.{leg.asset}"
        limit = Limit(bounds.scored.give[0], bounds.scored.want[j])
        got = charge(Kind.EXACT_IN, Amounts(filled, fill.wants[j]), limit, order.policies, place).got
        must = bounds.must.want[j]
        if got < mul_div_ceil(filled, must, bounds.must.give[0]):
            raise LimitNotMet(place, filled, got, bounds.must.give[0], must)
        reference_price = auction.reference_price(leg.asset) or 0
        score = score_swap(Kind.EXACT_IN, Amounts(filled, got), limit, order.policies, reference_price, place)
        trade_wants.append(Leg(leg.asset, got))
        if fill.wants[j] > got:
            fees.append(Leg(leg.asset, fill.wants[j] - got))
        surplus.append(Leg(leg.asset, score.surplus))
        scores.append(score.value if order.scored else 0)
    return Trade(
        order=order.id,
        gives=tuple(Leg(leg.asset, given) for leg, given in zip(intent.give, gives, strict=True)),
        wants=tuple(trade_wants),
        filled=filled,
        fee=fill.fee,
        protocol_fees=tuple(fees),
        surplus=tuple(surplus),
        pair_scores=_by_pair(
            scores, [given * prices[leg.asset] for leg, given in zip(intent.give, gives, strict=True)]
        ),
        scored=order.scored,
    )


def _check_legs(order: AuctionOrder, fill: Fill, where: str) -> None:
    for amounts, legs in ((fill.gives, order.intent.give), (fill.wants, order.intent.want)):
        if len(amounts) != len(legs):
            raise LegCountMismatch(where, len(amounts), len(legs))
    if fill.gives[0] != fill.executed:
        raise ReferenceLegMismatch(where, fill.gives[0], fill.executed)
    for policy in order.policies:
        if isinstance(policy, PriceImprovementFee):
            raise PolicyNotForBaskets(where, "price improvement", len(order.intent.want))


def _check_values(order: AuctionOrder, fill: Fill, prices: Mapping[AssetId, int], where: str) -> None:
    want_prices = [price_of(prices, leg.asset, where) for leg in order.intent.want]
    given = sum(
        amount * price_of(prices, leg.asset, where)
        for leg, amount in zip(order.intent.give, fill.gives, strict=True)
    )
    got = sum(amount * price for amount, price in zip(fill.wants, want_prices, strict=True))
    if got < given:
        raise BasketUnderpaid(where, got, given)
    if got > given + max(want_prices):
        raise BasketOverpaid(where, got, given + max(want_prices))


def _by_pair(scores: list[int], given_values: list[int]) -> tuple[int, ...]:
    """Scores per (give, want), give legs outermost as in ``Trade.pairs``."""
    columns = [apportion(score, given_values) for score in scores]
    return tuple(column[i] for i in range(len(given_values)) for column in columns)
