"""Tendermint, rule by rule: one directed test per line of Algorithm 1 (arXiv:1807.04938)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest

from node.agreement.bodies import MAX_BODIES
from node.agreement.core import MAX_EARLY, MAX_PAST, MAX_SKIP, Agreement
from node.agreement.effects import (
    Accuse,
    Broadcast,
    Decide,
    Effect,
    FallenBehind,
    Locked,
    Persist,
    Pull,
    Record,
    Sent,
    SetTimer,
    Timeout,
    Timer,
    Validated,
)
from node.agreement.messages import (
    Ballot,
    Body,
    Certificate,
    Decision,
    Message,
    Proposal,
    Seen,
    Step,
    Vote,
    block_id,
    light_id,
    vote_digest,
)
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator, ValidatorSet

NETWORK = b"n" * 32
KEYS = [bytes([i + 1]) * 32 for i in range(4)]
FOUR = ValidatorSet(tuple(Validator(key) for key in KEYS))
GOOD, OTHER, BAD = b"good block", b"other block", b"bad block"
POLKA, COMMIT = Ballot.PREVOTE, Ballot.PRECOMMIT


def mac(key: bytes, digest: bytes) -> bytes:
    return hashlib.blake2b(digest, key=key, digest_size=32).digest()


def holds(key: bytes, digest: bytes, signature: bytes) -> bool:
    return mac(key, digest) == signature


class Blocks:
    """An application whose blocks are good unless they say otherwise."""

    def __init__(self) -> None:
        self.next: bytes | None = GOOD
        self.all_here = False

    def held(self, height: int) -> Sequence[bytes]:
        return (b"\1" * 32,)

    def complete(self, height: int) -> bool:
        return self.all_here

    def propose(self, height: int, round: int, seen: Sequence[Seen]) -> bytes | None:
        return self.next

    def valid(self, height: int, block: bytes) -> bool:
        return not block.startswith(b"bad")

    def fresh(self, block: bytes, round: int) -> bool:
        return not block.startswith(b"old")


class One:
    """Validator ``me`` of four, its effects kept."""

    def __init__(self, me: int | None = 3, height: int = 0, records: Sequence[Record] = ()) -> None:
        self.blocks = Blocks()
        key = KEYS[me] if me is not None else KEYS[0]
        self.core = Agreement(NETWORK, lambda digest: mac(key, digest), holds, self.blocks, Timeouts())
        self.out: list[Effect] = self.core.start(height, FOUR, me, records)

    def begin(self) -> One:
        """Close the window: round 0 begins."""
        self.time(Timeout.WINDOW)
        return self

    def time(self, kind: Timeout, round: int = 0) -> list[Effect]:
        new = self.core.timed_out(Timer(kind, self.core.height, round))
        self.out += new
        return new

    def hear(self, *messages: Message) -> list[Effect]:
        new = [effect for message in messages for effect in self.core.receive(message)]
        self.out += new
        return new

    def votes(self, ballot: Ballot, round: int = 0) -> list[bytes | None]:
        """What it voted for in a round, as sent."""
        sent = [effect.message for effect in self.out if isinstance(effect, Broadcast)]
        return [
            message.block
            for message in sent
            if isinstance(message, Vote) and message.ballot is ballot and message.round == round
        ]

    def timers(self) -> list[Timer]:
        return [effect.timer for effect in self.out if isinstance(effect, SetTimer)]

    def decided(self) -> list[bytes]:
        return [effect.block for effect in self.out if isinstance(effect, Decide)]


def vote(ballot: Ballot, sender: int, block: bytes | None, round: int = 0, height: int = 0) -> Vote:
    number = None if block is None else block_id(block)
    digest = vote_digest(NETWORK, ballot, height, round, number)
    return Vote(ballot, height, round, number, sender, mac(KEYS[sender], digest))


def votes(ballot: Ballot, senders: Sequence[int], block: bytes | None, round: int = 0) -> list[Vote]:
    return [vote(ballot, sender, block, round) for sender in senders]


def polka(block: bytes, round: int, senders: Sequence[int] = (0, 1, 2)) -> Certificate:
    signed = tuple((v.sender, v.signature) for v in votes(POLKA, senders, block, round))
    return Certificate(POLKA, 0, round, block_id(block), signed)


def proposal(
    block: bytes,
    round: int = 0,
    valid_round: int = -1,
    proof: Certificate | None = None,
    sender: int | None = None,
) -> Proposal:
    who = FOUR.proposer(0, round) if sender is None else sender
    said = Proposal(0, round, block_id(block), valid_round, proof, who)
    return replace(said, signature=mac(KEYS[who], said.signed(NETWORK)))


def seen(sender: int) -> Seen:
    said = Seen(0, (b"\1" * 32,), sender)
    return replace(said, signature=mac(KEYS[sender], said.signed(NETWORK)))


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


def locked_on(block: bytes) -> One:
    """Validator 3, locked on ``block`` in round 0 and now in round 1."""
    one = One().begin()
    one.hear(proposal(block), Body(0, block), *votes(POLKA, (0, 1), block))
    assert one.core.locked == (0, block_id(block))
    one.hear(*votes(COMMIT, (0, 1), None))
    one.time(Timeout.PRECOMMIT)
    assert one.core.round == 1
    return one


def test_line_28_a_later_polka_frees_a_lock() -> None:
    """Locked in round 0, it votes in round 2 for a block with a polka of round 1."""
    one = locked_on(GOOD)
    one.time(Timeout.PROPOSE, 1)
    one.hear(*votes(COMMIT, (0, 1, 2), None, 1))
    one.time(Timeout.PRECOMMIT, 1)
    one.hear(proposal(OTHER, 2, 1, polka(OTHER, 1)), Body(0, OTHER))
    assert one.votes(POLKA, 2) == [block_id(OTHER)]
    # The prevotes in the proof count as heard.
    assert one.core.tally.polka(1, block_id(OTHER))


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


def test_line_34_a_quorum_of_mixed_prevotes_starts_a_timer_once() -> None:
    """Three prevotes for different things: wait a little, not for ever."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    one.hear(vote(POLKA, 0, GOOD), vote(POLKA, 1, OTHER), vote(POLKA, 2, None))
    assert one.timers().count(Timer(Timeout.PREVOTE, 0, 0)) == 1


