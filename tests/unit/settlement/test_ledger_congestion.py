"""The room of batches: halved when most do not get through, given back by answers, forgotten when all is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.chain.genesis import build
from settlement.ledger.congestion import (
    GONE,
    LEAST_ROOM,
    ROOM,
    answered,
    room_of,
    sealed,
    settled,
    turn,
    unanswered,
)
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


#: Three solvers, one with more than half of all bonds, and two with half each.
BONDS = {b"a": 50, b"b": 30, b"c": 19}
EQUAL = {b"a": 7, b"b": 7}


def after(words: Mapping[bytes, bool], bonds: Mapping[bytes, int] = BONDS, done: int = 0) -> int:
    """The room after two batches of 800 on end of which solvers said this and so many intents were done."""
    draft, rules = fresh(1_000)
    for _ in range(2):
        sealed(draft, bonds, words, 800)
        settled(draft, done, 800)
        turn(draft, rules)
    return room_of(draft, rules)


@pytest.mark.parametrize(
    ("words", "bonds", "room"),
    [
        ({}, BONDS, 400),
        ({b"a": True}, BONDS, 1_000),
        ({b"b": True, b"c": True}, BONDS, 400),
        ({b"a": False, b"b": True, b"c": True}, BONDS, 400),
        ({b"a": True, b"b": False, b"c": False}, BONDS, 1_000),
        ({b"a": True, b"b": False}, EQUAL, 400),
        ({b"a": True}, {b"a": 1}, 1_000),
        ({b"a": False}, {b"a": 1}, 400),
        ({}, {}, 1_000),
    ],
)
def test_most_of_the_bonds_say_whether_a_batch_was_too_large(
    words: Mapping[bytes, bool], bonds: Mapping[bytes, int], room: int
) -> None:
    """Neither what others claim nor that they are silent moves it; of two equal ones both must get through."""
    assert after(words, bonds) == room


def test_a_batch_of_which_half_is_done_was_not_too_large() -> None:
    """Whatever most say: one of half the size could not have done more."""
    assert [after({b"c": True}, done=done) for done in (1, 399, 400)] == [400, 400, 1_000]


def test_a_batch_of_which_half_is_done_is_no_second_miss() -> None:
    """Two batches that were too large must follow each other."""
    draft, rules = fresh(1_000)
    for done in (0, 400, 0, 400):
        sealed(draft, BONDS, {}, 800)
        settled(draft, done, 800)
        turn(draft, rules)
        assert room_of(draft, rules) == 1_000
    assert not draft.rows(ROOM)


def test_of_an_empty_batch_nothing_is_done() -> None:
    """Nobody need answer it: the room stays."""
    draft, rules = fresh(1_000)
    unanswered(draft, 800)
    unanswered(draft, 800)
    turn(draft, rules)
    sealed(draft, BONDS, {}, 0)
    settled(draft, 0, 0)
    turn(draft, rules)
    assert room_of(draft, rules) == 400
    assert not draft.rows(GONE)


def test_who_is_silent_even_before_the_least_batch_is_gone_until_it_speaks() -> None:
    """The others' room comes back; its own word counts again from the first on."""
    draft, rules = fresh(1_000)

    def auction(words: Mapping[bytes, bool]) -> int:
        sealed(draft, BONDS, words, room_of(draft, rules))
        turn(draft, rules)
        return room_of(draft, rules)

    others = {b"b": True, b"c": True}
    assert [auction(others) for _ in range(6)] == [1_000, 500, 250, 125, LEAST_ROOM, LEAST_ROOM]
    assert draft.rows(GONE) == {b"a": 1}
    assert auction(others) == LEAST_ROOM * 9 // 8
    assert auction({**others, b"a": False}) == LEAST_ROOM * 9 // 8
    assert not draft.rows(GONE)
    assert auction({**others, b"a": False}) == LEAST_ROOM


def test_nobody_is_gone_while_batches_are_as_large_as_they_may_be() -> None:
    """A small batch that a solver is silent of tells nothing where no brake is on; nor is one that left kept."""
    draft, _ = fresh(1_000)
    sealed(draft, BONDS, {b"a": True}, 10)
    assert not draft.rows(GONE)
    draft.set(GONE, b"c", 1)
    sealed(draft, {b"a": 50}, {b"a": True}, 10)
    assert not draft.rows(GONE)


_FEW = st.sampled_from([b"b", b"c", b"d"])


@given(
    st.dictionaries(_FEW, st.integers(1, 9)),
    st.lists(st.dictionaries(_FEW, st.booleans()), min_size=16, max_size=24),
    st.booleans(),
)
@settings(max_examples=30)
def test_less_than_half_of_the_bonds_moves_the_room_nowhere(
    few: dict[bytes, int], said: list[dict[bytes, bool]], word: bool
) -> None:
    """They say what they like, in turns; what the one with more than half says happens: batches shrink to the
    least room, or do not shrink at all."""
    draft, rules = fresh(1_000)
    for words in said:
        sealed(draft, {**few, b"a": 1 + sum(few.values())}, {**words, b"a": word}, room_of(draft, rules))
        turn(draft, rules)
        assert room_of(draft, rules) == 1_000 or not word
    assert room_of(draft, rules) == (1_000 if word else LEAST_ROOM)
