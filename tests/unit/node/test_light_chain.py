"""Which headers a light client believes: changes of validators, overlaps, forks, forgeries and old ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.agreement.validators import Validator, ValidatorSet
from node.catchup.light import Pin, Trusted
from node.catchup.messages import Checkpoint
from node.light.chain import MAX_LAG, LightChain
from node.light.errors import Forked, LyingNode, NotBelieved
from sim.cluster import mac_holds
from tests.unit.node.test_catchup_light import HORIZON, NETWORK, NEXT, OLD, OTHERS, checkpoint, key


def chain(pin: Pin | None = None) -> LightChain:
    """One that trusts the genesis's validators."""
    trusted = Trusted(-1, OLD) if pin is None else None
    return LightChain(NETWORK, mac_holds, trusted, pin, HORIZON)


def test_headers_are_followed_through_a_change_of_validators() -> None:
    """Those who decide now, and those they hand over to."""
    found = chain()
    assert found.take(checkpoint(3, OLD, OLD), "").header.height == 3
    found.take(checkpoint(8, OLD, NEXT), "")
    found.take(checkpoint(12, NEXT, NEXT), "")
    assert (found.height, found.head is not None) == (12, True)
    assert found.trusted is not None
    assert found.trusted.next == NEXT


def test_strangers_and_a_leap_beyond_the_horizon_are_not_believed() -> None:
    """However well they certify one another."""
    found = chain()
    for stranger in (checkpoint(3, OTHERS, OTHERS), checkpoint(HORIZON + 9, NEXT, NEXT)):
        with pytest.raises(NotBelieved):
            found.take(stranger, "a node")
    assert found.height == -1


def test_a_third_of_those_trusted_carries_over_a_change_that_was_not_seen() -> None:
    """Three of four stayed, and their stakes are still liable."""
    found = chain()
    found.take(checkpoint(20, NEXT, NEXT), "")
    assert found.height == 20
    # What was decided before it by the validators of now is of a time in which they may not have been that yet.
    with pytest.raises(NotBelieved):
        found.take(checkpoint(15, NEXT, NEXT), "a node")


def test_an_earlier_header_counts_while_validators_are_the_same() -> None:
    """A proof a block or two old is under such a header; it takes nothing back."""
    found = chain()
    found.take(checkpoint(8, OLD, NEXT), "")
    found.take(checkpoint(20, NEXT, NEXT), "")
    assert found.take(checkpoint(19, NEXT, NEXT), "").header.height == 19
    assert found.take(checkpoint(8, OLD, NEXT), "").header.height == 8
    assert found.height == 20
    with pytest.raises(NotBelieved):
        found.take(checkpoint(7, OLD, OLD), "a node")


def test_an_overtaken_header_is_too_old_for_an_answer() -> None:
    """A node that is kept behind does not keep its users behind."""
    found = chain()
    old = found.take(checkpoint(3, OLD, OLD), "")
    found.take(checkpoint(3 + MAX_LAG, OLD, OLD), "")
    found.recent(old, "a node")
    found.take(checkpoint(5 + MAX_LAG, OLD, OLD), "")
    with pytest.raises(NotBelieved):
        found.recent(old, "a node")


@pytest.mark.parametrize("first", [5, 9])
def test_two_certified_blocks_of_one_height_are_a_fork(first: int) -> None:
    """Whether the client has gone on since or not: at least a third of the validators signed both."""
    found = chain()
    found.take(checkpoint(5, OLD, OLD), "")
    found.take(checkpoint(first, OLD, OLD), "")
    other = replace(checkpoint(5, OLD, OLD), body_hash=b"c" * 32)
    with pytest.raises(LyingNode):
        found.take(other, "a node")
    with pytest.raises(Forked) as caught:
        found.take(another_block(5), "a node")
    assert caught.value.height == 5


def test_a_block_that_follows_another_than_the_one_believed_is_a_fork() -> None:
    """It names the one before it, which may have been seen."""
    found = chain()
    found.take(checkpoint(5, OLD, OLD), "")
    with pytest.raises(Forked) as caught:
        found.take(checkpoint(6, OLD, OLD), "a node")
    assert caught.value.height == 5


def test_a_forged_certificate_is_a_lie() -> None:
    """Unlike a header that only does not follow: who sends it is not asked again."""
    found, good = chain(), checkpoint(8, OLD, NEXT)
    with pytest.raises(LyingNode):
        found.take(checkpoint(8, OLD, NEXT, (0, 1)), "a node")
    with pytest.raises(LyingNode):
        found.take(replace(good, validators=OTHERS.members), "a node")


def test_a_pin_is_where_belief_begins() -> None:
    """The operator's block is believed whoever certified it, and no other of its height."""
    wanted = checkpoint(30, OTHERS, OTHERS)
    found = chain(Pin(30, wanted.certificate.block))
    assert found.height == 29
    with pytest.raises(LyingNode):
        found.take(checkpoint(30, NEXT, NEXT), "a node")
    found.take(wanted, "")
    found.take(checkpoint(33, OTHERS, OTHERS), "")
    assert found.height == 33


def another_block(height: int) -> Checkpoint:
    """Another one of that height, certified by the same validators."""
    return checkpoint(height, OLD, ValidatorSet((*OLD.members[:3], Validator(key(3), 2))))
