"""Choosing whole orders: against every subset on small markets, and bounds of flips against flips made."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from scenarios.catalog import find
from scenarios.generate import generate
from solver.flagship.flips import Flips, choose
from solver.flagship.market import measure
from solver.flagship.plan import Plan, Problem
from solver.flagship.prepare import prepare
from solver.flagship.search import climb
from solver.protocol import Deadline

LONG = Deadline.work(10**12)


def market(batch: int, count: int) -> tuple[Problem, Plan]:
    """The first whole orders of a batch with all its ladders, and a relaxed plan for prices."""
    problem = prepare(measure(generate(find("fill-or-kill"), batch), "walras"), LONG)
    whole = tuple(order for order in problem.orders if order.whole)[:count]
    problem = replace(problem, orders=whole)
    plan = climb(problem, {}, LONG)
    assert plan is not None
    return problem, plan


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_no_choice_that_balances_is_worth_more(batch: int) -> None:
    """All subsets of eight orders are tried: the search finds one of the best."""
    problem, plan = market(batch, 8)
    search = Flips(problem, plan, LONG)
    values = []
    for chosen in product((False, True), repeat=len(search.inside)):
        place = search.at(np.array(chosen) & search.inside)
        if place is not None and place.short <= 1e-9:
            values.append(place.value)
    found = list(choose(problem, plan, plan.fills, LONG, Random(0)))
    best = max(values)
    if best <= 1e-9:
        return
    value = found[-1].net + problem.market.settlement_cost
    assert value == pytest.approx(best, rel=1e-6)


def test_no_flip_gains_more_than_its_bound() -> None:
    """Duals bound every flip from above, as the value is concave."""
    problem, plan = market(2, 20)
    search = Flips(problem, plan, LONG)
    draw = Random(1)
    compared = 0
    for _ in range(10):
        chosen = np.array([draw.random() < 0.5 for _ in search.inside]) & search.inside
        place = search.at(chosen)
        assert place is not None
        for order in search.whole.tolist():
            flipped = search.flipped(place, (order,))
            assert flipped is not None
            assert flipped.value - place.value <= place.bounds[order] + 1e-6 * abs(place.value)
            compared += 1
    assert compared > 50
