"""The best single path of one or two venues by exact quotes: what is left where amounts are below float
resolution."""

from __future__ import annotations

import numpy as np

from intents.assets import AssetId
from intents.venue_states import VenueId
from liquidity.errors import VenueError
from solver.router.integers import Arc, Executed, execute
from solver.router.venues import Market


def best_path(market: Market, give: int, want: int, amount: int) -> Executed:
    """Spend ``amount`` of token ``give`` on the best venue to ``want``, or the best to a token between and on."""
    first = _best_from(market, market.tokens[give], amount)
    paths: list[tuple[int, list[Arc]]] = []
    for middle, (got, venue) in first.items():
        head = market.number(middle)
        arcs = [Arc(venue, give, head, float(amount))]
        if head == want:
            paths.append((got, arcs))
            continue
        onward = _best_from(market, middle, got, but=venue).get(market.tokens[want])
        if onward is not None:
            paths.append((onward[0], [*arcs, Arc(onward[1], head, want, float(got))]))
    arcs = max(paths, key=lambda path: path[0])[1] if paths else []
    rank = np.ones(len(market.tokens))
    rank[give], rank[want] = 0.0, 2.0
    return execute(market, arcs, rank, give, want, amount)


def _best_from(
    market: Market, asset: AssetId, amount: int, but: VenueId | None = None
) -> dict[AssetId, tuple[int, VenueId]]:
    """Per asset that can be had for ``amount`` of ``asset`` in one trade: how much of it at best, and where."""
    best: dict[AssetId, tuple[int, VenueId]] = {}
    for name, venue in market.venues.items():
        if asset not in venue.state.assets or name == but:
            continue
        for other in venue.state.assets:
            if other == asset:
                continue
            try:
                got = venue.quote_in(asset, other, amount)
            except VenueError:
                continue
            if other not in best or got > best[other][0]:
                best[other] = got, name
    return best
