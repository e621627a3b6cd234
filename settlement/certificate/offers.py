"""What each order of an auction can add to a score at most, as amounts at its limit.

An order gets its limit and no more wherever a bound is sought: with prices that value what it wants at least as
high as the score does, a better price for one owner is a worse one for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import limits_at
from intents.errors import WalrasError
from intents.fees import FeePolicy, VolumeFee
from intents.intent import Kind, Owner
from intents.remember import remembered
from settlement.errors import BadFeePolicy
from settlement.fees import check_policy


@dataclass(frozen=True, slots=True)
class Offer:
    """An order filled as far as it may be: ``part`` over ``whole`` of the amounts, which are in base units.

    ``rounding`` is what unwinding protocol fees that were rounded down may add to its score, in 10⁻¹⁸ of the
    numeraire's base unit. ``account`` names the balance that the order draws on, where it gives one asset.
    """

    gives: tuple[tuple[AssetId, int], ...]
    wants: tuple[tuple[AssetId, int], ...]
    part: int
    whole: int
    rounding: int
    account: tuple[Owner, AssetId] | None


@dataclass(frozen=True)
class Offers:
    """The orders that a lawful solution may fill, and listed ``balances`` that bound them.

    Left out are balances that the owner's other orders may add to: of two solutions settled one after the other
    the second may spend what the first brought.
    """

    orders: tuple[Offer, ...]
    balances: Mapping[tuple[Owner, AssetId], int]


@remembered(2)
def offers_of(auction: Auction) -> Offers:
    """Every order that may be filled, cut to what its owner has of what it gives."""
    held = auction.balance
    found = tuple(_fillable(auction))
    if not held:
        return Offers(tuple(offer for offer, _ in found), held)
    growing = {(owner, asset) for offer, owner in found for asset, _ in offer.wants}
    fixed = {account: amount for account, amount in held.items() if account not in growing}
    return Offers(tuple(_cut(offer, owner, held) for offer, owner in found), fixed)


def _fillable(auction: Auction) -> Iterator[tuple[Offer, Owner]]:
    for order in auction.orders:
        offer = offer_of(order, auction)
        if offer is not None:
            yield offer, order.intent.owner


def offer_of(order: AuctionOrder, auction: Auction) -> Offer | None:
    """``None`` for an order that no lawful solution fills. Balances are left aside."""
    intent, number = order.intent, auction.number
    if order.remaining == 0 or (number and not intent.valid_from <= number <= intent.valid_to):
        return None
    references = [auction.reference_price(leg.asset) for leg in intent.want]
    if order.scored and None in references:
        return None
    try:
        limits = limits_at(intent, number, intent.exclusive.solver if intent.exclusive else "")
        units = excess_units(order.policies, intent.kind) if order.policies and order.scored else 0
    except WalrasError:
        return None
    bought = intent.kind is Kind.EXACT_OUT
    whole = limits.want[0] if bought else limits.give[0]
    if whole == 0:
        return None
    rounding = units * sum(price or 0 for price in references)
    if bought and rounding:  # counted in what it wants, at its limit
        rounding = -(-rounding * limits.want[0] // max(1, limits.give[0]))
    give = intent.give
    return Offer(
        gives=tuple((leg.asset, most) for leg, most in zip(give, limits.give, strict=True)),
        wants=tuple((leg.asset, least) for leg, least in zip(intent.want, limits.want, strict=True)),
        part=order.remaining,
        whole=whole,
        rounding=rounding,
        account=(intent.owner, give[0].asset) if len(give) == 1 else None,
    )


def _cut(offer: Offer, owner: Owner, held: Mapping[tuple[Owner, AssetId], int]) -> Offer:
    """No more than the owner has of each asset given.

    Of one alone in exact proportion, part of a unit or not: at prices no lower than the score's, a purchase adds
    no more per unit *given* than at its limit, and less where it pays less for a whole unit. So the bound does not
    depend on how large units are. Of several, rounded up to whole units.
    """
    part, whole, several = offer.part, offer.whole, len(offer.gives) > 1
    for asset, most in offer.gives:
        balance = held.get((owner, asset))
        if balance is not None and balance * whole < part * most:
            part, whole = (-(-balance * whole // most), whole) if several else (balance, most)
    if (part, whole) == (offer.part, offer.whole):
        return offer
    return Offer(offer.gives, offer.wants, part, whole, offer.rounding, offer.account)


@lru_cache(maxsize=1024)
def excess_units(policies: tuple[FeePolicy, ...], kind: Kind) -> int:
    """By how many units of the surplus asset fees read back from final amounts may exceed those charged.

    A fee is rounded down when charged and again when unwound. In between, the way back multiplies what is open
    by its slope: with slopes m and an excess e from later policies, the excess is less than m·(1 + e).
    Raises ``BadFeePolicy`` where no order with these policies can be filled.
    """
    excess = 0
    side = Kind.EXACT_OUT if kind is Kind.EXACT_OUT else Kind.EXACT_IN
    for policy in reversed(policies):
        check_policy(policy, side)
        excess = -(-_slope(policy, side) * (1 + excess) // 1) - 1
    return max(0, int(excess))


def _slope(policy: FeePolicy, kind: Kind) -> Fraction:
    """The most that amounts before a fee grow per unit of amounts after it."""
    if policy.factor == 1:
        if kind is Kind.EXACT_OUT:
            return Fraction(1)
        raise BadFeePolicy("", "factor", "1", "below 1")
    if isinstance(policy, VolumeFee):
        return 1 / (1 + policy.factor) if kind is Kind.EXACT_OUT else 1 / (1 - policy.factor)
    slope = 1 / (1 - policy.factor)
    if kind is not Kind.EXACT_OUT and policy.max_volume_factor < 1:
        slope = max(slope, 1 / (1 - policy.max_volume_factor))
    return slope
