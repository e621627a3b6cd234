"""From a plan in floats to a solution in integers that the verifier accepts.

Venues are executed exactly, in an order in which every input is there before it is needed; assets that
only pass through are spent to the last unit. Fills are rounded down, and prices are then set from the
exact amounts: a small linear program hands what is left to the owners, keeping enough in hand for
every payout to be rounded up.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.venue_states import VenueId
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.solution import Fill, Interaction, Solution
from solver.flagship.lp import INFINITY, Program
from solver.flagship.market import Order
from solver.flagship.plan import Plan, Problem

#: Prices are rounded to 2^-PRICE_BITS of themselves.
PRICE_BITS: Final = 60
#: Kept in hand per asset, relative to what moves, against rounding in the price program.
SLACK: Final = 1e-11
#: How far the price program may move prices, in log.
REACH: Final = 0.03


@dataclass(frozen=True, slots=True)
class Filled:
    """An order with what it executes, in base units of its reference asset, and the fee in the given asset."""

    order: Order
    executed: int
    fee: int


def settle_plan(problem: Problem, plan: Plan, solver: str, solution_id: int) -> Solution | None:
    """The solution of ``plan``, or ``None`` when rounding leaves nothing or no prices fit."""
    filled = _fills(problem, plan)
    if not filled:
        return None
    interactions = _execute(problem, plan, filled)
    prices = set_prices(problem, filled, interactions, plan.prices)
    if prices is None:
        return None
    return Solution(
        solver=solver,
        id=solution_id,
        prices=prices,
        fills=tuple(Fill(item.order.id, item.executed, item.fee) for item in filled),
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
        if units < max(1, order.record.intent.fill.min_fill):
            continue
        filled = _with_fee(problem, plan, order, units)
        if filled.executed > 0:
            found.append(filled)
    return found


def _with_fee(problem: Problem, plan: Plan, order: Order, units: int) -> Filled:
    """The fill of ``units`` with the hair withheld: out of what a sell gives, on top of what a buy gives."""
    if not order.fee:
        return Filled(order, units, 0)
    intent = order.record.intent
    most = intent.max_fee * units // intent.reference_leg.amount
    if order.sells:
        fee = min(most, math.ceil(order.fee * units))
        return Filled(order, units - fee, fee)
    measure = problem.market.unit
    given = units * measure[order.want] / problem.rate(order, plan.prices) / measure[order.give]
    return Filled(order, units, min(most, math.ceil(order.fee * given)))


def _execute(problem: Problem, plan: Plan, filled: Sequence[Filled]) -> list[Interaction]:
    """The venue interactions, executed on exact integers in a workable order."""
    market = problem.market
    priced = {asset for item in filled for asset in (item.order.give, item.order.want)}
    wanted = {name: flow for name, flow in plan.flows.items() if flow > 0.0}
    pending = _single_direction(wanted)
    waiting_in: defaultdict[AssetId, int] = defaultdict(int)  # venues still to pay into this asset
    users: defaultdict[AssetId, int] = defaultdict(int)
    for _, asset_in, asset_out in pending:
        waiting_in[asset_out] += 1
        users[asset_in] += 1
    held: defaultdict[AssetId, int] = defaultdict(int)
    states = {venue.state.id: venue for venue in market.venues}
    done: list[Interaction] = []
    while pending:
        # Assets that pass through wait for all their sources; on a cycle the first in order breaks it.
        name = next((n for n in pending if n[1] in priced or waiting_in[n[1]] == 0), pending[0])
        pending.remove(name)
        venue_id, asset_in, asset_out = name
        waiting_in[asset_out] -= 1
        users[asset_in] -= 1
        units = math.floor(wanted[name] / market.unit[asset_in])
        if asset_in not in priced:
            units = held[asset_in] if users[asset_in] == 0 else min(units, held[asset_in])
        if units < 1:
            continue
        venue = states[VenueId(venue_id)]
        try:
            swap = venue.swap_in(asset_in, asset_out, units)
        except VenueError:
            continue  # rounded below what the venue takes; the price program judges what is left
        if swap.amount_out < 1:
            continue
        states[VenueId(venue_id)] = open_venue(swap.state)
        held[asset_in] -= units
        held[asset_out] += swap.amount_out
        done.append(Interaction(VenueId(venue_id), asset_in, asset_out, units, swap.amount_out))
    return done


def _single_direction(
    wanted: Mapping[tuple[str, AssetId, AssetId], float],
) -> list[tuple[str, AssetId, AssetId]]:
    """One use per venue, the largest: ladders of one venue are cut on the same reserves."""
    best: dict[str, tuple[str, AssetId, AssetId]] = {}
    for name, flow in sorted(wanted.items()):
        if name[0] not in best or flow > wanted[best[name[0]]]:
            best[name[0]] = name
    return sorted(best.values())


def set_prices(
    problem: Problem,
    filled: Sequence[Filled],
    interactions: Sequence[Interaction],
    around: Mapping[AssetId, float],
) -> dict[AssetId, int] | None:
    """Integer clearing prices that honour all limits and pay out no more than there is, or ``None``.

    With fills fixed every balance is linear in prices: p_a·(given − bought + venues' net) must cover what
    sellers into a are paid, Σ p_give·sold, and what buyers out of a pay in counts for it.
    """
    unit = problem.market.unit
    base = {a: around.get(a, 1.0) for item in filled for a in (item.order.give, item.order.want)}
    for _ in range(2):
        found = _price_program(filled, interactions, base, unit, problem)
        if found is None:
            return None
        base = found
    return {asset: _integer_price(problem, asset, price) for asset, price in base.items()}


def _integer_price(problem: Problem, asset: AssetId, price: float) -> int:
    """The price of one base unit, in a common integer unit. ``unit`` is exact up to a float's precision."""
    reference = problem.market.auction.reference_price(asset)
    scaled = round(price * (1 << PRICE_BITS))
    if reference:
        return max(1, scaled * reference)
    return max(1, round(price * problem.market.unit[asset] * float(PRICE_SCALE) ** 2 * (1 << PRICE_BITS)))


def _price_program(
    filled: Sequence[Filled],
    interactions: Sequence[Interaction],
    base: Mapping[AssetId, float],
    unit: Mapping[AssetId, float],
    problem: Problem,
) -> dict[AssetId, float] | None:
    program = Program()
    shift: dict[AssetId, Any] = {asset: program.variable(-REACH, REACH) for asset in base}
    rows: dict[AssetId, Any] = {}
    fixed: defaultdict[AssetId, float] = defaultdict(float)  # what p_a multiplies, exact then measured
    exact: defaultdict[AssetId, int] = defaultdict(int)
    moved: defaultdict[AssetId, float] = defaultdict(float)
    payouts: defaultdict[AssetId, int] = defaultdict(int)
    flows: list[tuple[AssetId, AssetId, float]] = []  # p_from·amount is paid out of asset `to`
    incomes: list[tuple[AssetId, AssetId, float]] = []  # p_from·amount comes into asset `to`
    for item in filled:
        order = item.order
        exact[order.give] += item.fee
        if order.sells:
            exact[order.give] += item.executed
            flows.append((order.give, order.want, item.executed * unit[order.give]))
            payouts[order.want] += 1
        else:
            exact[order.want] -= item.executed
            incomes.append((order.want, order.give, item.executed * unit[order.want]))
            payouts[order.give] += 1
        moved[order.give] += item.executed * unit[order.give if order.sells else order.want]
        moved[order.want] += item.executed * unit[order.give if order.sells else order.want]
    for swap in interactions:
        exact[swap.asset_in] -= swap.amount_in
        exact[swap.asset_out] += swap.amount_out
    for asset in base:
        fixed[asset] = exact[asset] * unit[asset]
    # Balance of asset a, divided by its base price:  p_a·fixed_a + Σ incomes − Σ payouts ≥ reserve.
    for asset in base:
        price = base[asset]
        now = fixed[asset]
        row = program.row(0.0, INFINITY)
        row_terms: defaultdict[AssetId, float] = defaultdict(float)
        row_terms[asset] += fixed[asset]
        for source, target, amount in flows:
            if target == asset:
                value = amount * base[source] / price
                now -= value
                row_terms[source] -= value
        for source, target, amount in incomes:
            if target == asset:
                value = amount * base[source] / price
                now += value
                row_terms[source] += value
        reserve = SLACK * moved[asset] + (payouts[asset] + 1) * unit[asset]
        # p = base·(1+s): the row is linear in s.
        row.SetBounds(reserve - now, INFINITY)
        for other, value in row_terms.items():
            row.SetCoefficient(shift[other], value)
        rows[asset] = row
    for item in filled:
        _limit_row(program, item, base, shift)
    if not program.solve(seconds=2.0):
        return None
    return {asset: base[asset] * (1.0 + shift[asset].solution_value()) for asset in base}


def _limit_row(
    program: Program, item: Filled, base: Mapping[AssetId, float], shift: Mapping[AssetId, Any]
) -> None:
    """p_give ≥ floor·p_want with a hair to spare, and the gain of a better rate in the objective."""
    order = item.order
    rate = base[order.give] / base[order.want]
    floor = order.floor * (1.0 + 1e-13) / (1.0 - order.fee) * (1.0 + _excess_fee(item))
    row = program.row(floor / rate - 1.0, INFINITY)
    row.SetCoefficient(shift[order.give], 1.0)
    row.SetCoefficient(shift[order.want], -floor / rate)
    part = item.executed / order.record.remaining
    gain = order.size * part * (rate if order.sells else order.limit / rate)
    objective = program._objective
    for asset, sign in ((order.give, 1.0), (order.want, -1.0)):
        objective.SetCoefficient(shift[asset], objective.GetCoefficient(shift[asset]) + sign * gain)


def _excess_fee(item: Filled) -> float:
    """How much more than the planned hair the integer fee takes: matters for tiny fills only."""
    if not item.order.sells:
        return 0.0
    return max(0.0, item.fee / (item.executed + item.fee) - item.order.fee)
