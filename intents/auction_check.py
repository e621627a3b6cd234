"""Whether an auction is complete and consistent: ids are unique, everything named is declared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from intents.auction import Auction
from intents.errors import AmountOutOfRange, Duplicate, UnknownAsset, WrongValue
from intents.fields import join
from intents.intent import OwnerScheme


def check_auction(auction: Auction, where: str) -> Auction:
    """Return ``auction`` if it is consistent, else raise an ``InputError`` naming the item."""
    _unique((asset.id for asset in auction.assets), "asset", join(where, "assets"))
    _unique((order.id for order in auction.orders), "order", join(where, "orders"))
    _unique((venue.id for venue in auction.venues), "venue", join(where, "venues"))
    declared = {asset.id for asset in auction.assets}
    for index, order in enumerate(auction.orders):
        place = join(where, f"orders[{index}]")
        for leg in (*order.intent.give, *order.intent.want):
            if leg.asset not in declared:
                raise UnknownAsset(place, leg.asset)
        most = order.intent.reference_leg.amount
        if not 0 <= order.remaining <= most:
            raise AmountOutOfRange(f"{place}.remaining", order.remaining, 0, most)
        if not order.id:
            raise WrongValue(f"{place}.id", "an id of at least one byte", "none")
        if order.intent.owner.scheme is not OwnerScheme.RECORDED and order.intent.network != auction.network:
            # Signed for another network: kept out here, and a replay if a solver brought it.
            raise WrongValue(f"{place}.intent.network", auction.network.hex(), order.intent.network.hex())
    for index, venue in enumerate(auction.venues):
        for asset in venue.assets:
            if asset not in declared:
                raise UnknownAsset(join(where, f"venues[{index}]"), asset)
    _unique((f"{b.asset} of {b.owner}" for b in auction.balances), "balance", join(where, "balances"))
    for index, balance in enumerate(auction.balances):
        if balance.asset not in declared:
            raise UnknownAsset(join(where, f"balances[{index}]"), balance.asset)
    return auction


def _unique(keys: Iterable[Hashable], what: str, where: str) -> None:
    seen: set[Hashable] = set()
    for key in keys:
        if key in seen:
            shown = "0x" + key.hex() if isinstance(key, bytes) else str(key)
            raise Duplicate(where, what, shown)
        seen.add(key)
