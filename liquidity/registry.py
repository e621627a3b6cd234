"""From a recorded venue state to the venue that executes it."""

from __future__ import annotations

from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    StableFlavour,
    StableState,
    VenueState,
    WeightedState,
)
from liquidity.concentrated import ConcentratedVenue
from liquidity.constant_product import ConstantProductVenue
from liquidity.curve import CurveVenue
from liquidity.limit_order import LimitOrderVenue
from liquidity.order_book import OrderBookVenue
from liquidity.stable import StableVenue
from liquidity.venue import Venue
from liquidity.weighted import WeightedVenue


def open_venue(state: VenueState) -> Venue:
    """The venue that holds ``state``. Raises ``InvalidVenue`` when no such venue can exist."""
    match state:
        case ConstantProductState():
            return ConstantProductVenue(state)
        case WeightedState():
            return WeightedVenue(state)
        case StableState(flavour=StableFlavour.BALANCER):
            return StableVenue(state)
        case StableState():
            return CurveVenue(state)
        case ConcentratedState():
            return ConcentratedVenue(state)
        case LimitOrderState():
            return LimitOrderVenue(state)
        case OrderBookState():
            return OrderBookVenue(state)
