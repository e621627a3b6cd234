"""Stops and take-profits: offers that wait for the agreed price of what is traded."""

from __future__ import annotations

from collections.abc import Callable

from intents.amounts import MAX_BPS
from intents.assets import AssetId
from intents.conditions import Above, Below, Condition, Trailing
from sim.agents.base import Desk, Offer
from sim.agents.valuing import Pricing, ledger_price, legs

#: Makes an offer for (desk, owner, pair, value, slack, how far away, prices).
Trigger = Callable[[Desk, int, tuple[AssetId, AssetId], float, float, float, Pricing], Offer | None]


def stop(
    desk: Desk, owner: int, pair: tuple[AssetId, AssetId], value: float, slack: float, away: float, price: Pricing
) -> Offer | None:
    """Get out when the price has turned ``away`` (a fraction) against the owner, up to as much again beyond it."""
    found = legs(desk, owner, pair, value, 2.0 * away, price)
    when = _moved(desk, pair, away, price, against=True)
    return None if found is None else Offer(*found, when=when, purpose="stop")


def trailing(
    desk: Desk, owner: int, pair: tuple[AssetId, AssetId], value: float, slack: float, away: float, price: Pricing
) -> Offer | None:
    """Get out when the price is ``away`` from the best it was for the owner since."""
    found = legs(desk, owner, pair, value, 2.0 * away, price)
    buying = pair[0] == desk.numeraire
    when = Trailing(pair[1] if buying else pair[0], max(1, round(away * MAX_BPS)), rising=buying)
    return None if found is None else Offer(*found, when=when, purpose="trailing")


def take_profit(
    desk: Desk, owner: int, pair: tuple[AssetId, AssetId], value: float, slack: float, away: float, price: Pricing
) -> Offer | None:
    """Trade when the price is ``away`` better than now, at ``slack`` off that."""
    found = legs(desk, owner, pair, value, slack - away, price)
    when = _moved(desk, pair, away, price, against=False)
    return None if found is None else Offer(*found, when=when, purpose="take-profit")


def _moved(desk: Desk, pair: tuple[AssetId, AssetId], away: float, price: Pricing, *, against: bool) -> Condition:
    """The price of what is sold, or bought with the numeraire, has moved against the owner or in their favour."""
    buying = pair[0] == desk.numeraire
    asset = pair[1] if buying else pair[0]
    if buying == against:
        return Above(asset, ledger_price(desk, asset, price(asset) * (1.0 + away)))
    return Below(asset, ledger_price(desk, asset, price(asset) * (1.0 - away)))
