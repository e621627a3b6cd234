"""The room of batches: halved by silence, given back by answers, forgotten when all is well."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from node.chain.genesis import build
from settlement.ledger.congestion import LEAST_ROOM, ROOM, answered, room_of, turn, unanswered
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.state import Draft
from tests.ledgers import genesis


def fresh(max_orders: int) -> tuple[Draft, Rules]:
    """A ledger whose batches take up to ``max_orders``."""
    found = genesis()
    draft = build(replace(found, rules=replace(found.rules, max_orders=max_orders))).draft()
    return draft, rules_of(draft)


def test_room_halves_only_when_the_auction_is_over() -> None:
    """Until then the batch that was fixed must follow from the state."""
    draft, rules = fresh(1_000)
    unanswered(draft, 800)
    unanswered(draft, 800)
    assert room_of(draft, rules) == 1_000
    turn(draft, rules)
    assert room_of(draft, rules) == 400


def test_one_batch_without_an_answer_is_a_hiccup() -> None:
    """Two are not, but only on end."""
    draft, rules = fresh(1_000)
    for _ in range(3):
        unanswered(draft, 800)
        turn(draft, rules)
        answered(draft)
        turn(draft, rules)
        assert room_of(draft, rules) == 1_000
        assert not draft.rows(ROOM)


def test_room_comes_back_by_an_eighth_and_leaves_nothing() -> None:
    """512 of 1,000: 576, 648, 729, 820, 922, and then the rules alone."""
    draft, rules = fresh(1_000)
    unanswered(draft, 1_024)
    unanswered(draft, 1_024)
    turn(draft, rules)
    rooms = []
    for _ in range(6):
        rooms.append(room_of(draft, rules))
        answered(draft)
        turn(draft, rules)
    assert rooms == [512, 576, 648, 729, 820, 922]
    assert room_of(draft, rules) == 1_000
    assert not draft.rows(ROOM)


def test_a_small_batch_is_never_too_large() -> None:
    """What leaves it unanswered is something else."""
    draft, rules = fresh(1_000)
    unanswered(draft, LEAST_ROOM)
    unanswered(draft, LEAST_ROOM)
    turn(draft, rules)
    assert room_of(draft, rules) == 1_000
    assert not draft.rows(ROOM)


@given(st.integers(1, 3_000), st.lists(st.booleans(), max_size=60))
def test_room_stays_between_its_bounds(max_orders: int, said: list[bool]) -> None:
    """Whatever is answered: at least the least room or all of it, at most the rules'; silence never gives more."""
    draft, rules = fresh(max_orders)
    for word in said:
        before = room_of(draft, rules)
        answered(draft) if word else unanswered(draft, before)
        turn(draft, rules)
        after = room_of(draft, rules)
        assert min(LEAST_ROOM, max_orders) <= after <= max_orders
        assert after >= before if word else after <= before
    for _ in range(60):
        answered(draft)
        turn(draft, rules)
    assert room_of(draft, rules) == max_orders
    assert not draft.rows(ROOM)