def test_line_36_a_polka_locks_and_precommits_after_both_are_on_disk() -> None:
    """The lock and the vote are one commit of the log, before the vote leaves."""
    one = One().begin()
    new = one.hear(Body(0, GOOD), proposal(GOOD), *votes(POLKA, (0, 1), GOOD))
    assert one.votes(COMMIT) == [block_id(GOOD)]
    kinds = [
        [type(record) for record in effect.records] if isinstance(effect, Persist) else type(effect)
        for effect in new
        if not isinstance(effect, SetTimer)
    ]
    assert kinds == [[Sent], Broadcast, [Locked, Sent], Broadcast]


def test_line_36_after_precommitting_a_polka_is_only_remembered() -> None:
    """A polka that comes after a nil precommit makes the block valid, not locked."""
    one = One().begin()
    one.hear(proposal(GOOD), Body(0, GOOD), vote(POLKA, 0, None), vote(POLKA, 1, GOOD))
    one.time(Timeout.PREVOTE)
    assert one.votes(COMMIT) == [None]
    new = one.hear(vote(POLKA, 2, GOOD))
    assert one.core.locked is None
    assert one.core.valid == (0, block_id(GOOD))
    assert [type(r) for e in new if isinstance(e, Persist) for r in e.records] == [Validated]


