"""How much may stay behind in the settlement: fees, rounding, and no owner's surplus in disguise.

Clearing prices only relate assets that trades connect, so leftovers are valued per connected
component of the traded pairs: an inflated price elsewhere buys no room here. Within one,

    Σ p·leftover ≤ Σ p·fee + 1 % of Σ p·given + 2·Σ p over the legs of each fill and interaction

An asset that no trade touches, passed through on a route, has no anchored price: of it at most a
millionth of what flowed through plus 1000 units may stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from intents.amounts import MAX_BPS
from intents.assets import AssetId
from settlement.conservation import Flows
from settlement.errors import LeftoversTooLarge, UnpricedLeftover
from settlement.solution import Interaction
from settlement.verified import Trade

TOLERANCE_BPS: Final = 100
ROUNDING_UNITS: Final = 2
DUST_DIVISOR: Final = 10**6
DUST_UNITS: Final = 1000


def check_leftovers(
    leftovers: Mapping[AssetId, int],
    flows: Flows,
    trades: Sequence[Trade],
    interactions: Sequence[Interaction],
    prices: Mapping[AssetId, int],
) -> None:
    """Raises ``LeftoversTooLarge`` or ``UnpricedLeftover``; ``prices`` covers every traded asset."""
    root = _components(trades)
    left: dict[AssetId, int] = {}
    for asset, amount in leftovers.items():
        if asset in root:
            left[root[asset]] = left.get(root[asset], 0) + amount * prices[asset]
        else:
            _check_dust(asset, amount, flows.taken_in.get(asset, 0))
    if not left:
        return
    allowed = _allowances(trades, interactions, prices, root)
    for component, value in left.items():
        if value > allowed[component]:
            raise LeftoversTooLarge(component, value, allowed[component])


def _check_dust(asset: AssetId, amount: int, flow: int) -> None:
    allowed = flow // DUST_DIVISOR + DUST_UNITS
    if amount > allowed:
        raise UnpricedLeftover(asset, amount, allowed)


def _allowances(
    trades: Sequence[Trade],
    interactions: Sequence[Interaction],
    prices: Mapping[AssetId, int],
    root: Mapping[AssetId, AssetId],
) -> dict[AssetId, int]:
    """Per component, the value that may stay, in the solution's own price unit."""
    fees: dict[AssetId, int] = dict.fromkeys(root.values(), 0)
    given: dict[AssetId, int] = dict.fromkeys(root.values(), 0)
    units: dict[AssetId, int] = dict.fromkeys(root.values(), 0)
    for trade in trades:
        first = trade.gives[0].asset
        component = root[first]
        fees[component] += trade.fee * prices[first]
        for leg in trade.gives:
            price = prices[leg.asset]
            given[component] += leg.amount * price
            units[component] += price
        for leg in trade.wants:
            units[component] += prices[leg.asset]
    for swap in interactions:
        for asset in (swap.asset_in, swap.asset_out):
            if asset in root:
                units[root[asset]] += prices[asset]
    return {
        component: fees[component]
        + given[component] * TOLERANCE_BPS // MAX_BPS
        + ROUNDING_UNITS * units[component]
        for component in fees
    }


def _components(trades: Sequence[Trade]) -> dict[AssetId, AssetId]:
    """Each traded asset with one representative of its connected component (union-find)."""
    parent: dict[AssetId, AssetId] = {}

    def find(asset: AssetId) -> AssetId:
        parent.setdefault(asset, asset)
        while parent[asset] != asset:
            parent[asset] = parent[parent[asset]]
            asset = parent[asset]
        return asset

    # Many trades are between the same assets, which need joining only once.
    for assets in dict.fromkeys(trade.assets for trade in trades):
        for asset in assets:
            parent[find(asset)] = find(assets[0])
    return {asset: find(asset) for asset in parent}
