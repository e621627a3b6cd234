"""Prices are found for every plan: fills that are rounded leave room for it."""

from __future__ import annotations

from random import Random

import pytest

from intents.auction import Auction
from settlement.verify import Verifier
from solver.flagship.market import measure
from solver.flagship.prepare import prepare
from solver.flagship.search import plans
from solver.flagship.settling import Settling
from solver.protocol import Deadline
from tests.solver_worlds import auction, pool, swap

ORDERS = 12


def market(size: int, seed: int) -> Auction:
    """Orders of a few times ``size`` units among three assets, with three pools a thousand times as deep."""
    draw = Random(seed)
    orders = []
    for number in range(1, ORDERS + 1):
        sold, bought = draw.sample("ABC", 2)
        amount = int(size * draw.uniform(0.5, 5))
        least = int(amount * (1 - draw.uniform(0.0, 0.012)))
        orders.append(swap(number, sold, amount, bought, least, partial=draw.random() < 0.8))
    pools = [
        pool("ab", "A", 1_000 * size, "B", (1_000 + seed) * size),
        pool("bc", "B", 800 * size, "C", 800 * size),
        pool("ac", "A", 900 * size, "C", 905 * size),
    ]
    return auction(orders, pools)


@pytest.mark.parametrize("size", [10**5, 10**6, 10**7])
@pytest.mark.parametrize("seed", range(5))
def test_no_plan_fails_for_the_last_unit(size: int, seed: int) -> None:
    """Where units are coarse and nobody pays a fee, what fills lose by rounding is kept in hand beforehand."""
    drawn, deadline = market(size, seed), Deadline.work(100_000)
    settling = Settling(Verifier(drawn), "walras")
    problem = prepare(measure(drawn, "walras"), deadline)
    settled = [settling.settled(*found, Deadline.work(50_000)) for found in plans(problem, deadline)]
    assert settled
    assert None not in settled
