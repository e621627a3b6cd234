"""Solvers that keep silent auction after auction, and answers that come while a node is behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from intents.intent import Leg
from intents.signing import SigningKey
from node.agreement.messages import Seen
from node.chain.answers import ALL_AWAITED_EVERY, SILENT_AUCTIONS
from node.chain.app import ChainApp
from node.chain.blocks import Phase
from node.chain.genesis import build, network_of
from node.chain.items import item_id
from node.solving import SolverKey, sitting_out
from settlement.ledger.rules import Rules
from tests.ledgers import OWNERS, SOLVER, WHOLE, A, B, Minter, genesis, item
from tests.unit.node.test_chain_app import step
from tests.unit.node.test_chain_solver_faults import GENESIS, RIVAL, raw

ANN = OWNERS[0]
#: Nobody reports prices, so none grows stale.
PLAIN = replace(GENESIS, rules=Rules(bytes(32), A, min_bond=WHOLE))
MINT = Minter(network_of(PLAIN))
#: One that is not a multiple of ``ALL_AWAITED_EVERY``.
FIRST = 1


def fresh() -> ChainApp:
    """Two bonded solvers."""
    return ChainApp(build(PLAIN), lambda key, digest, signature: True)


def seal(node: ChainApp, who: SigningKey) -> bytes:
    return sitting_out(node.network, SolverKey(who.public, who.public, who.sign), node.auction)


def order(node: ChainApp) -> bytes:
    """One that nobody can serve."""
    return item(MINT.intent(ANN, node.auction, Leg(A, WHOLE), Leg(B, 9 * WHOLE)))


def auction(node: ChainApp, *sealing: SigningKey) -> bool:
    """One whole auction in which these seal; whether SEAL waited for nobody else."""
    node.add(order(node))
    step(node)
    for who in sealing:
        assert node.add(seal(node, who))
    complete = node.complete(node.height + 1)
    step(node)
    step(node)
    return complete


def auctions(node: ChainApp, until: int, *sealing: SigningKey) -> list[int]:
    """Auctions, up to ``until``, in which SEAL waited for nobody but those sealing."""
    found = []
    while (now := node.auction) < until:
        if auction(node, *sealing):
            found.append(now)
    return found


def waited(complete: Collection[int], until: int) -> list[int]:
    return [number for number in range(FIRST, until) if number not in complete]


def test_chain_a_solver_silent_for_auctions_on_end_is_waited_for_now_and_then() -> None:
    """Three windows run whole for it, and of those after them every eighth auction's."""
    node, until = fresh(), 2 * ALL_AWAITED_EVERY + 2
    complete = auctions(node, until, SOLVER)
    silent = list(range(FIRST, FIRST + SILENT_AUCTIONS))
    assert waited(complete, until) == [*silent, ALL_AWAITED_EVERY, 2 * ALL_AWAITED_EVERY]


def test_chain_who_answers_again_is_waited_for_again() -> None:
    """One seal in a block is enough, in whatever auction."""
    node = fresh()
    auctions(node, 5, SOLVER)
    assert auction(node, SOLVER, RIVAL)
    assert auctions(node, 9, SOLVER) == []
    assert auction(node, SOLVER)


def test_chain_where_all_are_silent_seal_runs_whole() -> None:
    """Nobody is left to be waited for: that is no reason to hurry from batch to batch."""
    node = fresh()
    assert auctions(node, ALL_AWAITED_EVERY) == []


def test_chain_who_was_not_asked_was_not_silent() -> None:
    """A batch without orders asks nobody."""
    node = fresh()
    for _ in range(3 * 4):
        step(node)
    assert not auction(node, SOLVER)


def a_settlement_apart() -> tuple[ChainApp, ChainApp]:
    """One whose next block seals, and one that has the settlement before, and BATCH, still to come."""
    ahead, behind = fresh(), fresh()
    for node in (ahead, behind):
        step(node)
        step(node)
    step(ahead)
    step(ahead)
    return ahead, behind


def test_chain_an_answer_for_the_next_auction_outlives_the_settlement_before() -> None:
    """A node that is behind gets it early: it is here when its height comes, and counted once."""
    ahead, behind = a_settlement_apart()
    early, stale = seal(ahead, SOLVER), seal(behind, RIVAL)
    assert behind.add(early)
    assert behind.add(stale)
    step(behind)
    assert list(behind.waiting[Phase.SEAL]) == [item_id(early)]
    behind.add(order(behind))
    step(behind)
    assert not behind.complete(4)
    assert behind.add(seal(behind, RIVAL))
    assert behind.complete(4)


def test_chain_an_early_answer_still_counts_among_those_of_its_solver() -> None:
    """Two seals are taken of one solver in one auction, whenever they come."""
    ahead, behind = a_settlement_apart()
    assert behind.add(seal(ahead, SOLVER))
    step(behind)
    assert behind.add(raw(behind, SOLVER, b"one").seals[0])
    assert not behind.add(raw(behind, SOLVER, b"two").seals[0])


def test_chain_what_more_than_a_third_vouch_for_is_lacked_until_it_is_here() -> None:
    """One of four is not enough; and once a new statement comes all are looked at again."""
    four = genesis(validators=4)
    node, mint = ChainApp(build(four), lambda key, digest, signature: True), Minter(network_of(four))
    items = [item(mint.intent(ANN, number, Leg(A, WHOLE), Leg(B, WHOLE))) for number in (1, 2)]
    one, two = map(item_id, items)
    said = [Seen(0, (one,), 0), Seen(0, (one, two), 1), Seen(0, (two,), 2)]
    assert not node.lacks(0, said[:1])
    assert node.lacks(0, said[:2])
    assert node.missing == {one}
    node.add(items[0])
    assert not node.lacks(0, said[:2])
    assert node.lacks(0, said)
    node.add(items[1])
    assert not node.lacks(0, said)
