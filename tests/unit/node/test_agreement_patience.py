"""Whom a validator waits for, and how long: by what it has heard of the others."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

import pytest

from node.agreement.ear import Ear
from node.agreement.effects import Timeout, Timer
from node.agreement.elsewhere import SILENT_HEIGHTS
from node.agreement.messages import Proposal, Seen
from node.agreement.patience import CALM_HEIGHTS, MAX_SLACK, TURNS_REMEMBERED, Patience
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator, ValidatorSet
from tests.agreement_one import COMMIT, FOUR, KEYS, NETWORK, POLKA, One, holds, mac, vote, votes

#: Of the six heights from 0 on, at which validator 2 is silent, the first after them is its turn.
AFTER = SILENT_HEIGHTS
SEVEN = ValidatorSet(tuple(Validator(bytes([i + 1]) * 32) for i in range(7)))


def seen_at(height: int, sender: int) -> Seen:
    said = Seen(height, (b"\1" * 32,), sender)
    return replace(said, signature=mac(KEYS[sender], said.signed(NETWORK)))


def after_heights(heard: Sequence[int], heights: int = SILENT_HEIGHTS, validators: ValidatorSet = FOUR) -> One:
    """Validator 3 after so many heights at which it heard only those ``heard``."""
    one = One()
    for height in range(heights):
        one.hear(*(seen_at(height, sender) for sender in heard))
        one.out += one.core.start(height + 1, FOUR if height + 1 == heights else validators, 3)
    return one


def in_time(one: One, height: int = AFTER) -> list[Timeout]:
    """Its timers for a proposal of round 0, once all but validator 2 have said what they hold."""
    one.begin()
    one.hear(seen_at(height, 0), seen_at(height, 1))
    kinds = (Timeout.PROPOSE, Timeout.OVERDUE, Timeout.SILENT)
    return [timer.kind for timer in one.timers() if timer.height == height and timer.kind in kinds]


def test_agreement_a_quorum_s_statements_end_the_wait_for_windows() -> None:
    """Until then the proposer's may still run; from then on it has its time to propose, and no more."""
    one = One().begin()
    one.hear(seen_at(0, 0))
    assert Timer(Timeout.OVERDUE, 0, 0) not in one.timers()
    one.hear(seen_at(0, 1))
    assert one.timers().count(Timer(Timeout.OVERDUE, 0, 0)) == 1
    one.hear(seen_at(0, 2))
    assert one.timers().count(Timer(Timeout.OVERDUE, 0, 0)) == 1
    one.time(Timeout.OVERDUE)
    assert one.votes(POLKA) == [None]


def test_agreement_a_silent_proposer_has_little_time() -> None:
    """Nothing was heard of it for six heights: its turn is soon over."""
    one = after_heights((0, 1))
    assert in_time(one) == [Timeout.PROPOSE, Timeout.SILENT]
    one.time(Timeout.SILENT)
    assert one.votes(POLKA) == [None]


def test_agreement_who_is_heard_again_has_all_its_time() -> None:
    """What it says at this very height is enough: the short wait ends nothing, the usual one begins."""
    one = after_heights((0, 1))
    in_time(one)
    one.hear(seen_at(AFTER, 2))
    assert Timer(Timeout.OVERDUE, AFTER, 0) in one.timers()
    one.time(Timeout.SILENT)
    assert one.votes(POLKA) == []
    one.time(Timeout.OVERDUE)
    assert one.votes(POLKA) == [None]


def test_agreement_who_comes_late_is_not_silent() -> None:
    """A statement or a vote of a height gone by shows that its sender is there, if it signed it."""
    for late in (seen_at(2, 2), vote(POLKA, 2, None, height=2)):
        one = after_heights((0, 1), SILENT_HEIGHTS - 1)
        one.hear(replace(late, signature=b"x" * 32))
        one.out += one.core.start(AFTER, FOUR, 3)
        assert in_time(one) == [Timeout.PROPOSE, Timeout.SILENT]
        one = after_heights((0, 1), SILENT_HEIGHTS - 1)
        one.hear(late)
        one.out += one.core.start(AFTER, FOUR, 3)
        assert in_time(one) == [Timeout.PROPOSE, Timeout.OVERDUE]


