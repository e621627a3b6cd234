"""Votes move a validator when they reach what a rule asks for, and at no other time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from node.agreement.effects import Timeout, Timer
from node.agreement.messages import Body, Message, block_id
from tests.agreement_one import BAD, COMMIT, GOOD, OTHER, POLKA, One, proposal, seen, vote

ROUNDS = st.integers(0, 2)
BLOCKS = st.sampled_from([GOOD, OTHER, BAD])
#: Votes of the other three, who may contradict themselves; proposals of whose turn it is; bodies.
SAID: st.SearchStrategy[Message] = st.one_of(
    st.builds(vote, st.sampled_from([POLKA, COMMIT]), st.integers(0, 2), BLOCKS | st.none(), ROUNDS),
    st.builds(proposal, BLOCKS, ROUNDS),
    st.builds(Body, st.just(0), BLOCKS),
)
TIMEOUTS = st.tuples(st.sampled_from(list(Timeout)), ROUNDS)


def among_others() -> One:
    """In round 0, and has heard of everybody."""
    one = One().begin()
    one.hear(*(seen(sender) for sender in range(3)))
    return one


def test_line_36_a_polka_that_comes_after_a_mixed_quorum_locks_too() -> None:
    """A quorum has voted, for different things; the fourth vote makes a quorum for one of them."""
    one = among_others()
    one.hear(proposal(GOOD), Body(0, GOOD), vote(POLKA, 0, None), vote(POLKA, 1, GOOD))
    assert one.votes(COMMIT) == []
    one.hear(vote(POLKA, 2, GOOD))
    assert one.votes(COMMIT) == [block_id(GOOD)]


def test_line_34_the_vote_that_makes_a_mixed_quorum_starts_the_timer() -> None:
    """Whoever it is from, and though no two are alike."""
    one = among_others()
    one.time(Timeout.PROPOSE)
    one.hear(vote(POLKA, 0, GOOD))
    assert Timer(Timeout.PREVOTE, 0, 0) not in one.timers()
    one.hear(vote(POLKA, 1, OTHER))
    assert Timer(Timeout.PREVOTE, 0, 0) in one.timers()


def test_line_55_the_second_voice_from_a_later_round_pulls_one_along() -> None:
    """Of four, two are more than a third."""
    one = among_others()
    one.hear(vote(POLKA, 0, None, round=1))
    assert one.core.round == 0
    one.hear(vote(POLKA, 1, GOOD, round=1))
    assert one.core.round == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(SAID | TIMEOUTS, max_size=40))
def test_what_moves_nobody_when_it_comes_moves_nobody_later(events: list[Message | tuple[Timeout, int]]) -> None:
    """After every event all rules that apply have been applied: to look at them again brings nothing."""
    one = One().begin()
    for event in events:
        if isinstance(event, tuple):
            one.time(*event)
        else:
            one.hear(event)
        assert one.core.retry() == []
