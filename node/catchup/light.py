"""Following the validators without the blocks: which sets of them may be believed, from one that is.

As in Tendermint's light client (Braithwaite et al., "Tendermint blockchain synchronization: formal specification
and model checking", 2020): a header is believed if the set we believe in decided it, or if more than a third of
that set's power signed it and their stakes are still liable, since one of them at least is honest then.
"""

from __future__ import annotations

from dataclasses import dataclass

from intents.errors import WalrasError
from node.agreement.application import Verify
from node.agreement.checks import signers
from node.agreement.messages import Ballot, light_id
from node.agreement.validators import MAX_POWER, MAX_VALIDATORS, Validator, ValidatorSet
from node.catchup.errors import Forged
from node.catchup.messages import Checkpoint
from node.chain.blocks import Header, decode_header


@dataclass(frozen=True, slots=True)
class Pin:
    """A block that an operator vouches for: whatever leads past its height leads through it."""

    height: int
    block: bytes


@dataclass(frozen=True, slots=True)
class Trusted:
    """``next``: the set known to decide the height after ``height``."""

    height: int
    next: ValidatorSet


@dataclass(frozen=True, slots=True)
class Light:
    """A checkpoint that holds in itself: a quorum of the set it names decided the block it names."""

    header: Header
    block: bytes
    signed_by: tuple[int, ...]
    validators: ValidatorSet
    next_validators: ValidatorSet


def hold_against_itself(found: Checkpoint, network: bytes, verify: Verify) -> Light:
    """Raises ``Forged`` where any part does not fit the others; whether the set is the real one is not asked."""
    try:
        header = decode_header(found.header)
    except WalrasError as error:
        raise Forged("checkpoint", "its header") from error
    validators, following = _set(found.validators), _set(found.next_validators)
    if validators.digest() != header.validators or following.digest() != header.next_validators:
        raise Forged("checkpoint", "a set of validators")
    block, certificate = light_id(found.header, found.body_hash), found.certificate
    if header.network != network or (certificate.ballot, certificate.height, certificate.block) != (
        Ballot.PRECOMMIT,
        header.height,
        block,
    ):
        raise Forged("checkpoint", "its certificate's place")
    by = signers(certificate, network, validators, verify)
    if by is None or sum(validators.members[i].power for i in by) < validators.quorum:
        raise Forged("checkpoint", "its certificate")
    return Light(header, block, by, validators, following)


def follow(trusted: Trusted | None, pin: Pin | None, light: Light, horizon: int) -> Trusted | None:
    """What is believed after ``light``; ``None`` where it does not follow from what is. ``horizon``: heights for
    which those who signed stay liable. Raises ``Forged`` where it contradicts the pin."""
    height, after = light.header.height, Trusted(light.header.height, light.next_validators)
    if pin is not None and height == pin.height:
        if light.block != pin.block:
            raise Forged("checkpoint", "the block that the operator vouches for")
        return after
    if trusted is None or height <= trusted.height:
        return None
    if pin is not None and trusted.height < pin.height < height:
        return None
    if light.header.validators == trusted.next.digest():
        return after
    power = {member.key: member.power for member in trusted.next.members}
    behind = sum(power.get(light.validators.members[i].key, 0) for i in light.signed_by)
    return after if height - trusted.height <= horizon and 3 * behind > trusted.next.power else None


def _set(members: tuple[Validator, ...]) -> ValidatorSet:
    keys = {member.key for member in members}
    if not 0 < len(keys) == len(members) <= MAX_VALIDATORS or sum(m.power for m in members) > MAX_POWER:
        raise Forged("checkpoint", "a set of validators")
    return ValidatorSet(members)
