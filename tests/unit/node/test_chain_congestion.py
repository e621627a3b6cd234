"""Batches that solvers do not get through: later ones are smaller, and everybody works out the same ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.intent import Leg
from intents.signing import SigningKey
from node.chain.app import ChainApp
from node.chain.genesis import build
from node.chain.tables import chain_of
from node.solving import SolverKey, sealed, sitting_out
from settlement.ledger.auction import auction_of
from settlement.ledger.congestion import LEAST_ROOM, ROOM, room_of
from settlement.ledger.rules import rules_of
from solver.protocol import Deadline
from solver.registry import built_in
from tests.ledgers import OWNERS, SOLVER, WHOLE, A, B, item
from tests.unit.node.test_chain_app import step
from tests.unit.node.test_chain_solver_faults import ANN, BOB, GENESIS, MINT, RIVAL, Answer, honest

PAIRS = 60
MAX_ORDERS = 4 * PAIRS
KEY = SolverKey(SOLVER.public, SOLVER.public, SOLVER.sign)


def crowded(max_orders: int = MAX_ORDERS) -> ChainApp:
    """Two solvers are bonded; 120 intents, which fit each other by twos, are in the batch."""
    genesis = replace(GENESIS, rules=replace(GENESIS.rules, max_orders=max_orders))
    node = ChainApp(build(genesis), lambda key, digest, signature: True)
    mint = replace(MINT, network=node.network)
    for nonce in range(PAIRS):
        node.add(item(mint.intent(ANN, nonce, Leg(A, WHOLE // 10), Leg(B, WHOLE // 25))))
        node.add(item(mint.intent(BOB, nonce, Leg(B, WHOLE // 20), Leg(A, WHOLE // 12))))
    step(node)
    assert node.batch is not None
    assert len(node.batch.orders) == min(2 * PAIRS, max_orders)
    return node


def size_of_next(node: ChainApp) -> int:
    """SEAL and SETTLE as they stand, then the next auction's BATCH."""
    step(node)
    step(node)
    step(node)
    assert node.batch is not None
    return len(node.batch.orders)


def trifling(node: ChainApp, who: SigningKey) -> Answer:
    """An answer that fills two intents of all."""
    assert node.batch is not None
    first = {order.intent.owner: order for order in node.batch.orders}
    few = replace(node.batch, orders=tuple(sorted(first.values(), key=lambda order: order.id)))
    found = list(built_in("naive").solve(few, Deadline.work(1_000)))
    both = sealed(node.network, SolverKey(who.public, bytes(32), who.sign), node.auction, found)
    assert both is not None
    return Answer((both[0],), (both[1],))


def test_two_batches_that_nobody_answers_halve_the_next() -> None:
    """120 twice, then 64: fewer intents are never too many."""
    node = crowded()
    assert [size_of_next(node) for _ in range(3)] == [2 * PAIRS, LEAST_ROOM, LEAST_ROOM]


def test_the_batch_under_way_stays_as_it_was_fixed() -> None:
    """Whoever works it out from the state after SEAL finds the auction that BATCH fixed, to the byte."""
    node = crowded()
    size_of_next(node)
    fixed = node.batch
    step(node)
    assert len(node.state.rows(ROOM)) == 2
    state = node.state
    assert auction_of(state, rules_of(state), node.auction, chain_of(state).seed) == fixed


def test_who_ran_out_of_time_has_not_answered() -> None:
    """Its word ends the window as any other, and makes batches smaller."""
    node = crowded()
    for _ in range(2):
        node.add(sitting_out(node.network, KEY, node.auction, out_of_time=True))
        assert not step(node).refused
        step(node)
        step(node)
    assert room_of(node.state, rules_of(node.state)) == LEAST_ROOM


@pytest.mark.parametrize("kind", ["nothing", "answer"])
@pytest.mark.parametrize(("who", "room"), [(SOLVER, MAX_ORDERS), (RIVAL, LEAST_ROOM)])
def test_the_word_of_most_bonds_alone_is_an_answer(who: SigningKey, room: int, kind: str) -> None:
    """Nothing to offer is one, too: no batch was too large for whoever says it. The rival has 8 of 18 bonded."""
    node = crowded()
    for _ in range(2):
        made = trifling(node, who)
        key = SolverKey(who.public, who.public, who.sign)
        node.add(made.seals[0] if kind == "answer" else sitting_out(node.network, key, node.auction))
        assert not step(node).refused
        if kind == "answer":
            node.add(made.reveals[0])
        step(node)
        step(node)
    assert room_of(node.state, rules_of(node.state)) == room


def test_a_batch_of_which_half_is_done_away_with_was_not_too_large() -> None:
    """The rival alone gets through the second one, and fills every intent."""
    node = crowded()
    size_of_next(node)
    assert node.state.rows(ROOM)
    made = honest(node, RIVAL)
    node.add(made.seals[0])
    step(node)
    node.add(made.reveals[0])
    step(node)
    assert not node.state.rows(ROOM)


def test_without_solvers_no_batch_is_too_large() -> None:
    """There is nobody who could have answered a smaller one."""
    genesis = replace(GENESIS, bonds={})
    node = ChainApp(build(genesis), lambda key, digest, signature: True)
    mint = replace(MINT, network=node.network)
    for nonce in range(100):
        node.add(item(mint.intent(OWNERS[0], nonce, Leg(A, WHOLE // 10), Leg(B, WHOLE // 25))))
    step(node)
    step(node)
    assert not node.state.rows(ROOM)


def test_a_short_batch_ends_its_window_when_it_is_full() -> None:
    """As many intents as it takes now, not as the rules allow at most."""
    node = crowded()
    size_of_next(node)
    step(node)
    step(node)
    mint = replace(MINT, network=node.network)
    for nonce in range(LEAST_ROOM):
        assert not node.complete(6)
        node.add(item(mint.intent(ANN, 100 + nonce, Leg(A, WHOLE // 10), Leg(B, WHOLE // 25))))
    assert node.complete(6)