def test_line_36_a_polka_for_a_block_that_is_not_here_fetches_it() -> None:
    """Voting must wait for the body, which those who voted for it have."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    new = one.hear(*votes(POLKA, (0, 1, 2), GOOD))
    assert [e.holders for e in new if isinstance(e, Pull)] == [tuple(KEYS[:3])]
    one.hear(Body(0, GOOD))
    assert one.votes(COMMIT) == [block_id(GOOD)]


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


def test_line_36_a_polka_counts_once() -> None:
    """The fourth prevote changes nothing: one lock, one precommit."""
    one = One().begin()
    one.hear(proposal(GOOD), Body(0, GOOD), *votes(POLKA, (0, 1), GOOD))
    new = one.hear(vote(POLKA, 2, GOOD))
    assert [effect for effect in new if isinstance(effect, Persist | Broadcast)] == []
    assert one.votes(COMMIT) == [block_id(GOOD)]


def test_line_37_a_polka_for_an_invalid_block_locks_nothing() -> None:
    """It is not even remembered."""
    one = One().begin()
    one.hear(proposal(BAD), Body(0, BAD), *votes(POLKA, (0, 1, 2), BAD))
    assert (one.core.locked, one.core.valid) == (None, None)
    assert one.votes(COMMIT) == []


def test_line_44_a_quorum_of_nil_prevotes_precommits_nil() -> None:
    """Nobody can agree on anything in this round any more."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    one.hear(*votes(POLKA, (0, 1), None))
    assert one.votes(COMMIT) == [None]


def test_line_44_after_its_precommit_a_nil_polka_changes_nothing() -> None:
    """The step is past."""
    one = One().begin()
    one.hear(proposal(GOOD), Body(0, GOOD), *votes(POLKA, (0, 1), GOOD))
    one.hear(vote(POLKA, 0, None), vote(POLKA, 1, None), vote(POLKA, 2, None))
    assert one.votes(COMMIT) == [block_id(GOOD)]


def test_line_47_a_quorum_of_precommits_starts_a_timer() -> None:
    """Three precommits for different things: wait a little for the fourth."""
    one = One().begin()
    one.hear(vote(COMMIT, 0, GOOD), vote(COMMIT, 1, None), vote(COMMIT, 2, None))
    assert Timer(Timeout.PRECOMMIT, 0, 0) in one.timers()


def test_line_49_a_quorum_of_precommits_decides() -> None:
    """The certificate holds just a quorum of them."""
    one = One().begin()
    one.hear(Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD))
    (made,) = [effect for effect in one.out if isinstance(effect, Decide)]
    assert made.block == GOOD
    assert [sender for sender, _ in made.certificate.votes] == [0, 1, 2]
    assert one.core.ear.checks(made.certificate)


def test_line_49_two_precommits_of_four_decide_nothing() -> None:
    """Half is not enough."""
    one = One().begin()
    one.hear(Body(0, GOOD), *votes(COMMIT, (0, 1), GOOD))
    assert one.decided() == []


def test_line_49_holds_in_any_round_and_before_the_window_has_run() -> None:
    """A node that is late decides by what the others did."""
    one = One()
    one.hear(Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD, 5))
    assert one.decided() == [GOOD]


def test_line_50_an_invalid_block_is_not_decided() -> None:
    """Whatever the others did."""
    one = One().begin()
    one.hear(Body(0, BAD), *votes(COMMIT, (0, 1, 2), BAD))
    assert one.decided() == []


def test_line_52_the_next_height_begins_with_no_lock_and_no_votes() -> None:
    """Round 0, nothing valid, nothing counted."""
    one = locked_on(GOOD)
    one.hear(*votes(COMMIT, (0, 1, 2), GOOD, 1))
    assert one.decided() == [GOOD]
    one.out += one.core.start(1, FOUR, 3)
    assert (one.core.height, one.core.round, one.core.step) == (1, 0, Step.WAIT)
    assert (one.core.locked, one.core.valid, one.core.tally.rounds) == (None, None, {})


