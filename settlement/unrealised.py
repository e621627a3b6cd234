"""What a solution's own prices leave undone: what unfilled orders would gain at them, over what filled ones gain.

At an equilibrium nothing is: every order whose limit is better than the clearing prices is filled. The ratio is
exact, needs nothing but the solution and the snapshot, and is worth publishing beside the gap to a bound: a bound
may be loose, this cannot. Whole orders and those too small to pay for their trade count as left undone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import Limits
from intents.fees import MAX_FACTOR, VolumeFee
from intents.intent import IntentId, Kind, Owner
from settlement.verified import Verified
from settlement.why_not import limits_of

#: Ratios are rounded up to this part.
GRAIN: Final = 10**18


def unrealised(auction: Auction, item: Verified, settled: Mapping[IntentId, int]) -> Fraction | None:
    """Unrealised over realised gain at ``item``'s clearing prices; ``None`` where no filled order gains.

    ``settled`` is how much of each order the whole batch fills. Orders of assets that ``item`` does not price are
    left aside. Rounded up to a multiple of 10⁻¹⁸, so that 0 means none at all.
    """
    prices = item.solution.prices
    held = {(b.owner, b.asset): b.amount for b in auction.balances}
    if held:
        drawn = _drawn(auction, item)
        held = {account: amount - drawn[account] for account, amount in held.items()}
    done = {trade.order: trade.filled for trade in item.trades}
    gained = missed = Fraction(0)
    for order in auction.orders:
        gain = _gain(order, auction, prices)
        if gain <= 0:
            continue
        gained += gain * done.get(order.id, 0)
        missed += gain * max(0, min(order.remaining - settled.get(order.id, 0), _affordable(order, auction, held)))
    if not missed:
        return Fraction(0)
    return Fraction(-(-missed * GRAIN // gained), GRAIN) if gained else None


def _drawn(auction: Auction, item: Verified) -> defaultdict[tuple[Owner, AssetId], int]:
    drawn: defaultdict[tuple[Owner, AssetId], int] = defaultdict(int)
    for trade in item.trades:
        for leg in trade.gives:
            drawn[auction.order[trade.order].intent.owner, leg.asset] += leg.amount
    return drawn


def _gain(order: AuctionOrder, auction: Auction, prices: Mapping[AssetId, int]) -> Fraction:
    """What a unit filled gains at ``prices``, in their unit, fees on volume paid; 0 where it may not be filled."""
    intent, number = order.intent, auction.number
    if any(leg.asset not in prices for leg in (*intent.give, *intent.want)):
        return Fraction(0)
    if number and not intent.valid_from <= number <= intent.valid_to:
        return Fraction(0)
    limits: Limits = limits_of(order, auction)
    given = sum(prices[leg.asset] * most for leg, most in zip(intent.give, limits.give, strict=True))
    asked = Fraction(sum(prices[leg.asset] * least for leg, least in zip(intent.want, limits.want, strict=True)))
    bought = intent.kind is Kind.EXACT_OUT
    for policy in order.policies:
        if isinstance(policy, VolumeFee) and bought:
            asked *= 1 + policy.factor
        elif isinstance(policy, VolumeFee):
            asked /= 1 - min(policy.factor, MAX_FACTOR)
    whole = limits.want[0] if bought else limits.give[0]
    return max(Fraction(0), given - asked) / whole if whole else Fraction(0)


def _affordable(order: AuctionOrder, auction: Auction, held: Mapping[tuple[Owner, AssetId], int]) -> int:
    """How much more its owner's balances allow, each leg alone, at its limit."""
    most = order.remaining
    limits = limits_of(order, auction) if held else None
    if limits is None:
        return most
    whole = limits.want[0] if order.intent.kind is Kind.EXACT_OUT else limits.give[0]
    for leg, amount in zip(order.intent.give, limits.give, strict=True):
        balance = held.get((order.intent.owner, leg.asset))
        if balance is not None and amount:
            most = min(most, balance * whole // amount)
    return most
