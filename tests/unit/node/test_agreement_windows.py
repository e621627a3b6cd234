"""When a height's window ends: at its time, or as soon as all that it could bring is here."""

from __future__ import annotations

from dataclasses import replace

from node.agreement.effects import Broadcast, Timeout, Timer
from node.agreement.messages import Proposal, Seen, Step
from node.agreement.timeouts import Timeouts
from tests.agreement_one import One, seen


def step_of(one: One) -> Step:
    return one.core.step


def test_agreement_a_window_ends_once_nothing_more_can_come() -> None:
    """What is held is said at once, and the proposer proposes; the timer that comes later changes nothing."""
    one = One(me=0)
    one.hear(seen(1))
    assert step_of(one) is Step.WAIT
    one.blocks.all_here = True
    one.out += one.core.retry()
    assert step_of(one) is Step.PROPOSE
    said = [effect.message for effect in one.out if isinstance(effect, Broadcast)]
    assert [type(message) for message in said] == [Seen]
    one.hear(seen(2))
    assert [type(e.message) for e in one.out if isinstance(e, Broadcast)].count(Proposal) == 1
    before = list(one.out)
    one.time(Timeout.WINDOW)
    assert one.out == before


def test_agreement_a_window_ends_early_by_what_others_say_too() -> None:
    """Any message is an occasion to look whether all is here."""
    one = One(me=3)
    one.blocks.all_here = True
    one.hear(seen(1))
    assert Timer(Timeout.PROPOSE, 0, 0) in one.timers()


def test_agreement_whole_windows_run_to_their_end() -> None:
    """Where all batches are to be as long, having everything ends no window."""
    one = One(me=0)
    one.core.timeouts = replace(Timeouts(), early=False)
    one.blocks.all_here = True
    one.hear(seen(1), seen(2))
    assert step_of(one) is Step.WAIT
    one.begin()
    assert step_of(one) > Step.WAIT


def test_agreement_an_observer_closes_windows_in_silence() -> None:
    """Who has no vote says nothing when the window ends."""
    one = One(me=None)
    one.blocks.all_here = True
    one.out += one.core.retry()
    assert step_of(one) is Step.PROPOSE
    assert not [effect for effect in one.out if isinstance(effect, Broadcast)]


def test_agreement_a_window_ends_with_those_of_a_quorum() -> None:
    """Three of four have closed theirs: no clock needs to run on; two may be a liar's and a fast one's."""
    one = One(me=3)
    one.hear(seen(0), seen(1))
    assert step_of(one) is Step.WAIT
    one.hear(seen(2))
    assert step_of(one) is Step.PROPOSE
    assert [type(effect.message) for effect in one.out if isinstance(effect, Broadcast)] == [Seen]


def test_agreement_a_window_runs_on_while_what_a_quorum_vouches_for_is_not_here() -> None:
    """Else this node's statement would leave out what all others hold, and a proposer could build on that."""
    one = One(me=3)
    one.blocks.lacking = True
    one.hear(seen(0), seen(1), seen(2))
    assert step_of(one) is Step.WAIT
    one.blocks.lacking = False
    one.out += one.core.retry()
    assert step_of(one) is Step.PROPOSE
