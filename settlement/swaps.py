"""Executing one swap: clearing prices, protocol fees, the limit, the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import ExclusiveToAnother, Limits, limits_at, signed_limits
from intents.intent import Intent, Kind, Leg
from intents.remember import remembered
from settlement.checks import check_amount_made, price_of
from settlement.errors import LegsOnSwap, LimitNotMet, ReservedForAnother
from settlement.execution import Limit, amounts_of, meets_limit
from settlement.fees import charge
from settlement.scoring import score_swap
from settlement.solution import Fill
from settlement.verified import Trade


@dataclass(frozen=True, slots=True)
class Bounds:
    """``must``: what this solver has to meet now. ``scored``: what every solver's surplus is measured from."""

    must: Limits
    scored: Limits


def bounds_of(order: AuctionOrder, auction: Auction, solver: str, where: str) -> Bounds:
    """The order's limits at the auction's number.

    An exclusivity override makes the limit stricter for others but does not shrink their score.
    """
    intent = order.intent
    if intent.curve is None and intent.exclusive is None:
        return _plain_bounds(intent)
    try:
        must = limits_at(intent, auction.number, solver, where)
    except ExclusiveToAnother as error:
        raise ReservedForAnother(where, error.solver, error.other) from error
    if intent.exclusive is None:
        return Bounds(must, must)
    return Bounds(must, limits_at(intent, auction.number, intent.exclusive.solver, where))


@remembered(1 << 14)
def _plain_bounds(intent: Intent) -> Bounds:
    """Limits that neither move nor depend on the solver: the legs as they are signed."""
    limits = signed_limits(intent)
    return Bounds(limits, limits)


def settle_swap(
    order: AuctionOrder,
    fill: Fill,
    filled: int,
    bounds: Bounds,
    prices: Mapping[AssetId, int],
    auction: Auction,
    where: str,
) -> Trade:
    """The trade a checked fill makes at clearing prices, after all fees."""
    intent = order.intent
    if fill.gives or fill.wants:
        raise LegsOnSwap(where, len(fill.gives) + len(fill.wants))
    give, want = intent.give[0].asset, intent.want[0].asset
    give_price, want_price = price_of(prices, give, where), price_of(prices, want, where)
    before = amounts_of(intent.kind, fill.executed, fill.fee, give_price, want_price)
    limit = Limit(bounds.scored.give[0], bounds.scored.want[0])
    final = charge(intent.kind, before, limit, order.policies, where) if order.policies else before
    if final.given > MAX_AMOUNT or before.got > MAX_AMOUNT:
        check_amount_made(final.given, f"{where}.gives")
        check_amount_made(before.got, f"{where}.wants")
    must = limit if bounds.must is bounds.scored else Limit(bounds.must.give[0], bounds.must.want[0])
    if not meets_limit(final, must):
        raise LimitNotMet(where, final.given, final.got, must.give, must.want)
    if intent.kind is Kind.EXACT_OUT:
        surplus_asset, withheld = give, final.given - before.given
    else:
        surplus_asset, withheld = want, before.got - final.got
    reference_price = auction.reference_price(want) or 0
    score = score_swap(intent.kind, final, limit, order.policies, reference_price, where)
    return Trade(
        order=order.id,
        gives=(Leg(give, final.given),),
        wants=(Leg(want, final.got),),
        filled=filled,
        fee=fill.fee,
        protocol_fees=(Leg(surplus_asset, withheld),) if withheld else (),
        surplus=(Leg(surplus_asset, score.surplus),),
        pair_scores=(score.value if order.scored else 0,),
        scored=order.scored,
    )
