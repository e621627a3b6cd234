"""Orders as a bound by cells of price space sees them: what each allows, pair by pair, block by block.

See ``settlement.certificate.price_cells`` for the argument.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import limits_at
from intents.errors import WalrasError
from intents.fees import VolumeFee
from intents.intent import Kind, Owner
from settlement.certificate.blocks import blocks

NO_FEE: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Offer:
    """What an order allows: at most ``most`` given, for a rate of ``floor`` at least, in base units.

    ``worth`` is the reference price of what it wants, as recorded, 0 where it is not scored. A ``fee`` on volume
    puts the floor ``spread`` above the limit; no rate is below ``least``, fee or not. The fee is rounded down: the
    payout may be up to ``short`` units below what the floor asks for, and one of more than (1 − fee)/fee units may
    score one unit more than it is.
    """

    give: AssetId
    want: AssetId
    most: int
    limit: Fraction
    floor: Fraction
    worth: int
    least: Fraction
    spread: Fraction
    short: Fraction
    fee: Fraction
    account: int


@dataclass(frozen=True)
class Book:
    """The offers of one block by pair, each pair's from the lowest floor up, and scarce balances by account."""

    pairs: Mapping[tuple[AssetId, AssetId], Sequence[Offer]]
    floors: Mapping[tuple[AssetId, AssetId], Sequence[Fraction]]
    balances: Mapping[int, int]


def applies(auction: Auction) -> bool:
    """Whether the argument above holds: sells alone, at most one fee each, on volume, and nothing withheld."""
    return not auction.venues and all(
        order.intent.kind is Kind.EXACT_IN
        and not (order.fee_by_solver and order.intent.max_fee)
        and len(order.policies) <= 1
        and all(isinstance(policy, VolumeFee) and policy.factor <= Fraction(1, 2) for policy in order.policies)
        for order in auction.orders
    )


def books(auction: Auction) -> Iterator[tuple[tuple[AssetId, ...], Book]]:
    """The blocks of the auction's orders and what can trade in each."""
    held = {(balance.owner, balance.asset): balance.amount for balance in auction.balances}
    accounts: dict[tuple[Owner, AssetId], int] = {}
    offers: list[Offer] = []
    for order in auction.orders:
        key = (order.intent.owner, order.intent.give[0].asset)
        offer = _offer(order, auction, held.get(key), accounts.setdefault(key, len(accounts)))
        if offer is not None:
            offers.append(offer)
    balance = {number: held[key] for key, number in accounts.items() if key in held}
    members: defaultdict[tuple[AssetId, AssetId], list[Offer]] = defaultdict(list)
    for offer in offers:
        members[offer.give, offer.want].append(offer)
    for assets in blocks(members):
        inside = set(assets)
        pairs = {
            pair: sorted(found, key=lambda offer: offer.floor)
            for pair, found in sorted(members.items())
            if inside.issuperset(pair)
        }
        asked: defaultdict[int, int] = defaultdict(int)
        for found in pairs.values():
            for offer in found:
                asked[offer.account] += offer.most
        yield (
            assets,
            Book(
                pairs,
                {pair: [offer.floor for offer in found] for pair, found in pairs.items()},
                {number: balance[number] for number, sum_ in asked.items() if balance.get(number, sum_) < sum_},
            ),
        )


def _offer(order: AuctionOrder, auction: Auction, held: int | None, account: int) -> Offer | None:
    """``None`` for an order that no lawful solution fills."""
    intent, number = order.intent, auction.number
    give, want = intent.give[0].asset, intent.want[0].asset
    reference = auction.reference_price(want)
    if order.remaining == 0 or held == 0 or (order.scored and reference is None) or give == want:
        return None
    if number and not intent.valid_from <= number <= intent.valid_to:
        return None
    try:
        limits = limits_at(intent, number, intent.exclusive.solver if intent.exclusive else "")
    except WalrasError:
        return None
    if limits.give[0] == 0:
        return None
    fee = order.policies[0].factor if order.policies else NO_FEE
    limit = Fraction(limits.want[0], limits.give[0])
    most = order.remaining if held is None else min(order.remaining, held)
    unit = Fraction(1, most)  # whoever gives anything gets a unit at least
    floor = max(limit / (1 - fee), unit)
    return Offer(
        give=give,
        want=want,
        most=most,
        limit=limit,
        floor=floor,
        worth=(reference or 0) if order.scored else 0,
        least=max(limit, unit),
        spread=floor - limit,
        short=NO_FEE if floor == unit else min(1 / (1 - fee), most * (floor - limit)),
        fee=fee,
        account=account,
    )
