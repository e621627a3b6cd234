"""Tendermint, lines 11 to 33 of Algorithm 1 (arXiv:1807.04938): who proposes what, and who prevotes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.agreement.effects import (
    Broadcast,
    Locked,
    Persist,
    Pull,
    Sent,
    Timeout,
    Timer,
    Validated,
)
from node.agreement.messages import (
    Body,
    Certificate,
    Proposal,
    Step,
    block_id,
)
from tests.agreement_one import (
    BAD,
    COMMIT,
    GOOD,
    KEYS,
    OTHER,
    POLKA,
    One,
    locked_on,
    polka,
    proposal,
    seen,
    votes,
)


def test_line_11_a_round_begins_with_a_timer_for_its_proposal() -> None:
    """Whoever does not propose waits for the proposal, no longer than the timer."""
    one = One().begin()
    assert one.core.step is Step.PROPOSE
    assert Timer(Timeout.PROPOSE, 0, 0) in one.timers()


def test_line_12_a_round_begins_with_nothing_said_in_it() -> None:
    """Step PROPOSE of that round, whatever was said in the one before."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    one.time(Timeout.PRECOMMIT)
    assert (one.core.round, one.core.step) == (1, Step.PROPOSE)
    assert (one.votes(POLKA, 1), one.votes(COMMIT, 1)) == ([], [])


def test_line_14_who_is_not_the_proposer_proposes_nothing() -> None:
    """However much it has heard."""
    one = One(me=2).begin()
    one.hear(seen(0), seen(1), seen(3))
    assert not [e for e in one.out if isinstance(e, Broadcast) and isinstance(e.message, Proposal)]


def test_line_19_the_proposal_goes_to_all_with_the_block_and_after_the_disk() -> None:
    """One commit of the log for both, then the block, then the proposal."""
    one = One(me=0).begin()
    new = one.hear(seen(1), seen(2))
    said = [effect for effect in new if isinstance(effect, Persist | Broadcast)][:3]
    assert isinstance(said[0], Persist)
    assert [type(record.message) for record in said[0].records if isinstance(record, Sent)] == [Body, Proposal]
    assert [type(effect.message) for effect in said[1:] if isinstance(effect, Broadcast)] == [Body, Proposal]


def test_line_14_the_proposer_proposes_a_new_block_once_a_quorum_has_said_what_it_holds() -> None:
    """Three of four statements are needed, its own among them."""
    one = One(me=0).begin()
    one.hear(seen(1))
    assert not [e for e in one.out if isinstance(e, Broadcast) and isinstance(e.message, Proposal)]
    one.hear(seen(2))
    (said,) = [e.message for e in one.out if isinstance(e, Broadcast) and isinstance(e.message, Proposal)]
    assert (said.block, said.valid_round) == (block_id(GOOD), -1)


def test_line_16_the_proposer_proposes_the_block_that_has_a_polka() -> None:
    """A later proposer carries the block on, with the proof that it may be voted for."""
    one = One(me=1).begin()
    one.hear(proposal(OTHER), Body(0, OTHER), *votes(POLKA, (0, 2, 3), OTHER))
    one.hear(*votes(COMMIT, (0, 2, 3), None))
    one.time(Timeout.PRECOMMIT)
    sent = [e.message for e in one.out if isinstance(e, Broadcast) and isinstance(e.message, Proposal)]
    assert [(p.round, p.block, p.valid_round) for p in sent] == [(1, block_id(OTHER), 0)]
    assert sent[0].polka is not None
    assert sent[0].polka.block == block_id(OTHER)


def test_line_19_a_block_that_has_a_polka_is_not_sent_again() -> None:
    """It is in the log since its polka, and with a quorum; who lacks it asks those who voted for it."""
    one, late = One(me=1).begin(), One(me=3).begin()
    one.hear(proposal(OTHER), Body(0, OTHER), *votes(POLKA, (0, 2, 3), OTHER))
    one.hear(*votes(COMMIT, (0, 2, 3), None))
    one.time(Timeout.PRECOMMIT)
    assert not [e for e in one.out if isinstance(e, Broadcast) and isinstance(e.message, Body)]
    kept = [record for e in one.out if isinstance(e, Persist) for record in e.records]
    assert [type(record) for record in kept if isinstance(record, Locked | Validated)]
    assert not [record for record in kept if isinstance(record, Sent) and isinstance(record.message, Body)]
    (said,) = [e.message for e in one.out if isinstance(e, Broadcast) and isinstance(e.message, Proposal)]
    asked = [e for e in late.hear(said) if isinstance(e, Pull)]
    assert [e.block for e in asked] == [block_id(OTHER)]
    assert asked[0].holders == (KEYS[0], KEYS[1], KEYS[2])


