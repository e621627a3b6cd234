"""Batches that stand beside rivals: no pair worth less than the best bid for that pair alone (CIP-67).

Prices can hand surplus from pair to pair at next to no loss, so most pairs can be given what rivals offer them:
a floor per pair, and a price for falling short that rises while a pair does. A pair that stays short through
several rounds is left to rivals, with all its orders, and to bids of its own.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from intents.assets import AssetId
from settlement.verified import DirectedPair, Verified
from solver.flagship.bidding import floors, unfair_pairs
from solver.flagship.plan import Floor, Plan, Problem, order_surplus
from solver.flagship.search import adapted, pursue, refine, shaken
from solver.flagship.settling import Settling
from solver.protocol import Deadline

MAX_ROUNDS: Final = 24
#: Rounds that a pair may fall short before it is left out, and how its terms are raised in each.
PATIENCE: Final = 2
DEARER: Final = 4.0
MORE_MARGIN: Final = 0.03
#: Plans that cannot be settled in integers that are gone on from, each to prices moved by chance.
MISSES: Final = 3
#: The share of the time left that one round may take.
ROUND_SHARE: Final = 0.15
#: How often a batch is adjusted, and what falling short costs in it at first.
ADJUSTMENTS: Final = 12
ADJUSTING: Final = 16.0


def fair_batches(
    settling: Settling, problem: Problem, simple: Sequence[Verified], deadline: Deadline
) -> Iterator[Verified]:
    """Verified batches, from the first to fair ones, and while there is time to better fair ones."""
    terms = {pair: Floor(score) for pair, score in floors(simple, problem.market.whole).items()}
    missed: Counter[DirectedPair] = Counter()
    draw = Random(deadline.seed)
    prices = problem.start
    here = replace(problem, floors=terms)
    misses = 0
    for _ in range(MAX_ROUNDS):
        if deadline.passed:
            return
        found = pursue(here, prices, deadline.part(ROUND_SHARE), draw)
        if found is None:
            break
        batch = settling.settled(*found, deadline)
        if batch is None:  # integers have no room for this plan: on to the next, near by
            misses += 1
            if misses > MISSES:
                break
            prices = shaken(here, found[1], draw)
            continue
        yield batch
        prices = found[1].prices
        unfair = unfair_pairs(batch, simple)
        if not unfair:
            break
        missed.update(unfair)
        here = raised(here, batch, unfair, {pair for pair in unfair if missed[pair] >= PATIENCE})
    here = replace(here, start=prices)
    for batch in settling.batches(here, deadline, deadline):
        yield batch


def adjusted(
    settling: Settling, problem: Problem, batch: Verified, simple: Sequence[Verified], deadline: Deadline
) -> Iterator[Verified]:
    """Verified batches of the orders in ``batch``, to a fair one, in little work: at prices that give more to
    pairs that fall short, then without the pair that falls shortest, and so on."""
    terms = {pair: Floor(score, penalty=ADJUSTING) for pair, score in floors(simple, problem.market.whole).items()}
    filled = {fill.order for fill in batch.solution.fills}
    own = tuple(order for order in problem.orders if order.id in filled)
    if not own:
        return
    plan = _planned(problem, batch)
    here = refine(replace(problem, orders=own, floors=terms), plan, deadline)
    draw = Random(deadline.seed)
    for _ in range(ADJUSTMENTS):
        found = None if deadline.passed else adapted(here, plan, deadline, draw)
        if found is None:
            return
        better, plan = settling.settled(*found, deadline), found[1]
        if better is not None:
            yield better
            if not unfair_pairs(better, simple):
                return
            plan = _planned(problem, better)
        short = _short(here, _given(here, plan) if better is None else _scored(here, better))
        if short:
            worst = max(short, key=lambda pair: (short[pair], pair))
            here = replace(here, orders=tuple(order for order in here.orders if (order.give, order.want) != worst))
        else:  # integers have no room for what is fair as a plan: another one
            cheaper = {pair: replace(floor, penalty=floor.penalty / DEARER) for pair, floor in here.floors.items()}
            here = replace(here, floors=cheaper)


def _short(problem: Problem, given: Mapping[DirectedPair, float]) -> dict[DirectedPair, float]:
    """How much less than their floor pairs get, where they do."""
    less = {pair: problem.floors[pair].score - got for pair, got in given.items() if pair in problem.floors}
    return {pair: missing for pair, missing in less.items() if missing > 0.0}


def _scored(problem: Problem, batch: Verified) -> dict[DirectedPair, float]:
    """What pairs get in the batch, measured."""
    return {pair: score / problem.market.whole for pair, score in batch.score.pairs.items()}


def _given(problem: Problem, plan: Plan) -> dict[DirectedPair, float]:
    """What pairs get in the plan."""
    given: defaultdict[DirectedPair, float] = defaultdict(float)
    for order in problem.orders:
        if fill := plan.fills.get(order.id, 0.0):
            given[order.give, order.want] += fill * order_surplus(order, problem.rate(order, plan.prices))
    return given


def _planned(problem: Problem, batch: Verified) -> Plan:
    """The batch as a plan."""
    unit, solution = problem.market.unit, batch.solution
    orders = {order.id: order for order in problem.orders}
    fills = {
        fill.order: (fill.executed + fill.fee * order.sells) / order.record.remaining
        for fill in solution.fills
        if (order := orders.get(fill.order)) is not None
    }
    flows: defaultdict[tuple[str, AssetId, AssetId], float] = defaultdict(float)
    for swap in solution.interactions:
        flows[swap.venue, swap.asset_in, swap.asset_out] += swap.amount_in * unit[swap.asset_in]
    return Plan(fills, flows, _measured(problem, batch), batch.score.net / problem.market.whole)


def _measured(problem: Problem, batch: Verified) -> dict[AssetId, float]:
    """The batch's prices per measured unit, around 1."""
    unit = problem.market.unit
    found = {
        asset: math.log(price) - math.log(unit[asset])
        for asset, price in batch.solution.prices.items()
        if asset in unit
    }
    middle = (min(found.values()) + max(found.values())) / 2.0
    return {asset: math.exp(value - middle) for asset, value in found.items()}


def raised(problem: Problem, batch: Verified, unfair: set[DirectedPair], out: set[DirectedPair]) -> Problem:
    """Better terms for pairs that fell short; those that did too often are ``out``."""
    terms: dict[tuple[AssetId, AssetId], Floor] = {}
    for pair, floor in problem.floors.items():
        if pair in out:
            continue
        if pair in unfair:
            nearly = batch.score.pairs[pair] / problem.market.whole > 0.9 * floor.score
            margin = floor.margin + (MORE_MARGIN if nearly else 0.0)
            terms[pair] = Floor(floor.score, margin, floor.penalty * DEARER)
        else:
            terms[pair] = floor
    orders = tuple(order for order in problem.orders if (order.give, order.want) not in out)
    return replace(problem, orders=orders, floors=terms)
