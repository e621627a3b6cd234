"""Who may still answer an auction, and when nobody needs to be waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.canonical import pack
from intents.intent import Leg
from node.chain.answers import awaited
from node.chain.app import ChainApp
from node.chain.blocks import Phase
from node.chain.genesis import build
from node.chain.items import item_id
from node.chain.reading import read_item
from node.solving import SolverKey, sitting_out
from settlement.ledger.bonds import SOLVERS, Bonded
from tests.ledgers import SOLVER, WHOLE, A, B, holder, item
from tests.unit.node.test_chain_app import step
from tests.unit.node.test_chain_solver_faults import (
    ANN,
    BOB,
    GENESIS,
    MINT,
    RIVAL,
    Answer,
    chain,
    double,
    honest,
    mismatching,
    raw,
    winners,
)


def sealing() -> ChainApp:
    """After BATCH: two solvers may seal."""
    node = chain()
    assert not node.complete(0)
    step(node)
    return node


def settling(*kinds: str) -> tuple[ChainApp, list[Answer]]:
    """After SEAL, with answers of both solvers, double ones where ``kinds`` says so."""
    node = sealing()
    made = [
        (double if kind == "double" else honest)(node, who)
        for kind, who in zip(kinds, (SOLVER, RIVAL), strict=True)
    ]
    for answer in made:
        for seal in answer.seals:
            node.add(seal)
    step(node)
    return node, made


def test_chain_a_seal_of_each_solver_completes_seal() -> None:
    """One of two is not enough; the second is."""
    node = sealing()
    assert awaited(node.state, Phase.SEAL) == {SOLVER.public, RIVAL.public}
    assert not node.complete(1)
    node.add(honest(node, SOLVER).seals[0])
    assert not node.complete(1)
    node.add(honest(node, RIVAL).seals[0])
    assert node.complete(1)


@pytest.mark.parametrize("now", [Bonded("rival", idle_until=9), Bonded("rival", leaving_at=3)])
def test_chain_nobody_waits_for_a_solver_that_may_not_seal(now: Bonded) -> None:
    """Idle or leaving: its seal would be refused."""
    node = sealing()
    draft = node.state.draft()
    draft.set(SOLVERS, holder(RIVAL), now)
    draft.commit()
    assert awaited(node.state, Phase.SEAL) == {SOLVER.public}
    node.add(honest(node, SOLVER).seals[0])
    assert node.complete(1)


def test_chain_what_opens_every_seal_completes_settle() -> None:
    """Only that: a word that opens nothing leaves its solver time to find the right one."""
    node, (one, other) = settling("honest", "honest")
    assert not node.complete(2)
    node.add(one.reveals[0])
    assert not node.complete(2)
    node.add(mismatching(node, RIVAL).reveals[0])
    assert not node.complete(2)
    node.add(other.reveals[0])
    assert node.complete(2)


def test_chain_an_early_word_that_opens_nothing_makes_room_for_the_right_one() -> None:
    """Who is a block behind cannot tell yet; once it can, the solver is waited for."""
    node = sealing()
    made = honest(node, SOLVER)
    for early in (made.seals[0], mismatching(node, SOLVER).reveals[0]):
        assert node.add(early)
    step(node)
    assert not node.complete(2)
    assert node.add(made.reveals[0])
    assert node.complete(2)


def test_chain_an_answer_that_is_here_is_no_stranger() -> None:
    """Though there is no room for another: whoever hands it on once more has done nothing wrong."""
    node, (one, other) = settling("honest", "honest")
    node.add(one.reveals[0])
    for reveal in (one.reveals[0], other.reveals[0]):
        assert node.welcome(read_item(reveal, node.network), item_id(reveal))
    another = mismatching(node, SOLVER).reveals[0]
    assert not node.welcome(read_item(another, node.network), item_id(another))


def test_chain_two_seals_need_no_opening() -> None:
    """They are void: nothing is awaited of that solver."""
    node, (one, _) = settling("honest", "double")
    assert awaited(node.state, Phase.SETTLE) == {SOLVER.public}
    node.add(one.reveals[0])
    assert node.complete(2)


def test_chain_without_seals_nothing_is_waited_for_in_settle() -> None:
    """Nobody sealed: no word can come that the block would take."""
    node = sealing()
    step(node)
    assert node.complete(2)


def test_chain_without_solvers_seal_runs_whole() -> None:
    """Orders that nobody answers are no reason to hurry from batch to batch."""
    node = ChainApp(build(replace(GENESIS, bonds={})), lambda key, digest, signature: True)
    network = replace(MINT, network=node.network)
    node.add(item(network.intent(ANN, 1, Leg(A, WHOLE), Leg(B, WHOLE))))
    step(node)
    assert not node.complete(1)


def test_chain_an_empty_batch_ends_early_for_whoever_waits() -> None:
    """Nobody waits for the next: SEAL's window runs whole. Somebody does: it ends."""
    node = ChainApp(build(GENESIS), lambda key, digest, signature: True)
    step(node)
    assert not node.complete(1)
    node.add(item(MINT.intent(BOB, 1, Leg(B, WHOLE), Leg(A, WHOLE))))
    assert node.complete(1)
    step(node)
    assert node.complete(2)
    step(node)
    assert not node.complete(3)


