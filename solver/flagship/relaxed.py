"""The auction as its bound sees it: every order may be filled in part and at a price of its own.

Amounts are measured, so that reference prices are 1, and as floats. What the bound may not forget is kept: orders
that draw on one balance, and what venues and the settlement cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from intents.assets import AssetId
from intents.intent import Owner
from settlement.certificate.offers import Offer, offers_of
from solver.flagship.market import Market
from solver.flagship.replies import Edge, edges_of
from solver.flagship.tables import Floats, Places


@dataclass(frozen=True, slots=True)
class Legs:
    """What ``count`` offers give and want: every leg is of one offer and one asset, by their places, its amount
    below 0 where it is wanted. ``first`` is what each offer gives of its first asset."""

    count: int
    of: Places
    asset: Places
    amount: Floats
    first: Floats


@dataclass(frozen=True, slots=True)
class Balance:
    """``held`` of what the offers at ``members`` give: less than they give together."""

    members: tuple[int, ...]
    held: float


@dataclass(frozen=True, slots=True)
class Relaxed:
    """``edges``: the directions of each venue that has any, by its place, and ``costs`` of all venues. ``handed``:
    assets that scored orders want, so that leftovers of them are worth their price."""

    assets: tuple[AssetId, ...]
    offers: Legs
    sharing: tuple[Balance, ...]
    edges: Mapping[int, Sequence[Edge]]
    costs: Sequence[float]
    handed: frozenset[AssetId]


def relaxed(market: Market) -> Relaxed:
    """Offers and venues of assets that are measured; others can trade with nobody."""
    auction, unit = market.auction, market.unit
    found = offers_of(auction)
    known = [offer for offer in found.orders if all(asset in unit for asset, _ in (*offer.gives, *offer.wants))]
    offers = _legs(known, market)
    sharing = (
        Balance(tuple(members), found.balances[account] * unit[account[1]])
        for account, members in _accounts(known).items()
        if account in found.balances
    )
    opened = {venue.state.id for venue in market.venues}
    edges = {
        place: [edge for edge in edges_of(state) if edge.asset_in in unit and edge.asset_out in unit]
        for place, state in enumerate(auction.venues)
        if state.id in opened
    }
    return Relaxed(
        tuple(unit),
        offers,
        tuple(one for one in sharing if float(np.sum(offers.first[list(one.members)])) > one.held),
        {place: some for place, some in edges.items() if some},
        [market.gas_price * state.gas for state in auction.venues],
        frozenset(leg.asset for order in auction.orders if order.scored for leg in order.intent.want),
    )


def _accounts(offers: Sequence[Offer]) -> dict[tuple[Owner, AssetId], list[int]]:
    """The places of the offers that draw on each balance."""
    found: defaultdict[tuple[Owner, AssetId], list[int]] = defaultdict(list)
    for place, offer in enumerate(offers):
        if offer.account is not None:
            found[offer.account].append(place)
    return found


def _legs(offers: Sequence[Offer], market: Market) -> Legs:
    unit, place = market.unit, {asset: i for i, asset in enumerate(market.unit)}
    parts = [offer.part / offer.whole for offer in offers]
    legs = [
        (i, place[asset], sign * part * amount * unit[asset])
        for i, (offer, part) in enumerate(zip(offers, parts, strict=True))
        for sign, some in ((1.0, offer.gives), (-1.0, offer.wants))
        for asset, amount in some
    ]
    of, assets, amounts = zip(*legs, strict=True) if legs else ((), (), ())
    first = [part * offer.gives[0][1] * unit[offer.gives[0][0]] for offer, part in zip(offers, parts, strict=True)]
    return Legs(
        len(offers),
        np.array(of, np.intp),
        np.array(assets, np.intp),
        np.array(amounts, np.float64),
        np.array(first, np.float64),
    )
