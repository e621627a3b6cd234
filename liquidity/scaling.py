"""Scaling factors: what lifts a pool's balances to 18 decimals, as 18-decimal fixed point."""

from __future__ import annotations

from typing import Final

from intents.venue_states import StableState, WeightedState
from liquidity.errors import InvalidVenue
from liquidity.fixed_point import ONE, to_fixed

#: A token without decimals is lifted by 10^18; rates may come on top.
MAX_SCALING: Final = ONE * 10**24


def fixed_scaling(state: WeightedState | StableState) -> tuple[int, ...]:
    """One factor per asset. Raises ``InvalidVenue`` for a missing, zero, negative or huge one."""
    if len(state.scaling) != len(state.assets):
        raise InvalidVenue(state.id, f"{len(state.scaling)} scaling factors for {len(state.assets)} assets")
    factors = tuple(map(to_fixed, state.scaling))
    for asset, factor in zip(state.assets, factors, strict=True):
        if not 0 < factor <= MAX_SCALING:
            raise InvalidVenue(state.id, f"the scaling factor of {asset} is not above 0 and at most 10^24")
    return factors
