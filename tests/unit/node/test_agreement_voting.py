"""Tendermint, lines 34 to 51 of Algorithm 1: what quorums of prevotes and precommits lead to."""

from __future__ import annotations

from node.agreement.effects import (
    Broadcast,
    Decide,
    Locked,
    Persist,
    Pull,
    Sent,
    SetTimer,
    Timeout,
    Timer,
    Validated,
)
from node.agreement.messages import (
    Body,
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
    proposal,
    vote,
    votes,
)


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
