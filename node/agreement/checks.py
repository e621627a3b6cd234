"""Whose signatures a message carries: the only thing that makes it true."""

from __future__ import annotations

from node.agreement.application import Verify
from node.agreement.messages import Ballot, Certificate, Proposal, Seen, Vote, vote_digest
from node.agreement.validators import ValidatorSet


def signed(message: Vote | Proposal | Seen, network: bytes, validators: ValidatorSet, verify: Verify) -> bool:
    """Whether the validator it names as its sender signed it."""
    key = validators.members[message.sender].key
    return verify(key, message.signed(network), message.signature)


def certified(certificate: Certificate, network: bytes, validators: ValidatorSet, verify: Verify) -> bool:
    """Whether distinct validators with a quorum's power signed it."""
    found = signers(certificate, network, validators, verify)
    return found is not None and sum(validators.members[i].power for i in found) >= validators.quorum


def proven(proposal: Proposal, network: bytes, validators: ValidatorSet, verify: Verify) -> bool:
    """Whether a proposal of an earlier round's block carries that block's polka of its valid round."""
    polka = proposal.polka
    return (
        polka is not None
        and (polka.ballot, polka.height, polka.round, polka.block)
        == (Ballot.PREVOTE, proposal.height, proposal.valid_round, proposal.block)
        and certified(polka, network, validators, verify)
    )


def signers(
    certificate: Certificate, network: bytes, validators: ValidatorSet, verify: Verify
) -> tuple[int, ...] | None:
    """The positions of those who signed it, each once and in order; ``None`` where any part of it is false."""
    digest = vote_digest(network, certificate.ballot, certificate.height, certificate.round, certificate.block)
    members, last = validators.members, -1
    for sender, signature in certificate.votes:
        if not last < sender < len(members) or not verify(members[sender].key, digest, signature):
            return None
        last = sender
    return tuple(sender for sender, _ in certificate.votes)
