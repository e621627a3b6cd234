"""From values in whole numeraire units to amounts in base units and back, as an agent sees prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.assets import AssetId
from intents.intent import Leg
from intents.venue_states import VenueId, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from sim.agents.base import Desk

Pricing = Callable[[AssetId], float]

#: A limit gives away or demands at most so much of the value.
MOST_SLACK: Final = 0.9
#: Of what an agent meant to trade, the least part worth an intent when its account holds no more.
LEAST_PART: Final = 0.01


class Anchor(StrEnum):
    """What an agent takes for the fair price."""

    OUTSIDE = "outside"  # the price elsewhere, now
    AGREED = "agreed"  # the ledger's, which lags; the outside price where there is none


def traded(desk: Desk, chosen: Sequence[str]) -> list[AssetId]:
    """The assets of a part, in the ledger's order."""
    return [asset for asset in desk.assets if not chosen or asset in chosen]


def risky(desk: Desk, chosen: Sequence[str]) -> list[AssetId]:
    """The assets of a part but the numeraire."""
    return [asset for asset in traded(desk, chosen) if asset != desk.numeraire]


def pricing(desk: Desk, anchor: Anchor = Anchor.OUTSIDE) -> Pricing:
    """Whole numeraire units per whole unit, as of the moment of each call."""

    def price(asset: AssetId) -> float:
        if asset == desk.numeraire:
            return 1.0
        agreed = desk.agreed(asset) if anchor is Anchor.AGREED else None
        return desk.outside(asset) if agreed is None else agreed

    return price


def legs(
    desk: Desk,
    owner: int,
    pair: tuple[AssetId, AssetId],
    value: float,
    slack: float,
    price: Pricing,
    *,
    exact_out: bool = False,
) -> tuple[Leg, Leg] | None:
    """What to give and want for ``value``, the limit ``slack`` (a fraction) worse than fair for the owner: asking
    for less, or with ``exact_out`` offering more. Less where the account holds less; ``None`` where that is next
    to nothing."""
    give, want = pair
    slack = max(-MOST_SLACK, min(MOST_SLACK, slack))
    offered, asked = (1.0 + slack, 1.0) if exact_out else (1.0, 1.0 - slack)
    held = desk.balance(give, owner)
    affordable = min(value, desk.whole(give, held) * price(give) / offered)
    if affordable < value * LEAST_PART:
        return None
    given = min(held, MAX_AMOUNT, desk.units(give, affordable * offered / price(give)))
    wanted = min(MAX_AMOUNT, desk.units(want, affordable * asked / price(want)))
    return (Leg(give, given), Leg(want, wanted)) if given > 0 and wanted > 0 else None


def value_of(desk: Desk, leg: Leg, price: Pricing) -> float:
    """What a leg is worth, in whole numeraire units."""
    return desk.whole(leg.asset, leg.amount) * price(leg.asset)


def ledger_price(desk: Desk, asset: AssetId, price: float) -> int:
    """A price in whole units as the ledger counts it: numeraire base units per 10^18 base units."""
    exponent = 18 + desk.assets[desk.numeraire].decimals - desk.assets[asset].decimals
    return max(1, min(MAX_PRICE, int(price * 10.0**exponent)))


def venue_price(desk: Desk, state: VenueState, give: AssetId, want: AssetId) -> float | None:
    """What a venue pays for a very small trade, fee included: whole ``want`` per whole ``give``."""
    if give not in state.assets or want not in state.assets:
        return None
    try:
        paid = open_venue(state).marginal_price(give, want)
    except VenueError:
        return None
    return paid * 10.0 ** (desk.assets[give].decimals - desk.assets[want].decimals)


def best_prices(
    desk: Desk, venues: Mapping[VenueId, VenueState], asset: AssetId
) -> tuple[float | None, float | None]:
    """The best price at which any venue buys ``asset`` (bid) and sells it (ask), in whole numeraire units."""
    bids = [venue_price(desk, state, asset, desk.numeraire) for state in venues.values()]
    costs = [venue_price(desk, state, desk.numeraire, asset) for state in venues.values()]
    bid = max((found for found in bids if found), default=None)
    paid = max((found for found in costs if found), default=None)
    return bid, None if paid is None else 1.0 / paid
