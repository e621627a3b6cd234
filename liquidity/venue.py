"""The venue Protocol: what settlement and solvers may ask of any liquidity source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from intents.assets import AssetId
from intents.venue_states import VenueState


@dataclass(frozen=True, slots=True)
class Swap:
    """What one interaction did: ``amount_in`` of ``asset_in`` went in, ``amount_out`` came out."""

    asset_in: AssetId
    asset_out: AssetId
    amount_in: int
    amount_out: int
    state: VenueState


class Venue(Protocol):
    """Exact behaviour of one kind of venue over its immutable state.

    Both directions are exact to the base unit and round in the venue's favour. All raise a
    ``liquidity.errors.VenueError`` naming the rule broken (unknown asset, zero amount, insufficient
    liquidity, math out of range); none ever mutates the state.
    """

    @property
    def state(self) -> VenueState: ...

    def quote_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> int:
        """The output of ``swap_in``, without building the state after it."""
        ...

    def quote_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> int:
        """The input of ``swap_out``, without building the state after it."""
        ...

    def swap_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Swap:
        """Sell exactly ``amount_in``; get at most what the curve pays."""
        ...

    def swap_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Swap:
        """Buy at least ``amount_out`` for the input the venue asks for it, or the least it finds that pays."""
        ...

    def marginal_price(self, asset_in: AssetId, asset_out: AssetId) -> float:
        """Output units per input unit for an infinitesimal trade, fee included. A float: solvers only."""
        ...
