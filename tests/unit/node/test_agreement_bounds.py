"""What strangers and liars can make a validator keep: bounded, and not at the price of what is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.agreement import bodies, elsewhere
from node.agreement.bodies import MAX_BODIES
from node.agreement.core import MAX_EARLY
from node.agreement.effects import FallenBehind, Pull, Timeout
from node.agreement.messages import Body, Certificate, Message, Proposal, Seen, Vote, block_id
from node.agreement.validators import Validator, ValidatorSet
from tests.agreement_one import (
    COMMIT,
    FOUR,
    GOOD,
    KEYS,
    NETWORK,
    OTHER,
    POLKA,
    One,
    mac,
    seen,
    vote,
    votes,
)

#: In place of what real blocks may have.
SMALL = 100


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_UNASKED_BYTES", 2 * SMALL)
    monkeypatch.setattr(bodies, "MAX_BYTES", 4 * SMALL)
    monkeypatch.setattr(elsewhere, "MAX_UNASKED_BYTES", 2 * SMALL)


def block(number: int) -> bytes:
    return b"%02d" % number + b"x" * (SMALL - 2)


def next_height(one: One, validators: ValidatorSet = FOUR) -> None:
    """Decide this one and begin the next."""
    one.hear(Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD))
    one.out += one.core.start(1, validators, 3)


def early(sender: int, round: int, block: bytes | None = OTHER) -> Vote:
    return vote(POLKA, sender, block, round, height=1)


def proposed(content: bytes, round: int = 0, height: int = 0, polka: Certificate | None = None) -> Proposal:
    valid_round = -1 if polka is None else polka.round
    said = Proposal(height, round, block_id(content), valid_round, polka, FOUR.proposer(height, round))
    return replace(said, signature=mac(KEYS[said.sender], said.signed(NETWORK)))


def heard(one: One) -> int:
    return sum(len(at.prevotes.votes) for at in one.core.tally.rounds.values())


def test_agreement_early_messages_in_a_validator_s_name_do_not_keep_out_its_own() -> None:
    """Junk that names sender 1, of every kind, before sender 1 says anything itself."""
    one = One().begin()
    junk: list[Message] = [replace(early(1, round), signature=b"junk") for round in range(2 * MAX_EARLY)]
    one.hear(*junk, early(1, 0), early(1, 1), early(1, 2))
    next_height(one)
    assert heard(one) == 3


def test_agreement_early_messages_said_again_take_no_more_room() -> None:
    """Anybody can pass on a validator's words, and with other polkas, which it did not sign."""
    one = One().begin()
    lie = Certificate(POLKA, 1, 0, block_id(OTHER), ((0, b"junk"),))
    real = proposed(OTHER, 1, 1, replace(lie, votes=tuple((i, early(i, 0).signature) for i in range(3))))
    forged = [
        replace(real, polka=replace(lie, votes=((0, b"junk %d" % number),))) for number in range(MAX_EARLY + 1)
    ]
    sender = real.sender
    one.hear(*[early(sender, 0)] * (MAX_EARLY + 1), *forged, real, early(sender, 5))
    next_height(one)
    assert one.core.tally.rounds[1].proposals == [real]
    assert 5 in one.core.tally.rounds


def test_agreement_early_messages_of_a_validator_to_come_are_kept_too() -> None:
    """Who votes next is not known yet: what nobody of now has signed waits as well, so many of each sender."""
    new = mac(b"k" * 32, vote(POLKA, 0, OTHER, 0, 1).signed(NETWORK))
    one = One().begin()
    one.hear(replace(early(0, 0), sender=4, signature=new))
    assert not [effect for effect in one.out if isinstance(effect, FallenBehind)]
    next_height(one, ValidatorSet((*FOUR.members, Validator(b"k" * 32))))
    assert heard(one) == 1
    one = One().begin()
    one.hear(*(replace(early(1, round), signature=b"junk") for round in range(2 * MAX_EARLY)))
    assert sum(len(kept) for kept in one.core._elsewhere._early.values()) == MAX_EARLY