def test_agreement_few_heights_tell_nothing() -> None:
    """A node that has just begun, and a validator that has just joined, are given their time."""
    one = after_heights((0, 1), 2)
    assert in_time(one, 2) == [Timeout.PROPOSE, Timeout.OVERDUE]
    without = ValidatorSet(tuple(Validator(key) for key in KEYS if key != KEYS[2]))
    one = after_heights((0, 1), SILENT_HEIGHTS, without)
    assert in_time(one) == [Timeout.PROPOSE, Timeout.OVERDUE]


def test_agreement_what_is_heard_at_one_of_the_heights_is_enough() -> None:
    """Six heights on end it must be."""
    one = One()
    for height in range(AFTER):
        one.hear(seen_at(height, 0), seen_at(height, 1), *([seen_at(height, 2)] if height == 1 else []))
        one.out += one.core.start(height + 1, FOUR, 3)
    assert in_time(one) == [Timeout.PROPOSE, Timeout.OVERDUE]


def patience(unheard: Sequence[int] = (), proposed: int = 0) -> Patience:
    """At a height at which all but ``unheard`` are heard, with proposals of the first so many rounds."""
    found, ear = Patience(), Ear(NETWORK, holds, 0, FOUR, [])
    ear.heard |= set(range(4)) - set(unheard)
    for round in range(proposed):
        ear.tally.propose(Proposal(0, round, b"\1" * 32, -1, None, FOUR.proposer(0, round)))
    found.begin(ear, frozenset())
    return found


def waits_ms(of: Patience, kind: Timeout = Timeout.OVERDUE) -> list[int]:
    return [of.after_ms(Timeouts(), kind, round) for round in range(6)]


def test_agreement_waits_grow_with_rounds_of_those_who_are_there() -> None:
    """By one step more for each; a round of one that is not heard, here 1 in rounds 1 and 5, lengthens nothing."""
    assert waits_ms(patience()) == [1000, 1500, 2500, 4000, 6000, 8500]
    assert waits_ms(patience(unheard=(1,))) == [1000, 1500, 1500, 2500, 4000, 6000]
    assert waits_ms(patience(unheard=(1,)), Timeout.SILENT) == [250, 750, 750, 1750, 3250, 5250]


def test_agreement_who_says_nothing_in_a_whole_round_is_silent_in_the_next() -> None:
    """Whatever was heard of it before: it would have said what it holds."""
    one = patience(unheard=(0, 1))
    assert [one.silent(round) for round in range(6)] == [False, True, False, False, True, True]


def test_agreement_patience_lasts_over_heights_and_wears_off() -> None:
    """What one height had to learn the next knows; calm heights make it forget, and it is bounded."""
    one = patience(proposed=100)
    one.end(3)
    assert waits_ms(one)[0] == 2500
    assert waits_ms(one, Timeout.SILENT)[0] == 250
    for _ in range(CALM_HEIGHTS):
        assert waits_ms(one)[0] == 2500
        one.end(0)
    assert waits_ms(one)[0] == 1500
    one.end(100)
    assert waits_ms(one)[0] == waits_ms(patience())[0] + 500 * MAX_SLACK * (MAX_SLACK + 1) // 2
    for _ in range(CALM_HEIGHTS * MAX_SLACK):
        one.end(0)
    assert waits_ms(one) == waits_ms(patience())


