"""The best exact batch on a lattice of prices: a circulation of whole units of value.

Assets are nodes and orders inside their limits are arcs from what they give to what they want; what goes
into an asset comes out of it. Balances that several orders of one owner share are nodes in between. Costs are
scores per unit of value, so a minimum-cost flow finds the best fills at the prices, in integers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Final

import numpy as np

from intents.assets import AssetId
from intents.auction import Auction
from intents.curves import limits_at
from settlement.solution import Fill, Solution
from solver.circulation.flows import GAIN_STEPS, VALUE_UNITS, circulation
from solver.flagship.lattice import Bound, Lattice, lattice
from solver.flagship.market import Order, volume_fee
from solver.flagship.plan import Plan, Problem
from solver.flagship.ration import shared_units

#: A unit of value, as a share of the median fill: small ones waste less of each fill, large ones let
#: assets of few decimals have more exact prices.
GRAINS: Final = (1e-6, 1e-4)
#: How many coarse assets may be left out, and by what factor one must be coarser than the next.
MOST_COARSE: Final = 4
FAR_COARSER: Final = 10.0
#: Units of value through one arc; with scores it stays within 64 bits.
MOST_UNITS: Final = int(VALUE_UNITS)
#: Orders this far outside their limit at the plan's prices are not near them.
FAR_OUTSIDE: Final = 0.99
#: How often orders left below their minimum fill are dropped.
MOST_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class _Near:
    """An order near its ``limit`` (steps wanted per step given), whether the plan fills it, and the place of the
    listed balance that it draws on, if any."""

    order: Order
    limit: Fraction
    filled: bool
    balance: int | None


@dataclass(frozen=True, slots=True)
class _Arc:
    """An order with the units of value that it may move, and its score per unit (a buy's at the limit price)."""

    order: Order
    least: int
    most: int
    gain: float
    balance: int | None


def settle_on_lattice(problem: Problem, plan: Plan, solver: str, solution_id: int) -> Solution | None:
    """The best solution of orders alone at prices next to the plan's, or ``None`` where nothing trades."""
    near, worth = _near(problem, plan, solver), _worth(problem, plan)
    best: tuple[float, Solution] | None = None
    for value in _values(problem, plan, worth):
        grid = _grid(near, worth, value)
        moved = _best_flow(problem, grid, near)
        gain = math.fsum(arc.gain * units for arc, units in moved)
        if moved and (best is None or gain > best[0]):
            best = gain, _solution(moved, grid, solver, solution_id)
    return best[1] if best is not None else None


def _near(problem: Problem, plan: Plan, solver: str) -> list[_Near]:
    """The orders that may be filled in part and are not far outside their limit."""
    auction = problem.market.auction
    places = {(b.owner, b.asset): place for place, b in enumerate(auction.balances)}
    return [
        _Near(
            order,
            _ratio(order, auction, solver),
            plan.fills.get(order.id, 0.0) > 0.0,
            places.get((order.record.intent.owner, order.give)),
        )
        for order in problem.orders
        if not order.whole and problem.rate(order, plan.prices) >= FAR_OUTSIDE * order.floor
    ]


def _best_flow(problem: Problem, grid: Lattice, near: Sequence[_Near]) -> list[tuple[_Arc, int]]:
    """The orders that trade and the units of value they move; none of them less than its minimum."""
    arcs = [arc for one in near if (arc := _arc(one, grid, problem))]
    for _ in range(MOST_TRIES):
        flow = _flow(problem, arcs, grid)
        flow = shared_units(problem, [arc.order for arc in arcs], [arc.most for arc in arcs], flow)
        moved = [(arc, units) for arc, units in zip(arcs, flow, strict=True) if units]
        short = {arc.order.id for arc, units in moved if units < arc.least}
        if not short:
            return moved
        arcs = [arc for arc in arcs if arc.order.id not in short]
    return []


def _solution(moved: Sequence[tuple[_Arc, int]], grid: Lattice, solver: str, solution_id: int) -> Solution:
    traded = {asset for arc, _ in moved for asset in (arc.order.give, arc.order.want)}
    fills = tuple(Fill(arc.order.id, units * grid.steps[_reference(arc.order)]) for arc, units in moved)
    prices = {asset: price for asset, price in grid.prices.items() if asset in traded}
    return Solution(solver, solution_id, prices, fills)


def _reference(order: Order) -> AssetId:
    """The asset that executed amounts are counted in."""
    return order.give if order.sells else order.want


def _values(problem: Problem, plan: Plan, worth: Mapping[AssetId, float]) -> list[float]:
    """Units of value that suit the size of the plan's fills: whole multiples of its coarsest base unit.

    Or of the next coarsest, where one asset is coarser by far: without it the others may be settled more exactly.
    """
    filled = [order for order in problem.orders if plan.fills.get(order.id, 0.0) > 0.0]
    if not filled:
        return []
    coarse = sorted({worth[asset] for order in filled for asset in (order.give, order.want)}, reverse=True)
    size = median(order.size * plan.fills[order.id] * plan.prices.get(_reference(order), 1.0) for order in filled)
    found: list[float] = []
    for place, unit in enumerate(coarse[:MOST_COARSE]):
        if place == 0 or unit * FAR_COARSER < coarse[place - 1]:
            found += [unit * many for many in sorted({max(1, round(grain * size / unit)) for grain in GRAINS})]
    return found


def _worth(problem: Problem, plan: Plan) -> dict[AssetId, float]:
    """The value of one base unit of each asset at the plan's prices."""
    unit = problem.market.unit
    assets = {asset for order in problem.orders for asset in (order.give, order.want)}
    return {asset: unit[asset] * plan.prices.get(asset, 1.0) for asset in assets}


def _grid(near: Sequence[_Near], worth: Mapping[AssetId, float], value: float) -> Lattice:
    """Prices next to the plan's, in steps of ``value``."""
    bounds = [Bound(one.order.give, one.order.want, one.limit) for one in near if one.filled]
    return lattice({asset: value / w for asset, w in worth.items() if value >= w}, bounds)


def _ratio(order: Order, auction: Auction, solver: str) -> Fraction:
    """The least a step of the wanted asset may be, per step of the given one, with fees on volume."""
    limits = limits_at(order.record.intent, auction.number, solver)
    volume = volume_fee(order.record)
    # One fraction rather than three, of thousands of orders.
    top, bottom = limits.want[0], limits.give[0]
    if order.sells:
        return Fraction(top * volume.denominator, bottom * (volume.denominator - volume.numerator))
    return Fraction(top * (volume.denominator + volume.numerator), bottom * volume.denominator)


def _arc(near: _Near, grid: Lattice, problem: Problem) -> _Arc | None:
    """``None`` for an order outside its limit at the lattice's prices."""
    order, limit = near.order, near.limit
    if order.give not in grid.steps or order.want not in grid.steps:
        return None
    gives, gets, step = grid.steps[order.give], grid.steps[order.want], grid.steps[_reference(order)]
    most, least = order.record.remaining // step, -(-order.record.intent.fill.min_fill // step)
    if most < max(1, least) or gets * limit.denominator < limit.numerator * gives:
        return None
    unit = problem.market.unit
    gain = order.scores * (gets * unit[order.want] - order.limit * gives * unit[order.give])
    return _Arc(order, least, min(most, MOST_UNITS), gain, near.balance)


def _flow(problem: Problem, arcs: Sequence[_Arc], grid: Lattice) -> list[int]:
    """Units of value through each arc, worth most in all."""
    nodes: dict[AssetId, int] = {asset: place for place, asset in enumerate(sorted(grid.steps))}
    held: dict[int, int] = {}
    lenders: list[tuple[int, int, int]] = []
    tails = []
    for arc in arcs:
        source = nodes[arc.order.give]
        if arc.balance is not None:
            if arc.balance not in held:
                held[arc.balance] = len(nodes) + len(held)
                shared = problem.market.auction.balances[arc.balance]
                lenders.append((source, held[arc.balance], shared.amount // grid.steps[shared.asset]))
            source = held[arc.balance]
        tails.append(source)
    gains = np.array([arc.gain for arc in arcs] + [0.0] * len(lenders))
    flows = circulation(
        np.array([*tails, *(tail for tail, _, _ in lenders)], dtype=np.int64),
        np.array([nodes[arc.order.want] for arc in arcs] + [head for _, head, _ in lenders], dtype=np.int64),
        np.array([arc.most for arc in arcs] + [min(most, MOST_UNITS) for _, _, most in lenders], dtype=np.float64),
        gains * (GAIN_STEPS / max(float(np.abs(gains).max(initial=0.0)), 1e-300)),
    )
    return [0] * len(arcs) if flows is None else [int(units) for units in flows[: len(arcs)]]
