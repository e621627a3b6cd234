"""What everybody owns at a moment: rows of wealth and of venues, valued at outside prices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from intents.assets import AssetId
from intents.venue_states import OrderBookState, VenueId, VenueState
from node.chain.app import ChainApp
from settlement.ledger.accounts import Account, AccountKind, account_of_venue, bond_of
from settlement.ledger.books import BALANCES
from settlement.ledger.state import State
from settlement.ledger.venues import SHARES, TOTALS, VENUES
from settlement.settle import Settlement
from sim.recording.rows import VenueRow

#: Worth of so many base units, in whole numeraire units.
Value = Callable[[AssetId, int], float]


def owned(state: State, holders: Iterable[bytes]) -> dict[AssetId, int]:
    """Base units of each asset on accounts, in bonds, resting on books and in pools' shares."""
    found: dict[AssetId, int] = {}
    mine = set(holders)
    accounts = {Account(AccountKind.OWNER, holder) for holder in mine} | {bond_of(holder) for holder in mine}
    for (account, asset), amount in state.rows(BALANCES).items():
        if account in accounts:
            found[asset] = found.get(asset, 0) + amount
    names = {holder.hex() for holder in mine}
    for venue in state.rows(VENUES).values():
        if isinstance(venue, OrderBookState):
            _quoted(venue, names, found)
    for (venue_id, provider), shares in state.rows(SHARES).items():
        total = state.get(TOTALS, venue_id)
        if provider in mine and total is not None:
            for asset, amount in _held(state, venue_id).items():
                found[asset] = found.get(asset, 0) + amount * shares // total.total
    return found


def _quoted(book: OrderBookState, names: set[str], found: dict[AssetId, int]) -> None:
    base, quote = book.assets
    for order in book.asks:
        if order.owner in names:
            found[base] = found.get(base, 0) + order.quantity * book.lot
    for order in book.bids:
        if order.owner in names:
            found[quote] = found.get(quote, 0) + order.quantity * order.price * book.tick


def _held(state: State, venue: VenueId) -> dict[AssetId, int]:
    """A venue's account."""
    account = account_of_venue(venue)
    known = state.get(VENUES, venue)
    assets = () if known is None else known.assets
    return {asset: state.get(BALANCES, (account, asset)) or 0 for asset in assets}


def venue_rows(app: ChainApp, settlement: Settlement, now_us: int, value: Value) -> Iterable[VenueRow]:
    """Every venue before and after an auction. LVR here is what trading cost it, fees added back."""
    flows = _flows(settlement)
    for venue_id, state in sorted(app.state.rows(VENUES).items()):
        after = math.fsum(value(asset, amount) for asset, amount in _held(app.state, venue_id).items())
        came, went = flows.get(venue_id, ({}, {}))
        volume = math.fsum(value(asset, amount) for asset, amount in came.items())
        gained = volume - math.fsum(value(asset, amount) for asset, amount in went.items())
        fees = float(getattr(state, "fee", 0)) * volume
        yield VenueRow(
            settlement.auction.number,
            venue_id,
            _kind(state),
            now_us,
            after - gained,
            after,
            volume,
            fees,
            fees - gained,
        )


def _flows(settlement: Settlement) -> Mapping[VenueId, tuple[dict[AssetId, int], dict[AssetId, int]]]:
    """Per venue what came in and what went out."""
    found: dict[VenueId, tuple[dict[AssetId, int], dict[AssetId, int]]] = {}
    for winner in settlement.settled:
        for swap in winner.solution.interactions:
            came, went = found.setdefault(swap.venue, ({}, {}))
            came[swap.asset_in] = came.get(swap.asset_in, 0) + swap.amount_in
            went[swap.asset_out] = went.get(swap.asset_out, 0) + swap.amount_out
    return found


def _kind(state: VenueState) -> str:
    return type(state).__name__.removesuffix("State")