def test_agreement_who_speaks_and_proposes_nothing_lengthens_no_later_height() -> None:
    """Else two of seven who vote and never propose made every wait eleven times as long. Of the rounds that had a
    proposal the last asked for most, and is one of four's alone."""
    for proposed, lost in ((0, 5), (1, 1), (1, 5), (100, 3)):
        one = patience(proposed=proposed)
        at_first, later = waits_ms(one), waits_ms(patience())
        one.end(lost)
        slack = max(0, min(proposed, lost) - 1)
        assert at_first == later
        assert waits_ms(one)[0] == 1000 + 500 * slack * (slack + 1) // 2


def first_waits_ms(validators: ValidatorSet, late: Sequence[Container[int]]) -> list[int]:
    """The first wait of each height, and of the one after: at height h proposals of those in ``late[h]`` come too
    late, round by round until it is the turn of somebody else."""
    found, one = list[int](), Patience()
    for height in range(len(late) + 1):
        ear = Ear(NETWORK, holds, height, validators, [])
        ear.heard |= set(range(len(validators)))
        one.begin(ear, frozenset())
        found.append(one.after_ms(Timeouts(), Timeout.OVERDUE, 0))
        round = 0
        while height < len(late) and (sender := validators.proposer(height, round)) in late[height]:
            ear.tally.propose(Proposal(height, round, b"\1" * 32, -1, None, sender))
            round += 1
        one.end(round)
    return found


@pytest.mark.parametrize("faulty", [(0,), (0, 1), (0, 3), (5, 6)])
def test_agreement_late_proposals_of_a_third_lengthen_no_later_height(faulty: Sequence[int]) -> None:
    """Two of seven, side by side and apart, for as long as they like."""
    assert first_waits_ms(SEVEN, [faulty] * 60) == [1000] * 61


def test_agreement_late_proposals_of_more_than_a_third_lengthen_later_heights() -> None:
    """The third of seven proves that one honest one needs more; and all that need more soon have it."""
    assert first_waits_ms(SEVEN, [(0,), (1,), (2,)]) == [1000, 1000, 1000, 1500]
    assert first_waits_ms(SEVEN, [(0, 1, 2, 3)]) == [1000, 2500]


def test_agreement_who_is_late_is_counted_by_its_power() -> None:
    """One with three of seven votes is more than a third by itself, two with one each are not."""
    uneven = ValidatorSet((Validator(b"a" * 32, 3), *(Validator(bytes([i]) * 32) for i in range(4))))
    turn = next(height for height in range(7) if uneven.proposer(height, 0) == 0)
    assert first_waits_ms(uneven, [(0,)] * (turn + 1))[-1] == 1500
    assert first_waits_ms(uneven, [(1, 2)] * 30) == [1000] * 31


def test_agreement_late_proposals_are_forgotten() -> None:
    """After four turns of everybody: three of seven that were late once, each at another time, teach nothing."""
    turns = TURNS_REMEMBERED * 7
    late: list[Container[int]] = [()] * (2 * turns + 1)
    late[0], late[turns // 2 + 1], late[turns + 2] = (0,), (1,), (2,)
    assert [
        late[height] and SEVEN.proposer(height, 0) in late[height] for height in (0, turns // 2 + 1, turns + 2)
    ]
    assert first_waits_ms(SEVEN, late) == [1000] * (2 * turns + 2)


def test_agreement_a_round_of_nothing_is_over_at_once() -> None:
    """A quorum prevoted nil and a quorum precommitted nil: no block can have a polka or be decided there."""
    one = One().begin()
    one.hear(*votes(POLKA, (0, 1, 2), None), *votes(COMMIT, (0, 1), None))
    assert one.core.round == 0
    one.hear(vote(COMMIT, 2, None))
    assert one.core.round == 1


def test_agreement_a_round_that_may_have_a_polka_is_waited_for() -> None:
    """A quorum of nil precommits alone leaves room for one that is on its way."""
    one = One().begin()
    one.hear(*votes(POLKA, (0, 1), None), *votes(COMMIT, (0, 1, 2), None))
    assert one.core.round == 0
    assert Timer(Timeout.PRECOMMIT, 0, 0) in one.timers()
