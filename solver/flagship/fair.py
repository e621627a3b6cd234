"""Batches that stand beside rivals: no pair worth less than the best bid for that pair alone (CIP-67).

Prices can hand surplus from pair to pair at next to no loss, so most pairs can be given what rivals offer them:
a floor per pair, and a price for falling short that rises while a pair does. A pair that stays short through
several rounds is left to rivals, with all its orders, and to bids of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from intents.assets import AssetId
from settlement.verified import DirectedPair, Verified
from solver.flagship.bidding import floors, unfair_pairs
from solver.flagship.plan import Floor, Problem
from solver.flagship.search import pursue, shaken
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
#: Rounds that mend a given batch, the share of the time left for each, and what falling short costs in them.
MENDS: Final = 3
MEND_SHARE: Final = 0.5
MENDING: Final = 16.0


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


def mended(
    settling: Settling, problem: Problem, batch: Verified, simple: Sequence[Verified], deadline: Deadline
) -> Iterator[Verified]:
    """Verified batches near ``batch``, to fair ones: at prices that give its pairs more which fall short, then
    without those pairs."""
    terms = {pair: Floor(score, penalty=MENDING) for pair, score in floors(simple, problem.market.whole).items()}
    prices = _measured(problem, batch)
    draw = Random(deadline.seed)
    out: set[DirectedPair] = set()
    unfair = unfair_pairs(batch, simple)
    for _ in range(MENDS):
        here = replace(
            problem,
            orders=tuple(order for order in problem.orders if (order.give, order.want) not in out),
            floors={pair: floor for pair, floor in terms.items() if pair not in out},
        )
        found = None if deadline.passed else pursue(here, prices, deadline.part(MEND_SHARE), draw)
        better = None if found is None else settling.settled(*found, deadline)
        if better is not None:
            yield better
            unfair = unfair_pairs(better, simple)
            if not unfair:
                return
        out |= unfair


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
