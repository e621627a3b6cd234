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

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction
from settlement.certificate.cell_book import Book, applies, books
from settlement.certificate.cell_bound import cell_bound
from settlement.certificate.cells import Cell
from settlement.certificate.rationals import fraction_of

__all__ = ["KIND", "applies", "check_cells"]

KIND: Final = "price-cells"
#: Cells and cuts in one certificate.
MAX_NODES: Final = 20_000


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
