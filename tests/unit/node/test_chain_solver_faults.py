"""What solvers can do wrong, over the real chain: the exact penalty, the time out, and who wins instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.canonical import Value, pack
from intents.intent import Leg
from intents.records import replace
from intents.signing import SigningKey
from node.chain.app import ChainApp
from node.chain.genesis import build, network_of
from node.chain.items import Commit, Reveal, encode_item, item_id, seal_of
from node.chain.transition import IDLE_AUCTIONS, Effects
from node.solving import SolverKey, sealed
from settlement.ledger.accounts import REWARDS, bond_of
from settlement.ledger.admission import USED
from settlement.ledger.books import BALANCES, check_all
from settlement.ledger.orders import ORDERS, OrderState
from settlement.penalties import Fault
from settlement.solution import Solution
from settlement.solution_codec import encode_solution
from tests.ledgers import OWNERS, SOLVER, WHOLE, A, B, Minter, genesis, holder, item
from tests.unit.node.test_chain_app import answers, step

RIVAL = SigningKey.from_seed(b"r" * 32)
BOND, RIVALS_BOND = 10 * WHOLE, 8 * WHOLE
GENESIS = replace(genesis(), bonds={holder(SOLVER): ("solver", BOND), holder(RIVAL): ("rival", RIVALS_BOND)})
MINT = Minter(network_of(GENESIS))
ANN, BOB = OWNERS[0], OWNERS[1]
SALT = b"salt" * 8
NAMES = {SOLVER.public: "solver", RIVAL.public: "rival"}


def chain() -> ChainApp:
    """One validator, two bonded solvers, two intents that fit each other."""
    found = ChainApp(build(GENESIS), lambda key, digest, signature: True)
    found.add(item(MINT.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))))
    found.add(item(MINT.intent(BOB, 1, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE))))
    return found


@dataclass(frozen=True)
class Answer:
    """What a solver hands in: its seals, and what it opens."""

    seals: tuple[bytes, ...]
    reveals: tuple[bytes, ...]


def honest(node: ChainApp, who: SigningKey) -> Answer:
    return _sealing(node, who, answers(node))


def _sealing(node: ChainApp, who: SigningKey, solutions: Sequence[Solution]) -> Answer:
    both = sealed(node.network, SolverKey(who.public, SALT, who.sign), node.auction, solutions)
    assert both is not None
    return Answer((both[0],), (both[1],))


def silent(node: ChainApp, who: SigningKey) -> Answer:
    """Seals and does not open."""
    return replace(honest(node, who), reveals=())


def mismatching(node: ChainApp, who: SigningKey) -> Answer:
    """Opens to something else than it sealed."""
    made = Reveal(node.auction, who.public, SALT, pack([]))
    return replace(honest(node, who), reveals=(_signed(node, who, made),))


def greedy(node: ChainApp, who: SigningKey) -> Answer:
    """The best score of all, by selling what nobody has."""
    found = [
        replace(s, fills=tuple(replace(fill, executed=100 * fill.executed) for fill in s.fills))
        for s in answers(node)
    ]
    return _sealing(node, who, found)


def _packed(solutions: Value) -> Callable[[ChainApp, SigningKey], Answer]:
    def make(node: ChainApp, who: SigningKey) -> Answer:
        return raw(node, who, pack(solutions))

    return make


def raw(node: ChainApp, who: SigningKey, data: bytes) -> Answer:
    """Any bytes, sealed and opened by the rules."""
    seal = seal_of(node.network, node.auction, who.public, SALT, data)
    return Answer(
        (_signed(node, who, Commit(node.auction, who.public, seal)),),
        (_signed(node, who, Reveal(node.auction, who.public, SALT, data)),),
    )


def double(node: ChainApp, who: SigningKey) -> Answer:
    """Two seals, one of them opened: it could choose which after seeing the others."""
    one, other = honest(node, who), raw(node, who, pack([]))
    return Answer((*one.seals, *other.seals), one.reveals)


def _signed(node: ChainApp, who: SigningKey, made: Commit | Reveal) -> bytes:
    return encode_item(replace(made, signature=who.sign(made.signed(node.network))))


Act = Callable[[ChainApp, SigningKey], Answer]


def auction(node: ChainApp, acts: dict[SigningKey, Act]) -> tuple[Effects, Effects]:
    """One auction's three heights; what SEAL and SETTLE did."""
    step(node)
    made = [act(node, who) for who, act in acts.items()]
    for answer in made:
        for seal in answer.seals:
            node.add(seal)
    sealing = step(node)
    for answer in made:
        for reveal in answer.reveals:
            node.add(reveal)
    settling = step(node)
    check_all(node.state)
    return sealing, settling


def bond(node: ChainApp, who: SigningKey) -> int:
    return node.state.get(BALANCES, (bond_of(holder(who)), A)) or 0


def winners(effects: Effects) -> list[str]:
    assert effects.settlement is not None
    return [winner.solution.solver for winner in effects.settlement.settled]


def states(node: ChainApp) -> set[OrderState]:
    return {order.state for order in node.state.rows(ORDERS).values()}