def test_line_55_more_than_a_third_in_a_later_round_pull_one_along() -> None:
    """Two of four, which hold at least one honest; one alone does nothing."""
    one = One().begin()
    one.hear(vote(POLKA, 0, None, 7), vote(COMMIT, 0, None, 7))
    assert one.core.round == 0
    one.hear(vote(POLKA, 1, None, 7))
    assert one.core.round == 7


def test_line_55_nobody_pulls_further_than_the_bound() -> None:
    """Rounds beyond the bound are not even counted."""
    one = One().begin()
    one.hear(*votes(POLKA, (0, 1, 2), None, MAX_SKIP + 1))
    assert one.core.round == 0
    assert MAX_SKIP + 1 not in one.core.tally.rounds


def test_line_57_without_a_proposal_in_time_the_prevote_is_nil() -> None:
    """The timer of another round or of a step gone by changes nothing."""
    one = One().begin()
    one.time(Timeout.PROPOSE, 3)
    assert one.votes(POLKA) == []
    one.time(Timeout.PROPOSE)
    one.time(Timeout.PROPOSE)
    assert one.votes(POLKA) == [None]


def test_line_61_without_agreement_in_time_the_precommit_is_nil() -> None:
    """Mixed prevotes and the timer: precommit nil."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    one.hear(vote(POLKA, 0, GOOD), vote(POLKA, 1, GOOD))
    one.time(Timeout.PREVOTE)
    assert one.votes(COMMIT) == [None]


def test_line_65_without_a_decision_in_time_the_next_round_begins() -> None:
    """From whatever step."""
    one = One().begin()
    one.time(Timeout.PRECOMMIT)
    assert (one.core.round, one.core.step) == (1, Step.PROPOSE)


def test_line_57_a_timer_of_a_height_gone_by_changes_nothing() -> None:
    """Nor do those of lines 61 and 65."""
    one = decided_height_zero()
    for kind in Timeout:
        assert one.core.timed_out(Timer(kind, 0, 0)) == []


def test_line_61_after_its_precommit_the_timer_changes_nothing() -> None:
    """The step is past; so for a timer of another round."""
    one = One().begin()
    one.time(Timeout.PROPOSE)
    one.time(Timeout.PREVOTE, 1)
    assert one.votes(COMMIT) == []
    one.time(Timeout.PREVOTE)
    one.time(Timeout.PREVOTE)
    assert one.votes(COMMIT) == [None]


def test_line_65_a_timer_of_another_round_changes_nothing() -> None:
    """Rounds are left once each."""
    one = One().begin()
    one.time(Timeout.PRECOMMIT, 4)
    assert one.core.round == 0
    one.time(Timeout.PRECOMMIT)
    one.time(Timeout.PRECOMMIT)
    assert one.core.round == 1


def test_timeouts_grow_with_the_round() -> None:
    """So that they pass any delay there is."""
    timeouts = Timeouts()
    for kind in (Timeout.PROPOSE, Timeout.PREVOTE, Timeout.PRECOMMIT):
        waits = [timeouts.after_ms(kind, 0, round) for round in range(5)]
        assert waits == sorted(set(waits))


def test_before_its_window_has_run_a_node_counts_and_does_not_vote() -> None:
    """Clocks that differ can only delay."""
    late = One()
    late.hear(*votes(POLKA, (0, 1), None, 3))
    assert late.core.round == 0
    one = One()
    one.hear(proposal(GOOD), Body(0, GOOD), *votes(POLKA, (0, 1, 2), GOOD))
    assert one.votes(POLKA) == []
    one.begin()
    assert one.votes(POLKA) == [block_id(GOOD)]
    assert one.votes(COMMIT) == [block_id(GOOD)]


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


def decided_height_zero() -> One:
    """Validator 3 at height 1, having heard votes and a proposal at height 0."""
    one = One().begin()
    one.hear(proposal(GOOD), vote(POLKA, 0, GOOD), Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD))
    one.out += one.core.start(1, FOUR, 3)
    return one


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