def test_agreement_early_statements_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what nobody has signed as many as fit; of a validator's own the first, which is the one that counts."""
    monkeypatch.setattr(elsewhere, "MAX_UNPROVEN_BYTES", 10_000)
    one = One().begin()
    junk = [Seen(1, tuple(bytes([number, place]) * 16 for place in range(100)), 1) for number in range(9)]
    real = [replace(said, sender=2, signature=mac(KEYS[2], said.signed(NETWORK))) for said in junk]
    one.hear(*junk, *real)
    kept = [list(kept.values()) for kept in one.core._elsewhere._early.values()]
    assert kept == [junk[:2], real[:1]]
    next_height(one)
    assert one.core.seen == {2: real[0]}
    one.hear(*(replace(said, height=2) for said in junk))
    assert sum(len(kept) for kept in one.core._elsewhere._early.values()) == 2


def test_agreement_of_a_height_gone_by_votes_alone_are_kept() -> None:
    """Bodies and statements, which are large, tell of no lie."""
    one = One().begin()
    one.hear(*map(seen, (0, 1, 2)))
    next_height(one)
    past = one.core._elsewhere._past[0]
    assert past.tally.rounds
    assert (past.seen, past.bodies) == ({}, {})


def test_agreement_early_bodies_are_bounded_in_bytes(small: None) -> None:
    """And in number; the same one again takes no more room."""
    one = One().begin()
    one.hear(*(Body(1, block(0)) for _ in range(9)), *(Body(1, block(number)) for number in range(9)))
    next_height(one)
    assert len(one.core.bodies) == 2
    one.hear(*(Body(2, b"%d" % number) for number in range(2 * MAX_EARLY)))
    assert sum(len(kept) for kept in one.core._elsewhere._early.values()) == MAX_EARLY


def test_agreement_bodies_of_nobody_are_bounded_in_bytes(small: None) -> None:
    """The block proposed is kept all the same."""
    one = One().begin()
    one.hear(*(Body(0, block(number)) for number in range(9)))
    assert sum(map(len, one.core.bodies.values())) == 2 * SMALL
    one.hear(proposed(block(8)), Body(0, block(8)))
    assert one.votes(POLKA) == [block_id(block(8))]
    one.hear(*(Body(0, b"%d" % number) for number in range(2 * MAX_BODIES)))
    assert len(one.core.bodies) <= MAX_BODIES


def test_agreement_bodies_that_a_liar_proposes_are_bounded_in_bytes(small: None) -> None:
    """Its turns of rounds to come: the latest take the place of the oldest, asked for anew in its turn."""
    one = One().begin()
    rounds = [round for round in range(1, 60) if FOUR.proposer(0, round) == 1]
    for round in rounds:
        one.hear(proposed(block(round), round), Body(0, block(round)))
    assert sum(map(len, one.core.bodies.values())) == 4 * SMALL
    assert list(one.core.bodies) == [block_id(block(round)) for round in rounds[-4:]]
    new = one.time(Timeout.PRECOMMIT)
    assert one.core.round == rounds[0]
    assert [effect.block for effect in new if isinstance(effect, Pull)] == [block_id(block(rounds[0]))]


def test_agreement_bodies_that_are_needed_stay(small: None) -> None:
    """The one proposed in this round, and one that an honest validator voted for, however much is proposed."""
    one = One().begin()
    one.hear(proposed(block(0)), Body(0, block(0)), *votes(POLKA, (0, 1), block(7)), Body(0, block(7)))
    for round in range(5, 60, 4):
        one.hear(proposed(block(round), round), Body(0, block(round)))
    assert {block_id(block(0)), block_id(block(7))} <= set(one.core.bodies)
    assert len(one.core.bodies) == 4