def test_chain_nobody_opens_what_nobody_sealed() -> None:
    """Of a batch without orders: though nobody waits for the next, no seal means no wait for its opening."""
    node = ChainApp(build(GENESIS), lambda key, digest, signature: True)
    step(node)
    step(node)
    assert node.complete(2)


def test_chain_a_full_batch_ends_its_window() -> None:
    """As many wait as a batch takes: one fewer leaves time for the last."""
    genesis = replace(GENESIS, rules=replace(GENESIS.rules, max_orders=3))
    node = ChainApp(build(genesis), lambda key, digest, signature: True)
    network = replace(MINT, network=node.network)
    for nonce in (1, 2, 3):
        assert not node.complete(0)
        node.add(item(network.intent(BOB, nonce, Leg(B, WHOLE), Leg(A, WHOLE))))
    assert node.complete(0)
    step(node)
    assert not node.complete(3)


def test_chain_who_sealed_for_an_empty_batch_has_its_time_to_open() -> None:
    """Though others wait for the next: an opening that is due is not cut off, and its absence a fault."""
    node = ChainApp(build(GENESIS), lambda key, digest, signature: True)
    step(node)
    made = raw(node, SOLVER, pack([]))
    node.add(made.seals[0])
    node.add(item(MINT.intent(BOB, 1, Leg(B, WHOLE), Leg(A, WHOLE))))
    assert node.complete(1)
    step(node)
    assert not node.complete(2)
    node.add(made.reveals[0])
    assert node.complete(2)
    assert step(node).slashed == {}


def test_chain_answers_of_an_auction_gone_by_complete_nothing() -> None:
    """The next auction awaits its own."""
    node, made = settling("honest", "honest")
    for answer in made:
        node.add(answer.reveals[0])
    step(node)
    step(node)
    assert node.auction == 2
    assert not node.complete(4)


def test_chain_who_sits_out_is_not_waited_for_and_owes_nothing() -> None:
    """The other's seal and opening complete the heights; nobody is slashed, and the other wins."""
    node = sealing()
    node.add(sitting_out(node.network, SolverKey(RIVAL.public, RIVAL.public, RIVAL.sign), node.auction))
    assert not node.complete(1)
    made = honest(node, SOLVER)
    node.add(made.seals[0])
    assert node.complete(1)
    assert not step(node).refused
    assert awaited(node.state, Phase.SETTLE) == {SOLVER.public}
    node.add(made.reveals[0])
    assert node.complete(2)
    settled = step(node)
    assert winners(settled) == ["solver"]
    assert settled.slashed == {}