def test_line_22_a_new_valid_block_gets_the_prevote() -> None:
    """Nothing is locked, the block is valid: vote for it."""
    one = One().begin()
    one.hear(proposal(GOOD), Body(0, GOOD))
    assert one.votes(POLKA) == [block_id(GOOD)]


def test_line_22_an_invalid_block_gets_nil() -> None:
    """The application refuses the block: vote nil."""
    one = One().begin()
    one.hear(proposal(BAD), Body(0, BAD))
    assert one.votes(POLKA) == [None]


def test_line_22_a_new_block_made_for_another_round_gets_nil() -> None:
    """A proposer cannot make it look as if those before it had missed their turn."""
    one = One().begin()
    one.hear(proposal(b"old block"), Body(0, b"old block"))
    assert one.votes(POLKA) == [None]


def test_line_28_a_block_of_an_earlier_round_was_made_there() -> None:
    """Carried on with its polka, it may say so."""
    one = One().begin()
    one.time(Timeout.PRECOMMIT)
    one.hear(proposal(b"old block", 1, 0, polka(b"old block", 0)), Body(0, b"old block"))
    assert one.votes(POLKA, 1) == [block_id(b"old block")]


def test_line_22_one_that_is_locked_on_another_block_votes_nil() -> None:
    """A lock from round 0 keeps a new block of round 1 from the vote."""
    one = locked_on(GOOD)
    one.hear(proposal(OTHER, 1), Body(0, OTHER))
    assert one.votes(POLKA, 1) == [None]


def test_line_23_one_that_is_locked_on_the_very_block_votes_for_it() -> None:
    """Proposed as new again, it is still what the lock is on."""
    one = locked_on(GOOD)
    one.hear(proposal(GOOD, 1))
    assert one.votes(POLKA, 1) == [block_id(GOOD)]


def test_line_29_one_that_is_locked_on_the_very_block_needs_no_later_polka() -> None:
    """Locked in round 1, it votes in round 2 for the same block with its polka of round 0."""
    one = locked_on(GOOD)
    one.hear(*votes(POLKA, (0, 1), GOOD, 1), proposal(GOOD, 1))
    assert one.core.locked == (1, block_id(GOOD))
    one.time(Timeout.PRECOMMIT, 1)
    one.hear(proposal(GOOD, 2, 0, polka(GOOD, 0)))
    assert one.votes(POLKA, 2) == [block_id(GOOD)]


def test_line_32_an_invalid_block_gets_nil_whatever_its_polka() -> None:
    """More than a third must be lying; this one does not join them."""
    one = One().begin()
    one.time(Timeout.PRECOMMIT)
    one.hear(proposal(BAD, 1, 0, polka(BAD, 0)), Body(0, BAD))
    assert one.votes(POLKA, 1) == [None]


def test_line_28_a_later_polka_frees_a_lock() -> None:
    """Locked in round 0, it votes in round 2 for a block with a polka of round 1."""
    one = locked_on(GOOD)
    one.time(Timeout.PROPOSE, 1)
    one.hear(*votes(COMMIT, (0, 1, 2), None, 1))
    one.time(Timeout.PRECOMMIT, 1)
    one.hear(proposal(OTHER, 2, 1, polka(OTHER, 1)), Body(0, OTHER))
    assert one.votes(POLKA, 2) == [block_id(OTHER)]
    # The prevotes in the proof count as heard.
    assert one.core.tally.rounds[1].prevotes.support[block_id(OTHER)] == 3


def test_line_28_an_earlier_polka_does_not_free_a_lock() -> None:
    """Locked in round 1, a polka of round 0 for another block changes nothing."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    one.hear(*votes(COMMIT, (0, 1, 2), None))
    one.time(Timeout.PRECOMMIT)
    one.hear(proposal(GOOD, 1), Body(0, GOOD), *votes(POLKA, (0, 1), GOOD, 1))
    assert one.core.locked == (1, block_id(GOOD))
    one.hear(*votes(COMMIT, (0, 1), None, 1))
    one.time(Timeout.PRECOMMIT, 1)
    one.hear(proposal(OTHER, 2, 0, polka(OTHER, 0, (0, 1, 2))), Body(0, OTHER))
    assert one.votes(POLKA, 2) == [None]


@pytest.mark.parametrize(
    "proof",
    [
        None,
        polka(OTHER, 0, (0, 1)),
        replace(polka(OTHER, 0), votes=((0, b"\0" * 32), (1, b"\0" * 32), (2, b"\0" * 32))),
        replace(polka(OTHER, 0), votes=(polka(OTHER, 0).votes[0],) * 3),
        polka(GOOD, 0),
    ],
)
def test_line_28_an_unproven_polka_is_no_proposal(proof: Certificate | None) -> None:
    """Missing, too small, forged, one vote thrice, of another block: each is ignored."""
    one = locked_on(GOOD)
    one.hear(proposal(OTHER, 1, 0, proof), Body(0, OTHER))
    assert one.votes(POLKA, 1) == []
