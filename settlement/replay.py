"""Re-executing every interaction, in order, on the venues' evolving integer state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from intents.auction import Auction
from intents.venue_states import VenueId, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.venue import Venue
from settlement.errors import OutputOverstated, OutputUnderstated, UnknownVenue, VenueRefused
from settlement.solution import Interaction


class VenueBook:
    """The auction's venues, each opened once from the snapshot, and what interactions do to them."""

    def __init__(self, auction: Auction) -> None:
        self._auction = auction
        self._opened: dict[VenueId, Venue] = {}

    def replay(self, interactions: Sequence[Interaction]) -> Mapping[VenueId, VenueState]:
        """The states of the venues used, afterwards, in order of first use.

        Every venue takes exactly the claimed input or refuses. The claimed output must be what it
        pays, to the unit: an overstated one would be paid by others, an understated one hides
        value from owners.
        """
        after: dict[VenueId, Venue] = {}
        for i, interaction in enumerate(interactions):
            where = f"interactions[{i}]"
            venue = after.get(interaction.venue)
            if venue is None:
                venue = self._open(interaction.venue, where)
            after[interaction.venue] = _execute(venue, interaction, where)
        return {venue_id: venue.state for venue_id, venue in after.items()}

    def _open(self, venue_id: VenueId, where: str) -> Venue:
        opened = self._opened.get(venue_id)
        if opened is not None:
            return opened
        state = self._auction.venue.get(venue_id)
        if state is None:
            raise UnknownVenue(where, venue_id, self._auction.name)
        try:
            opened = open_venue(state)
        except VenueError as error:
            raise VenueRefused(where, venue_id, str(error), error.code) from error
        self._opened[venue_id] = opened
        return opened


def _execute(venue: Venue, claimed: Interaction, where: str) -> Venue:
    try:
        swap = venue.swap_in(claimed.asset_in, claimed.asset_out, claimed.amount_in)
        after = open_venue(swap.state)
    except VenueError as error:
        raise VenueRefused(where, claimed.venue, str(error), error.code) from error
    if claimed.amount_out > swap.amount_out:
        raise OutputOverstated(where, claimed.amount_out, swap.amount_out)
    if claimed.amount_out < swap.amount_out:
        raise OutputUnderstated(where, claimed.amount_out, swap.amount_out)
    return after
