"""The speaking half alone: what is on disk before what leaves, and nothing said twice in other words."""

from __future__ import annotations

import pytest

from node.agreement.effects import Broadcast, Effect, Persist, Sent
from node.agreement.messages import Ballot, Message
from node.agreement.voice import Voice
from sim.cluster import mac

NETWORK, KEY = b"n" * 32, b"k" * 32
ONE, TWO = b"\1" * 32, b"\2" * 32


def voice(out: list[Effect], me: int | None = 0) -> Voice:
    return Voice(NETWORK, lambda digest: mac(KEY, digest), 7, me, out)


def spoken(one: Voice) -> list[Message]:
    """A statement, a proposal and both votes."""
    said = [
        one.seen((TWO, ONE)),
        one.proposal(0, b"block", -1, None),
        one.vote(Ballot.PREVOTE, 0, ONE),
        one.vote(Ballot.PRECOMMIT, 0, ONE),
    ]
    return [message for message in said if message is not None]


def test_every_word_is_on_disk_before_it_leaves() -> None:
    """Each broadcast was a record of an earlier effect."""
    out: list[Effect] = []
    assert len(spoken(voice(out))) == 4
    written: list[Message] = []
    for effect in out:
        if isinstance(effect, Persist):
            written += [record.message for record in effect.records if isinstance(record, Sent)]
        elif isinstance(effect, Broadcast):
            assert effect.message in written


@pytest.mark.parametrize("again", [False, True])
def test_a_place_is_spoken_at_once_only(again: bool) -> None:
    """In this life or, by the log, in one before: nothing else is signed for it."""
    first: list[Effect] = []
    one = voice(first)
    said = spoken(one)
    if again:
        one = voice([])
        for message in said:
            one.again(message)
    assert one.seen((ONE,)) is None
    assert one.proposal(0, b"another", -1, None) is None
    assert one.vote(Ballot.PREVOTE, 0, TWO) is None
    assert one.vote(Ballot.PRECOMMIT, 0, None) is None
    assert one.vote(Ballot.PREVOTE, 1, TWO) is not None


def test_what_was_said_is_said_again_in_the_same_bytes() -> None:
    """Without a new record: it is in the log."""
    said = spoken(voice([]))
    out: list[Effect] = []
    one = voice(out)
    for message in said:
        one.again(message)
    assert out == [Broadcast(message) for message in said]


def test_an_observer_says_nothing() -> None:
    """And writes nothing."""
    out: list[Effect] = []
    assert spoken(voice(out, None)) == []
    assert out == []
