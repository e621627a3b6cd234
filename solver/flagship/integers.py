"""From a plan in floats to a solution in integers that the verifier accepts.

Venues are executed exactly, in an order in which every input is there before it is needed; assets that
only pass through are spent to the last unit. Fills are rounded down, and prices are then fitted to the
exact amounts (``solver.flagship.fitting``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.venue_states import VenueId
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.solution import Fill, Interaction, Solution
from solver.flagship.fitting import Filled, fit, with_fee
from solver.flagship.plan import Plan, Problem
from solver.protocol import Deadline

#: Prices are rounded to 2^-PRICE_BITS of themselves.
PRICE_BITS: Final = 60
#: What a buy gives moves with prices that are still to be fitted.
BUY_MARGIN: Final = 1e-6


def settle_plan(
    problem: Problem, plan: Plan, solver: str, solution_id: int, deadline: Deadline
) -> Solution | None:
    """The solution of ``plan``, or ``None`` when rounding leaves nothing or no prices fit."""
    filled = _fills(problem, plan)
    if not filled:
        return None
    interactions = _execute(problem, plan, filled)
    fitted = fit(problem, filled, interactions, plan.prices, deadline)
    if fitted is None:
        return None
    return Solution(
        solver=solver,
        id=solution_id,
        prices={asset: integer_price(problem, asset, price) for asset, price in fitted.prices.items()},
        fills=tuple(Fill(item.order.id, item.executed, item.fee) for item in fitted.filled),
        interactions=tuple(interactions),
    )


def _fills(problem: Problem, plan: Plan) -> list[Filled]:
    found = []
    for order in problem.orders:
        fraction = plan.fills.get(order.id, 0.0)
        if order.whole and fraction < 0.5:
            continue
        whole = order.whole or fraction > 1.0 - 1e-9
        remaining = order.record.remaining
        units = remaining if whole else math.floor(remaining * fraction)
        if units >= max(1, order.record.intent.fill.min_fill):
            filled = with_fee(problem, plan.prices, order, units)
            if filled.executed > 0:
                found.append(filled)
    return found


def _execute(problem: Problem, plan: Plan, filled: Sequence[Filled]) -> list[Interaction]:
    """The venue interactions, executed on exact integers in a workable order.

    Of an asset that no filled order wants, venues take no more than there is; of one that only passes
    through, all of it; of the others what was planned, and prices are fitted to the rest.
    """
    market = problem.market
    paid_out = {item.order.want for item in filled}
    given = _given(problem, plan, filled)
    held = given.copy()
    pending = _single_direction(plan.flows)
    sources = Counter(asset_out for _, _, asset_out in pending)  # venues still to pay into an asset
    users = Counter(asset_in for _, asset_in, _ in pending)  # venues still to be paid from it
    venues = {venue.state.id: venue for venue in market.venues}
    done: list[Interaction] = []
    while pending:
        # Whatever passes through waits for all its sources; on a cycle the first in order breaks it.
        name = next((n for n in pending if n[1] in paid_out or sources[n[1]] == 0), pending[0])
        pending.remove(name)
        venue, asset_in, asset_out = VenueId(name[0]), name[1], name[2]
        sources[asset_out] -= 1
        users[asset_in] -= 1
        units = math.floor(plan.flows[name] / market.unit[asset_in])
        if asset_in not in paid_out and sources[asset_in] == 0:
            units = min(units, held[asset_in])
            if asset_in not in given and users[asset_in] == 0:
                units = held[asset_in]  # the last of what passes through, to the unit
        if units < 1:
            continue
        try:
            swap = venues[venue].swap_in(asset_in, asset_out, units)
        except VenueError:
            continue  # rounded below what the venue takes; the fitting judges what is left
        if swap.amount_out < 1:
            continue
        venues[venue] = open_venue(swap.state)
        held[asset_in] -= units
        held[asset_out] += swap.amount_out
        done.append(Interaction(venue, asset_in, asset_out, units, swap.amount_out))
    return done


def _given(problem: Problem, plan: Plan, filled: Sequence[Filled]) -> Counter[AssetId]:
    """What filled orders give, in base units; of buys what they give at the plan's prices, cautiously."""
    given: Counter[AssetId] = Counter()
    unit = problem.market.unit
    for item in filled:
        order = item.order
        if order.sells:
            given[order.give] += item.units
        else:
            size = item.executed * unit[order.want] / problem.rate(order, plan.prices)
            given[order.give] += math.floor(size * (1.0 - BUY_MARGIN) / unit[order.give])
    return given


def _single_direction(
    wanted: Mapping[tuple[str, AssetId, AssetId], float],
) -> list[tuple[str, AssetId, AssetId]]:
    """One use per venue, the largest: ladders of one venue are cut on the same reserves."""
    best: dict[str, tuple[str, AssetId, AssetId]] = {}
    for name, flow in sorted(wanted.items()):
        if name[0] not in best or flow > wanted[best[name[0]]]:
            best[name[0]] = name
    return sorted(best.values())


def integer_price(problem: Problem, asset: AssetId, price: float) -> int:
    """The price of one base unit, in a common integer unit."""
    scaled = round(price * (1 << PRICE_BITS))
    market = problem.market
    reference = market.auction.reference_price(asset)
    if reference:
        return max(1, scaled * reference)
    return max(1, round(price * market.unit[asset] * (float(PRICE_SCALE) * market.whole) * (1 << PRICE_BITS)))
