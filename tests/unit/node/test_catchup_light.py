"""Following the validators without the blocks, and what is forged on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.agreement.messages import Ballot, Certificate, light_id, vote_digest
from node.agreement.validators import Validator, ValidatorSet
from node.catchup.errors import Forged
from node.catchup.light import Light, Pin, Trusted, follow, hold_against_itself
from node.catchup.messages import Checkpoint
from node.chain.blocks import Header, encode_header
from sim.cluster import mac, mac_holds

NETWORK = b"n" * 32
BODY = b"b" * 32
HORIZON = 100


def key(name: int) -> bytes:
    return bytes([name + 1]) * 32


def group(*names: int) -> ValidatorSet:
    return ValidatorSet(tuple(Validator(key(name)) for name in names))


OLD, NEXT, OTHERS = group(0, 1, 2, 3), group(1, 2, 3, 4), group(6, 7, 8, 9)


def checkpoint(
    height: int,
    by: ValidatorSet,
    after: ValidatorSet,
    signers: tuple[int, ...] = (0, 1, 2),
    network: bytes = NETWORK,
    ballot: Ballot = Ballot.PRECOMMIT,
) -> Checkpoint:
    """Decided by the first three of the set."""
    header = encode_header(
        Header(network, height, 0, b"p" * 32, 0, by.digest(), after.digest(), bytes([height % 256]) * 32)
    )
    block = light_id(header, BODY)
    digest = vote_digest(network, ballot, height, 0, block)
    votes = tuple((i, mac(by.members[i].key, digest)) for i in signers)
    return Checkpoint(header, BODY, Certificate(ballot, height, 0, block, votes), by.members, after.members)


def light(found: Checkpoint) -> Light:
    return hold_against_itself(found, NETWORK, mac_holds)


GOOD = checkpoint(8, OLD, NEXT)


def test_a_checkpoint_that_holds_names_its_signers() -> None:
    """A quorum of its own set."""
    assert light(GOOD).signed_by == (0, 1, 2)
    assert light(GOOD).header.height == 8


@pytest.mark.parametrize(
    "bad",
    [
        checkpoint(8, OLD, NEXT, (0, 1)),
        checkpoint(8, OLD, NEXT, network=b"x" * 32),
        checkpoint(8, OLD, NEXT, ballot=Ballot.PREVOTE),
        replace(GOOD, body_hash=b"c" * 32),
        replace(GOOD, header=checkpoint(9, OLD, NEXT).header),
        replace(GOOD, header=b"\xc1"),
        replace(GOOD, validators=OTHERS.members),
        replace(GOOD, next_validators=OTHERS.members),
        replace(GOOD, next_validators=(OLD.members[0],) * 2),
        replace(GOOD, validators=()),
        replace(GOOD, next_validators=tuple(Validator(key(name)) for name in range(65))),
        replace(GOOD, certificate=replace(GOOD.certificate, height=9)),
        replace(GOOD, certificate=replace(GOOD.certificate, votes=GOOD.certificate.votes[:1] * 3)),
        replace(
            GOOD, certificate=replace(GOOD.certificate, votes=((0, b"\x00" * 32), *GOOD.certificate.votes[1:]))
        ),
    ],
)
def test_what_does_not_hold_in_itself_is_forged(bad: Checkpoint) -> None:
    """Too few, another network, ballot, body, header, set or place, a set of nobody or of more than there may be,
    one signer thrice, no signature."""
    with pytest.raises(Forged):
        light(bad)


def test_what_the_trusted_set_decided_is_believed_however_much_later() -> None:
    """The set did not change in between, or it would not be this one."""
    assert follow(Trusted(-1, OLD), None, light(checkpoint(10_000, OLD, NEXT)), HORIZON) == Trusted(10_000, NEXT)


def test_more_than_a_third_of_the_trusted_carry_over_to_a_set_not_seen_before() -> None:
    """Two of four sign the later set's block: one of them at least is honest."""
    later = group(2, 3, 7, 8)
    assert follow(Trusted(5, OLD), None, light(checkpoint(50, later, later)), HORIZON) == Trusted(50, later)


def test_a_third_or_less_carries_over_to_nothing() -> None:
    """One of four, and one of three, which is a third and not more."""
    for trusted, later in ((OLD, group(3, 7, 8, 9)), (group(0, 1, 2), group(2, 7, 8))):
        found = light(checkpoint(50, later, later))
        assert follow(Trusted(5, trusted), None, found, HORIZON) is None


def test_those_who_did_not_sign_do_not_count() -> None:
    """Three of the old set are members of the new, one of them signed."""
    later = group(7, 8, 3, 1, 2)
    found = light(checkpoint(50, later, later, (0, 1, 2, 3)))
    assert follow(Trusted(5, OLD), None, found, HORIZON) == Trusted(50, later)
    fewer = group(3, 7, 8, 9, 2, 1)
    found = light(checkpoint(50, fewer, fewer, (0, 1, 2, 3, 4)))
    assert follow(Trusted(5, OLD), None, found, HORIZON) == Trusted(50, fewer)
    single = group(3, 7, 8, 9, 6, 1)
    found = light(checkpoint(50, single, single, (0, 1, 2, 3, 4)))
    assert follow(Trusted(5, OLD), None, found, HORIZON) is None


def test_beyond_the_time_they_are_liable_old_signers_do_not_count() -> None:
    """Then they have nothing to lose."""
    later = group(2, 3, 7, 8)
    assert follow(Trusted(5, OLD), None, light(checkpoint(5 + HORIZON, later, later)), HORIZON) is not None
    assert follow(Trusted(5, OLD), None, light(checkpoint(6 + HORIZON, later, later)), HORIZON) is None


def test_nothing_leads_back() -> None:
    """A height that is not later is no news."""
    assert follow(Trusted(8, OLD), None, light(GOOD), HORIZON) is None


def test_a_pinned_block_is_believed_and_another_at_its_height_is_forged() -> None:
    """The operator's word is enough, and binding."""
    found = light(GOOD)
    assert follow(None, Pin(8, found.block), found, HORIZON) == Trusted(8, NEXT)
    with pytest.raises(Forged):
        follow(None, Pin(8, b"z" * 32), found, HORIZON)
    with pytest.raises(Forged):
        follow(Trusted(-1, OLD), Pin(8, b"z" * 32), found, HORIZON)


def test_past_the_pin_leads_only_what_came_through_it() -> None:
    """Old keys can sign any past they like; the operator's block they cannot."""
    beyond = light(checkpoint(20, OLD, OLD))
    assert follow(None, Pin(8, b"z" * 32), beyond, HORIZON) is None
    assert follow(Trusted(-1, OLD), Pin(8, b"z" * 32), beyond, HORIZON) is None
    assert follow(Trusted(8, OLD), Pin(8, b"z" * 32), beyond, HORIZON) == Trusted(20, OLD)
