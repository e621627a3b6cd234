"""Beyond Algorithm 1: equivocators and their accusers, what is kept of strangers, restarts, observers."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from node.agreement.bodies import MAX_BODIES
from node.agreement.core import MAX_EARLY, MAX_PAST
from node.agreement.effects import (
    Accuse,
    Broadcast,
    FallenBehind,
    Persist,
    Pull,
    Timeout,
)
from node.agreement.messages import (
    Body,
    Certificate,
    Decision,
    Message,
    Proposal,
    Step,
    Vote,
    block_id,
    light_id,
    vote_digest,
)
from tests.agreement_one import (
    COMMIT,
    FOUR,
    GOOD,
    KEYS,
    NETWORK,
    OTHER,
    POLKA,
    One,
    decided_height_zero,
    mac,
    polka,
    proposal,
    seen,
    vote,
    votes,
)


def junk_bodies() -> list[Body]:
    return [Body(0, b"junk %d" % number) for number in range(MAX_BODIES + 1)]


def test_bodies_that_nobody_signed_for_do_not_keep_out_the_proposed_one() -> None:
    """Anybody can send any body: with as many as are kept, the block proposed is asked for and voted for."""
    one = One().begin()
    one.hear(*junk_bodies(), Body(0, OTHER))
    assert len(one.core.bodies) == MAX_BODIES
    new = one.hear(proposal(GOOD), Body(0, GOOD))
    assert [e.block for e in new if isinstance(e, Pull)] == [block_id(GOOD)]
    assert one.votes(POLKA) == [block_id(GOOD)]


def test_bodies_that_nobody_signed_for_do_not_keep_out_one_s_own() -> None:
    """The proposer votes for what it proposes."""
    one = One(me=0).begin()
    one.hear(*junk_bodies(), seen(1), seen(2))
    assert one.votes(POLKA) == [block_id(GOOD)]


def test_both_votes_of_an_equivocator_count_and_accuse_it() -> None:
    """Keeping only the first would stall those who need the second."""
    one = One().begin()
    one.hear(proposal(GOOD), Body(0, GOOD), vote(POLKA, 0, None))
    new = one.hear(vote(POLKA, 0, GOOD), vote(POLKA, 1, GOOD))
    assert one.votes(COMMIT) == [block_id(GOOD)]
    (accused,) = [effect for effect in new if isinstance(effect, Accuse)]
    assert {accused.first.block, accused.second.block} == {None, block_id(GOOD)}


def test_a_third_vote_of_one_sender_is_not_kept() -> None:
    """Two prove what there is to prove; memory is bounded."""
    one = One().begin()
    one.hear(vote(POLKA, 0, None), vote(POLKA, 0, GOOD), vote(POLKA, 0, OTHER))
    assert len(one.core.tally.rounds[0].prevotes.votes[0]) == 2


def test_two_proposals_of_one_round_accuse_the_proposer() -> None:
    """They are signed: proof for anybody."""
    one = One().begin()
    new = one.hear(proposal(GOOD), proposal(OTHER))
    assert [type(effect) for effect in new if isinstance(effect, Accuse)] == [Accuse]


@pytest.mark.parametrize(
    "message",
    [
        replace(vote(POLKA, 0, GOOD), signature=b"\0" * 32),
        replace(vote(POLKA, 0, GOOD), sender=1),
        replace(vote(POLKA, 0, GOOD), sender=9),
        replace(vote(POLKA, 0, GOOD), round=1),
        replace(vote(POLKA, 0, GOOD), ballot=COMMIT),
        replace(proposal(GOOD), round=1),
        proposal(GOOD, sender=2),
        replace(seen(1), sender=2),
    ],
)
def test_what_is_not_signed_by_its_sender_for_its_place_is_ignored(message: Message) -> None:
    """Forged, moved to another sender, round or ballot, or out of turn."""
    one = One().begin()
    one.hear(message)
    assert not one.core.tally.rounds
    assert 2 not in one.core.seen


def test_a_decision_needs_its_certificate() -> None:
    """A forged one is ignored, a sound one decides at once."""
    block = block_id(GOOD)
    signed = tuple((v.sender, v.signature) for v in votes(COMMIT, (0, 1, 2), GOOD))
    sound = Decision(0, GOOD, Certificate(COMMIT, 0, 0, block, signed))
    one = One()
    one.hear(Decision(0, GOOD, replace(sound.certificate, votes=signed[:2])))
    one.hear(Decision(0, OTHER, sound.certificate))
    one.hear(Decision(0, GOOD, polka(GOOD, 0)))
    assert one.decided() == []
    one.hear(sound)
    assert one.decided() == [GOOD]


@pytest.mark.parametrize(
    "late",
    [vote(POLKA, 0, OTHER), vote(COMMIT, 1, None), proposal(OTHER)],
)
def test_a_lie_that_comes_to_light_after_its_height_is_told_once(late: Vote | Proposal) -> None:
    """Votes and proposals of heights gone by still accuse their sender, by key."""
    one = decided_height_zero()
    (accused,) = [effect for effect in one.hear(late, late) if isinstance(effect, Accuse)]
    assert accused.key == KEYS[late.sender]
    assert {accused.first.block, accused.second.block} == {block_id(GOOD), late.block}


@pytest.mark.parametrize(
    "late",
    [
        vote(POLKA, 0, GOOD),
        vote(POLKA, 1, OTHER),
        replace(vote(POLKA, 0, OTHER), signature=b"\0" * 32),
        replace(vote(POLKA, 0, OTHER), sender=9),
        vote(POLKA, 0, OTHER, round=2),
        replace(proposal(OTHER), signature=b"\0" * 32),
    ],
)
def test_what_contradicts_nothing_or_is_not_signed_accuses_nobody_later(late: Vote | Proposal) -> None:
    """The same word again, a first word, a forged one, of nobody, of another round."""
    assert decided_height_zero().hear(late) == []


def test_only_so_many_heights_are_remembered() -> None:
    """Memory is bounded; older lies stay untold."""
    one = decided_height_zero()
    for height in range(2, MAX_PAST + 2):
        one.out += one.core.start(height, FOUR, 3)
    assert one.hear(vote(POLKA, 0, OTHER)) == []


def test_two_proposals_accuse_without_the_polkas_they_carry() -> None:
    """What its sender did not sign proves nothing about it."""
    one = One().begin()
    one.time(Timeout.PRECOMMIT)
    new = one.hear(proposal(GOOD, 1), proposal(OTHER, 1, 0, polka(OTHER, 0)))
    (accused,) = [effect for effect in new if isinstance(effect, Accuse)]
    assert [said.polka for said in (accused.first, accused.second) if isinstance(said, Proposal)] == [None, None]
    assert accused.key == KEYS[FOUR.proposer(0, 1)]


def test_a_block_id_is_of_its_header_and_its_body_s_hash() -> None:
    """Whoever has only those can make it; no other bytes have the same."""
    block = (5).to_bytes(4, "big") + b"12345" + b"the rest"
    assert block_id(block) == light_id(b"12345", hashlib.sha256(b"the rest").digest())
    others = [block[:-1], block + b"x", (9).to_bytes(4, "big") + b"12345the " + b"rest", b"", b"\0\0\0\xff12345"]
    others.append(b"\0\0\0\x06" + b"12345" + b"the rest")
    others.append(b"\0\0\0\x05" + b"12345")
    assert len({block_id(other) for other in (block, *others)}) == len(others) + 1


def test_messages_of_the_next_height_wait_for_it_and_no_more_than_so_many() -> None:
    """Those beyond it say that this node is behind."""
    one = One().begin()
    early = [
        Vote(POLKA, 1, round, None, 0, mac(KEYS[0], vote_digest(NETWORK, POLKA, 1, round, None)))
        for round in range(MAX_EARLY + 10)
    ]
    one.hear(*early)
    new = one.hear(vote(POLKA, 0, GOOD, height=5))
    assert [effect.height for effect in new if isinstance(effect, FallenBehind)] == [5]
    one.hear(Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD))
    one.out += one.core.start(1, FOUR, 3)
    assert len(one.core.tally.rounds) == MAX_EARLY


def test_a_restarted_node_says_again_what_it_said_and_keeps_its_lock() -> None:
    """The same bytes, the same lock, the same step; nothing is signed anew."""
    before = One().begin()
    before.hear(proposal(GOOD), Body(0, GOOD), *votes(POLKA, (0, 1), GOOD))
    log = [record for effect in before.out if isinstance(effect, Persist) for record in effect.records]
    after = One(records=log)
    assert after.core.locked == before.core.locked
    assert (after.core.round, after.core.step) == (0, Step.PRECOMMIT)

    def said(one: One) -> list[Message]:
        return [effect.message for effect in one.out if isinstance(effect, Broadcast)]

    assert said(after) == said(before)
    after.hear(proposal(OTHER), Body(0, OTHER), *votes(POLKA, (0, 1, 2), OTHER))
    assert after.votes(POLKA) == [block_id(GOOD)]


def test_an_observer_decides_and_says_nothing() -> None:
    """It follows."""
    one = One(me=None).begin()
    one.hear(proposal(GOOD), Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD))
    assert one.decided() == [GOOD]
    assert not [effect for effect in one.out if isinstance(effect, Broadcast | Persist)]
