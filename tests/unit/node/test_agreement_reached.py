"""Votes move a validator when they reach what a rule asks for, and at no other time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from node.agreement.effects import Timeout
from node.agreement.messages import Body, Message, block_id
from tests.agreement_one import BAD, COMMIT, GOOD, OTHER, POLKA, One, proposal, vote

ROUNDS = st.integers(0, 2)
BLOCKS = st.sampled_from([GOOD, OTHER, BAD])
#: Votes of the other three, who may contradict themselves; proposals of whose turn it is; bodies.
SAID: st.SearchStrategy[Message] = st.one_of(
    st.builds(vote, st.sampled_from([POLKA, COMMIT]), st.integers(0, 2), BLOCKS | st.none(), ROUNDS),
    st.builds(proposal, BLOCKS, ROUNDS),
    st.builds(Body, st.just(0), BLOCKS),
)
TIMEOUTS = st.tuples(st.sampled_from(list(Timeout)), ROUNDS)


def test_line_36_a_polka_that_comes_after_a_mixed_quorum_locks_too() -> None:
    """A quorum has voted, for different things; the fourth vote makes a quorum for one of them."""
    one = One().begin()
    one.hear(proposal(GOOD), Body(0, GOOD), vote(POLKA, 0, None), vote(POLKA, 1, GOOD))
    assert one.votes(COMMIT) == []
    one.hear(vote(POLKA, 2, GOOD))
    assert one.votes(COMMIT) == [block_id(GOOD)]


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
