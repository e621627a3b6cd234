"""How much to trade with a venue whose price is off: in closed form for a constant product, else by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import ConstantProductState, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue

#: Amounts have 127 bits, so bisection over all of them ends after as many halvings.
MAX_HALVINGS: Final = 127


def best_input(state: VenueState, give: AssetId, want: AssetId, price: float, most: int) -> int:
    """The input at which one more unit would be paid just ``price`` (output per input, base units): with outside
    prices at that ratio, the trade that earns most. At most ``most``; 0 where the venue pays no more than that."""
    if give not in state.assets or want not in state.assets or price <= 0.0 or most <= 0:
        return 0
    if isinstance(state, ConstantProductState):
        i = state.assets.index(give)
        return min(most, constant_product_input(state.reserves[i], state.reserves[1 - i], state.fee, price))
    return bisected_input(state, give, want, price, most)


def constant_product_input(reserve_in: int, reserve_out: int, fee: Fraction, price: float) -> int:
    """(√(x·y·g/p) − x) / g with kept part g = 1 − fee, from d/da [y·g·a/(x + g·a)] = p; 0 inside the band that the
    fee leaves."""
    kept = 1.0 - float(fee)
    gain = math.sqrt(float(reserve_in) * float(reserve_out) * kept / price) - reserve_in
    return max(0, int(gain / kept)) if gain > 0.0 else 0


def bisected_input(state: VenueState, give: AssetId, want: AssetId, price: float, most: int) -> int:
    """The largest input after which the venue's marginal price is not yet below ``price``; any kind of venue."""
    venue = open_venue(state)

    def still_good(amount: int) -> bool:
        after = venue.state if amount == 0 else venue.swap_in(give, want, amount).state
        return open_venue(after).marginal_price(give, want) >= price

    if not _holds(still_good, 0):
        return 0
    low, high = _first_sound(venue.quote_in, give, want, most), min(most, MAX_AMOUNT)
    if low is None or not _holds(still_good, low):
        return 0
    for _ in range(MAX_HALVINGS):
        if high - low <= 1:
            break
        middle = (low + high) // 2
        low, high = (middle, high) if _holds(still_good, middle) else (low, middle)
    # A book's price jumps where a level ends: the unit that ends it may itself still pay.
    return max(
        (_trimmed(venue, give, want, amount) for amount in (low, high)), key=lambda pair: pair[1] - price * pair[0]
    )[0]


def _trimmed(venue: Venue, give: AssetId, want: AssetId, amount: int) -> tuple[int, int]:
    """The least input that is paid what ``amount`` is, and what that is: a book keeps what makes no whole lot.
    (0, 0) where the venue refuses."""
    try:
        paid = venue.quote_in(give, want, amount)
        return min(amount, venue.quote_out(give, want, paid)), paid
    except VenueError:
        return 0, 0


def _first_sound(
    quote: Callable[[AssetId, AssetId, int], int], give: AssetId, want: AssetId, most: int
) -> int | None:
    """The first power of two that the venue takes: less may be too little to be paid anything."""
    for bits in range(MAX_HALVINGS):
        if 1 << bits > most:
            return None
        try:
            quote(give, want, 1 << bits)
        except VenueError:
            continue
        return 1 << bits
    return None


def _holds(test: Callable[[int], bool], amount: int) -> bool:
    """What the venue refuses is too much."""
    try:
        return test(amount)
    except VenueError:
        return False
