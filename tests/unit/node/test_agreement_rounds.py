"""Tendermint, lines 52 to 67 of Algorithm 1: the next height, later rounds, and timers that run out."""

from __future__ import annotations

from node.agreement.core import MAX_SKIP
from node.agreement.effects import (
    Timeout,
    Timer,
)
from node.agreement.messages import (
    Body,
    Step,
    block_id,
)
from node.agreement.timeouts import Timeouts
from tests.agreement_one import (
    COMMIT,
    FOUR,
    GOOD,
    POLKA,
    One,
    decided_height_zero,
    locked_on,
    proposal,
    vote,
    votes,
)


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
    for kind in set(Timeout) - {Timeout.WINDOW}:
        waits = [timeouts.after_ms(kind, 0, lost) for lost in range(5)]
        assert waits == sorted(set(waits))


def test_what_was_promised_in_one_window_has_as_long_in_the_last() -> None:
    """Where windows end early; the last of whole ones is as long as it says, and so is any before it."""
    for early, windows_ms in ((True, [1000, 2000, 2000]), (False, [1000, 2000, 500])):
        timeouts = Timeouts(early=early)
        assert [timeouts.after_ms(Timeout.WINDOW, height, 0) for height in range(3, 6)] == windows_ms
        proposing_ms = [timeouts.after_ms(Timeout.PROPOSE, height, 0) for height in range(3, 6)]
        assert proposing_ms == [window_ms + 1000 for window_ms in windows_ms]
    assert Timeouts((1000, 200, 500)).longest_ms(2) == 500
    assert Timeouts((40,)).longest_ms(1) == 40


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
