"""A solution's independent parts: groups of fills and interactions that share no asset."""

from __future__ import annotations

from dataclasses import replace

from intents.assets import AssetId
from intents.auction import Auction
from settlement.solution import Fill, Solution


def components(solution: Solution, auction: Auction) -> list[Solution]:
    """The parts in order of their first fill, each with the prices of the assets it trades."""
    root: dict[AssetId, AssetId] = {}

    def find(asset: AssetId) -> AssetId:
        root.setdefault(asset, asset)
        while root[asset] != asset:
            root[asset] = root[root[asset]]
            asset = root[asset]
        return asset

    pairs = {fill.order: auction.order[fill.order].intent.pairs[0] for fill in solution.fills}
    for give, want in pairs.values():
        root[find(give)] = find(want)
    for swap in solution.interactions:
        root[find(swap.asset_in)] = find(swap.asset_out)
    fills: dict[AssetId, list[Fill]] = {}
    for fill in solution.fills:
        fills.setdefault(find(pairs[fill.order][0]), []).append(fill)
    return [
        replace(
            solution,
            fills=tuple(own),
            interactions=tuple(swap for swap in solution.interactions if find(swap.asset_in) == key),
            prices={asset: price for asset, price in solution.prices.items() if find(asset) == key},
        )
        for key, own in fills.items()
    ]