#: What is done, the faults told, and the part of the bond that is left.
FAULTS: list[tuple[Act, list[Fault], int]] = [
    (silent, [Fault.NO_REVEAL], BOND * 9 // 10),
    (mismatching, [Fault.NO_REVEAL], BOND * 9 // 10),
    (greedy, [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (_packed("not a list"), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (_packed([b"not a solution"]), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (_packed([7]), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (_packed([None]), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (_packed([[b"x"]]), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (lambda node, who: raw(node, who, b""), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (lambda node, who: raw(node, who, b"\xc1\xff"), [Fault.INVALID_REVEAL], BOND * 3 // 4),
    (double, [Fault.EQUIVOCATION], 0),
]


@pytest.mark.parametrize(("act", "faults", "left"), FAULTS)
def test_a_fault_costs_exactly_its_penalty_and_the_next_best_wins(
    act: Act, faults: list[Fault], left: int
) -> None:
    """The rival's bond is whole, its answer settles; the penalty goes to where rewards are paid from."""
    node = chain()
    before = node.state.get(BALANCES, (REWARDS, A)) or 0
    _, settling = auction(node, {SOLVER: act, RIVAL: honest})
    told = settling.slashed["solver"]
    assert (list(told.faults), told.amount) == (faults, BOND - left)
    assert (bond(node, SOLVER), bond(node, RIVAL)) == (left, RIVALS_BOND)
    assert winners(settling) == ["rival"]
    assert settling.settlement is not None
    paid = sum(settling.settlement.rewards.values())
    assert (node.state.get(BALANCES, (REWARDS, A)) or 0) == before + BOND - left - paid
    assert states(node) == {OrderState.SETTLED}


@pytest.mark.parametrize(("act", "faults", "left"), FAULTS)
def test_where_none_is_valid_the_settlement_is_empty_and_intents_roll_on(
    act: Act, faults: list[Fault], left: int
) -> None:
    """They rest as if nothing had been, and trade in the next auction under the very same nonces."""
    node = chain()
    before = dict(node.state.rows(USED))
    balances = {
        account: amount for account, amount in node.state.rows(BALANCES).items() if account[0].kind == "owner"
    }
    _, settling = auction(node, {SOLVER: act})
    assert winners(settling) == []
    assert states(node) == {OrderState.BATCHED}
    after = {
        account: amount for account, amount in node.state.rows(BALANCES).items() if account[0].kind == "owner"
    }
    assert after == balances
    assert len(node.state.rows(USED)) == len(before) + 2
    _, settling = auction(node, {RIVAL: honest})
    assert winners(settling) == ["rival"]
    assert states(node) == {OrderState.SETTLED}


def test_who_was_slashed_sits_out_and_then_may_answer_again() -> None:
    """Its seals are refused by name for so many auctions."""
    node = chain()
    auction(node, {SOLVER: silent})
    refused = 0
    for _ in range(IDLE_AUCTIONS + 1):
        sealing, settling = auction(node, {SOLVER: honest})
        if sealing.refused:
            assert list(sealing.refused.values()) == ["seal.not-bonded"]
            assert winners(settling) == []
            assert bond(node, SOLVER) == BOND * 9 // 10
            refused += 1
        else:
            assert winners(settling) == ["solver"]
            break
    assert refused == IDLE_AUCTIONS - 1
    assert states(node) == {OrderState.SETTLED}


def test_a_bond_below_the_minimum_bars_from_the_next_auction_on() -> None:
    """The minimum is five: after the whole bond is gone there is nothing to answer with."""
    node = chain()
    auction(node, {SOLVER: double})
    for _ in range(IDLE_AUCTIONS + 2):
        sealing, _ = auction(node, {SOLVER: honest})
        assert list(sealing.refused.values()) == ["seal.not-bonded"]


def test_two_at_fault_in_one_auction_are_both_slashed() -> None:
    """Each by its own bond."""
    node = chain()
    _, settling = auction(node, {SOLVER: greedy, RIVAL: silent})
    assert {name: found.amount for name, found in settling.slashed.items()} == {
        "solver": BOND // 4,
        "rival": RIVALS_BOND // 10,
    }
    assert winners(settling) == []


def test_who_answers_as_sealed_loses_nothing_even_when_others_win() -> None:
    """Only faults cost."""
    node = chain()
    _, settling = auction(node, {SOLVER: honest, RIVAL: honest})
    assert settling.slashed == {}
    assert (bond(node, SOLVER), bond(node, RIVAL)) == (BOND, RIVALS_BOND)


def test_a_reveal_of_another_auction_or_of_nothing_sealed_is_refused() -> None:
    """It is taken in only if many vouch for it; it changes nothing, and costs nobody anything."""
    node = chain()
    step(node)
    old = honest(node, RIVAL)
    step(node)
    for reveal in old.reveals:
        assert not node.add(reveal)
        node.missing.add(item_id(reveal))
        assert node.add(reveal)
    settling = step(node)
    assert list(settling.refused.values()) == ["reveal.nothing-sealed"]
    assert settling.slashed == {}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_bytes_a_solver_reveals_no_node_falls_over_them(data: st.DataObject) -> None:
    """A good answer with bytes changed: it is settled, or slashed, or refused; the rival's stands or wins."""
    node = chain()

    def spoilt(node: ChainApp, who: SigningKey) -> Answer:
        good = bytearray(pack([encode_solution(found) for found in answers(node)]))
        for _ in range(data.draw(st.integers(1, 3))):
            good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
        return raw(node, who, bytes(good))

    _, settling = auction(node, {SOLVER: spoilt, RIVAL: honest})
    assert winners(settling)
    assert node.auction == 2
