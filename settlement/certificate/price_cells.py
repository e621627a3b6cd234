"""A bound on any one solution to a batch of orders alone, by cells of price space and dual prices in each.

Without venues and network fees every payout comes out exact: payouts are rounded up, value is conserved, so what
comes into an asset equals what goes out of it and no payout is rounded at all. For any prices π, one per asset,
the score of a solution is therefore Σ over its orders of

    given·π_give − got·π_want + reference price·(got − given·limit),          got = given · clearing rate,

and value circulates within blocks of assets (``settlement.certificate.blocks``), which are bounded one by one. The
certificate cuts each block's price space in two, and in two again, by the clearing rate of a pair, and gives π for
every cell that is left. In a cell a rate lies between two bounds, which says who may trade and at what rate at
worst; orders on one balance share it. The bound is the greatest over cells, summed over blocks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import limits_at
from intents.errors import WalrasError
from intents.fees import VolumeFee
from intents.intent import Kind, Owner
from settlement.certificate.blocks import blocks
from settlement.certificate.cells import Cell
from settlement.certificate.rationals import fraction_of

KIND: Final = "price-cells"
#: Cells and cuts in one certificate.
MAX_NODES: Final = 20_000
#: Bits of the common denominator of one cell's prices; beside them this many keep slopes exact enough.
MAX_BITS: Final = 1_000
SLOPE_BITS: Final = 64
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


def check_cells(auction: Auction, certificate: Mapping[str, object]) -> int | None:
    """The bound that ``certificate`` proves, in the numeraire's base units; ``None`` where it proves nothing."""
    listed = certificate.get("blocks")
    if certificate.get("kind") != KIND or not isinstance(listed, list) or not applies(auction):
        return None
    claims: dict[tuple[AssetId, ...], object] = {}
    for item in listed:
        names = item.get("assets") if isinstance(item, Mapping) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        claims[tuple(AssetId(name) for name in names)] = item.get("cells")
    total = Fraction(0)
    for assets, book in books(auction):
        bound = _block_bound(auction, assets, book, claims.get(assets))
        if bound is None:
            return None
        total += bound
    return -(-total.numerator // total.denominator)


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


def _block_bound(auction: Auction, assets: tuple[AssetId, ...], book: Book, claim: object) -> Fraction | None:
    """The greatest bound over the cells of ``claim``; without one, over all prices at reference prices."""
    if claim is None:
        reference = {asset: Fraction(auction.reference_price(asset) or 0, PRICE_SCALE) for asset in assets}
        return cell_bound(book, Cell(), reference)
    if not isinstance(claim, list) or not 1 <= len(claim) <= MAX_NODES:
        return None
    most = Fraction(0)
    waiting = [Cell()]  # cells in the order in which the list describes them
    for node in claim:
        if not waiting or not isinstance(node, Mapping):
            return None
        cell = waiting.pop()
        if "cut" in node:
            cut = _cut(node["cut"], assets)
            if cut is None:
                return None
            a, b, rate = cut
            waiting += [cell.narrowed(b, a, 1 / rate), cell.narrowed(a, b, rate)]
            continue
        prices = _prices(node.get("prices"), assets)
        bound = cell_bound(book, cell, prices) if prices is not None else None
        if bound is None:
            return None
        most = max(most, bound)
    return None if waiting else most


def _cut(value: object, assets: Sequence[AssetId]) -> tuple[AssetId, AssetId, Fraction] | None:
    """Below: price a ≤ rate · price b, which comes first; above: price a ≥ rate · price b."""
    if not isinstance(value, list) or len(value) != 3 or value[0] == value[1]:
        return None
    rate = fraction_of(value[2])
    if value[0] not in assets or value[1] not in assets or not rate:
        return None
    return value[0], value[1], rate


def _prices(value: object, assets: Sequence[AssetId]) -> dict[AssetId, Fraction] | None:
    if not isinstance(value, list) or len(value) != len(assets):
        return None
    found = [fraction_of(text) for text in value]
    prices = {asset: price for asset, price in zip(assets, found, strict=True) if price is not None}
    return prices if len(prices) == len(assets) else None


def cell_bound(book: Book, cell: Cell, prices: Mapping[AssetId, Fraction]) -> Fraction | None:
    """What the block's orders gain at most at ``prices`` while clearing rates lie in ``cell``.

    Counted in whole parts of a common denominator, every slope rounded up. ``None`` where that would be too long.
    """
    if cell.empty:
        return Fraction(0)
    unit = lcm(PRICE_SCALE, *(price.denominator for price in prices.values())) << SLOPE_BITS
    if unit.bit_length() > MAX_BITS:
        return None
    whole = {asset: price.numerator * (unit // price.denominator) for asset, price in prices.items()}
    total = 0
    scarce: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for pair, offers in book.pairs.items():
        terms = _pair_terms(book.floors[pair], offers, whole, unit, cell.most(*pair), cell.most(*reversed(pair)))
        if terms is None:
            return None
        for offer, slope, most, fixed in terms:
            total += fixed
            if slope > 0 and offer.account in book.balances:
                scarce[offer.account].append((slope, most))
            elif slope > 0:
                total += slope * most
    for account, drawn in scarce.items():
        total += _most_of(drawn, book.balances[account])
    return Fraction(total, unit)


def _pair_terms(
    floors: Sequence[Fraction],
    offers: Sequence[Offer],
    whole: Mapping[AssetId, int],
    unit: int,
    high: Fraction | None,
    inverse: Fraction | None,
) -> list[tuple[Offer, int, int, int]] | None:
    """The offers of one pair that may add something: per unit given, at most how often, and besides.

    ``high`` is the greatest clearing rate, ``inverse`` one over the least, ``None`` where there is none.
    """
    gives, wants = whole[offers[0].give], whole[offers[0].want]
    low = None if inverse is None else 1 / inverse
    inside = len(offers) if high is None else bisect_right(floors, high)
    raised = 0 if low is None else bisect_right(floors, low)
    fee, least = Fraction(0), 0
    terms: list[tuple[Offer, int, int, int]] = []
    for place, offer in enumerate(offers):
        if place >= inside and high is not None and _above(offer.least, high):
            continue  # outside its limit with or without a fee
        worth = offer.worth * unit // PRICE_SCALE
        over = wants - worth
        rate: Fraction | None = offer.floor
        if over < 0 or place >= inside:
            rate = high
        elif place < raised:
            rate = low
        if rate is None:
            return None  # paid at any rate, an asset that π calls worth less than its reference price
        limit = offer.limit
        cross = limit.denominator * rate.denominator
        kept = worth * limit.numerator * rate.denominator + over * rate.numerator * limit.denominator
        slope = gives - kept // cross
        if offer.fee is not fee:  # most orders of a batch share theirs
            fee, least = offer.fee, _extra_from(offer.fee, high)
        if slope <= 0 and (not fee or _hopeless(offer, slope, max(0, over), worth, least)):
            continue
        fixed = _rounding(offer, slope, max(0, over), worth, least, rate) if fee else 0
        most = offer.most
        if place >= inside and high is not None:
            most = min(most, _most_outside(offer, high))
        if most > 0:  # else only a fee rounded down by more than it can be would bring it inside
            terms.append((offer, slope, most, fixed))
    return terms


def _most_outside(offer: Offer, high: Fraction) -> int:
    """How much may be given at ``high``, below its floor, while rounding makes up: short / (floor − high)."""
    floor, short = offer.floor, offer.short
    missing = floor.numerator * high.denominator - high.numerator * floor.denominator
    return short.numerator * floor.denominator * high.denominator // (short.denominator * missing)


def _extra_from(fee: Fraction, high: Fraction | None) -> int:
    """How much must be given at least for a score to be one unit more than it is."""
    return 1 if high is None or not fee else max(1, int((1 - fee) / (fee * high)))


def _hopeless(offer: Offer, slope: int, over: int, worth: int, least: int) -> bool:
    """Whether no rounding can make up for a ``slope`` that costs."""
    spread = offer.spread
    spared = slope * spread.denominator + over * spread.numerator
    return spared <= 0 and slope * least + 2 * over + worth <= 0


def _rounding(offer: Offer, slope: int, over: int, worth: int, least: int, rate: Fraction) -> int:
    """What a fee rounded down may add, beside ``slope`` for every unit given; only what pays for a bad slope.

    It may spare ``short`` units of the payout, in proportion while no fee is due at all; from ``least`` given on
    the score may be one unit more, if a payout that falls short at ``rate`` is raised, which costs as well.
    """
    extra = worth if offer.most >= least else 0
    if slope > 0:  # the usual case, in integers alone
        spared_units = -(-offer.short.numerator * over // offer.short.denominator)
        if extra and over:
            fee, rates = offer.fee, rate.denominator
            # (1 − fee)/fee − most·rate is what the payout falls short by.
            missing = (fee.denominator - fee.numerator) * rates - offer.most * rate.numerator * fee.numerator
            if missing > 0:
                extra = max(0, extra - over * missing // (fee.numerator * rates))
        return spared_units + extra
    short, spread, found = offer.short, offer.spread, 0
    if over and spread:
        spared = short.numerator * (over * spread.numerator + slope * spread.denominator)
        found = max(found, -(-spared // (short.denominator * spread.numerator)))
    if extra:
        found = max(found, -(-short.numerator * over // short.denominator) + extra + slope * least)
    return found


def _most_of(drawn: list[tuple[int, int]], held: int) -> int:
    """What a balance can add: those that add most per unit come first."""
    total = 0
    for slope, most in sorted(drawn, reverse=True):
        taken = min(most, held)
        total += slope * taken
        held -= taken
    return total


def _above(one: Fraction, other: Fraction) -> bool:
    """one > other, in a fraction of the time that comparing takes otherwise."""
    return one.numerator * other.denominator > other.numerator * one.denominator
