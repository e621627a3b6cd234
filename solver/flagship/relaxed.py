"""The auction as its bound sees it: every order may be filled in part and at a price of its own.

Amounts are measured, so that reference prices are 1, and as floats. What the bound may not forget is kept: orders
that draw on one balance, and what venues and the settlement cost.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intents.assets import AssetId
from intents.intent import Owner
from settlement.certificate.offers import Offer, offers_of
from solver.flagship.market import Market
from solver.flagship.replies import Edge, edges_of


@dataclass(frozen=True, slots=True)
class Measured:
    """An offer in measured amounts, with its fixed cost."""

    gives: tuple[tuple[AssetId, float], ...]
    wants: tuple[tuple[AssetId, float], ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """``held`` of what the offers at ``members`` give: less than they give together."""

    members: tuple[int, ...]
    held: float


@dataclass(frozen=True, slots=True)
class Relaxed:
    """``edges``: the directions of each venue that has any, by its place, and ``costs`` of all venues. ``handed``:
    assets that scored orders want, so that leftovers of them are worth their price."""

    offers: tuple[Measured, ...]
    sharing: tuple[Balance, ...]
    edges: Mapping[int, Sequence[Edge]]
    costs: Sequence[float]
    handed: frozenset[AssetId]


def relaxed(market: Market) -> Relaxed:
    """Offers and venues of assets that are measured; others can trade with nobody."""
    auction, unit = market.auction, market.unit
    found = offers_of(auction)
    known = [offer for offer in found.orders if all(asset in unit for asset, _ in (*offer.gives, *offer.wants))]
    offers = tuple(_measured(offer, market) for offer in known)
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
        offers,
        tuple(one for one in sharing if math.fsum(offers[i].gives[0][1] for i in one.members) > one.held),
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


def _measured(offer: Offer, market: Market) -> Measured:
    part = offer.part / offer.whole

    def legs(of: tuple[tuple[AssetId, int], ...]) -> tuple[tuple[AssetId, float], ...]:
        return tuple((asset, part * amount * market.unit[asset]) for asset, amount in of)

    return Measured(legs(offer.gives), legs(offer.wants))
