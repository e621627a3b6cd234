"""What orders gain at most at dual prices while clearing rates lie in one cell of price space.

See ``settlement.certificate.price_cells`` for the argument. A rate in a cell lies between two bounds, which says
who may trade and at what rate at worst; a fee that the law rounds down adds a little; orders on one balance share
it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from settlement.certificate.cell_book import Book, Offer
from settlement.certificate.cells import Cell

#: Bits of the common denominator of one cell's prices; beside them this many keep slopes exact enough.
MAX_BITS: Final = 1_000
SLOPE_BITS: Final = 64


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
