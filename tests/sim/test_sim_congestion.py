"""A network whose solvers do not get through batches as large as they are, and one that plays with that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from intents.auction import Auction
from node.chain.blocks import Phase, phase_of
from node.machine import Commit
from settlement.ledger.congestion import LEAST_ROOM
from settlement.ledger.orders import ORDERS, OrderState
from settlement.solution import Solution
from sim.campaign_market import BOND, genesis_of, solvers, solving
from sim.cluster import Cluster, Member, Solving
from sim.kernel import Kernel
from sim.links import LinkModel, Links
from tests.agreement_worlds import TIMEOUTS
from tests.pool_traders import intent

#: The window has 150 ms: 75 intents are the most that an honest solver gets through.
US_PER_INTENT = 2_000
INTENTS = 400
AUCTIONS = 16
END_US = 10**12
HONEST, OTHER = ("naive", "baseline"), "lying"


def honest(auction: Auction) -> tuple[Sequence[Solution], int]:
    took_us = US_PER_INTENT * len(auction.orders)
    return (solving("naive")(auction)[0] if took_us < 150_000 else ()), took_us


def zeros(auction: Auction) -> tuple[Sequence[Solution], int]:
    """Nothing to offer, at once."""
    return (), 0


def trifles(auction: Auction) -> tuple[Sequence[Solution], int]:
    """One small trade of many, at once."""
    few = replace(auction, orders=auction.orders[:1])
    return solving("naive")(few)[0], 0


def silence(auction: Auction) -> tuple[Sequence[Solution], int]:
    return (), 10**9


def run(others: Solving, deviating: Solving) -> tuple[list[int], int]:
    """How many intents each batch had, and how many have traded in the end. Of three equal bonds two
    are of those who answer like ``others``."""
    kernel, genesis = Kernel(1), genesis_of(1)
    bonds = {b"\0" + solvers()[name].public: (name, BOND) for name in (*HONEST, OTHER)}
    ways = [(solvers()[name], others) for name in HONEST]
    cluster = Cluster(
        kernel,
        Links(kernel, LinkModel(1_000, 1_000), END_US),
        replace(genesis, bonds=bonds),
        TIMEOUTS,
        solvers=dict(enumerate([*ways, (solvers()[OTHER], deviating)], 1)),
        followers=3,
    )
    found: list[int] = []

    def committed(member: Member, commit: Commit) -> None:
        auction = commit.applied.effects.auction
        if member.index == 0 and phase_of(commit.height) is Phase.BATCH and auction is not None:
            found.append(len(auction.orders))

    cluster.committed = committed
    network = cluster.members[0].machine.app.network
    cluster.start()
    for number in range(INTENTS):
        cluster.submit(0, intent(network, number))
    kernel.run(END_US, lambda: len(found) > AUCTIONS)
    orders = cluster.members[0].machine.app.state.rows(ORDERS).values()
    return found[:AUCTIONS], sum(order.state is OrderState.SETTLED for order in orders)


@pytest.mark.parametrize("deviating", [zeros, trifles, silence])
def test_one_solver_of_three_does_not_keep_batches_too_large(deviating: Solving) -> None:
    """Whether it claims to have got through, or trades a trifle: they shrink until the others do get through, and
    most intents trade."""
    found, traded = run(honest, deviating)
    assert found[4:6] == [LEAST_ROOM, LEAST_ROOM * 9 // 8]
    assert max(found[4:]) < 100
    assert traded > INTENTS // 2


def test_one_solver_of_three_does_not_make_batches_smaller() -> None:
    """The others get through, and find nothing: whoever says nothing alone says nothing of their size."""
    assert run(zeros, silence) == ([INTENTS] * AUCTIONS, 0)
