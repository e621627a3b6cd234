"""What validators that do not keep to the protocol send: each lie is a function of the message it replaces.

The liar's own node runs honest code; what it hands to the network is replaced on the way, per receiver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Final, TypeVar

from intents.errors import WalrasError
from node.agreement.core import MAX_SKIP
from node.agreement.messages import Ballot, Body, Certificate, Decision, Message, Proposal, Seen, Vote, block_id
from node.chain.blocks import Block, decode_block, encode_block
from sim.cluster import Cluster, Member, mac

Signed = TypeVar("Signed", Vote, Proposal, Seen)
Lie = Callable[[Cluster, Member, int, Message, Random], Iterable[Message]]


def lies(
    lie: str, cluster: Cluster, member: Member, target: int, message: Message, rng: Random
) -> Iterable[Message]:
    """What a validator that lies in this way sends to ``target`` in place of ``message``. ``any`` mixes all."""
    chosen = _BY_NAME[rng.choice(_NAMES)] if lie == "any" else _BY_NAME.get(lie, _truth)
    return chosen(cluster, member, target, message, rng)


def _truth(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    return (message,)


def _silent(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    return ()


def _double_vote(
    cluster: Cluster, member: Member, target: int, message: Message, rng: Random
) -> Iterable[Message]:
    """To each peer a vote for something else."""
    if not isinstance(message, Vote):
        return (message,)
    blocks: list[bytes | None] = [None, *member.machine.agreement.bodies]
    return (_signed(cluster, member, replace(message, block=rng.choice(blocks))),)


def _double_proposal(
    cluster: Cluster, member: Member, target: int, message: Message, rng: Random
) -> Iterable[Message]:
    """To half of the peers another block, which is not valid."""
    if not isinstance(message, Proposal) or message.valid_round >= 0:
        return (message,)
    body = member.machine.agreement.bodies.get(message.block)
    if body is None or rng.random() < 0.5:
        return (message,)
    other = body[:-1] + bytes([body[-1] ^ 1])
    return (Body(message.height, other), _signed(cluster, member, replace(message, block=block_id(other))))


def _censor(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    """Claims to have seen nothing."""
    if isinstance(message, Seen):
        return (_signed(cluster, member, replace(message, ids=())),)
    return (message,)


def _forge(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    """Votes in the receiver's own name, and without a signature."""
    if isinstance(message, Vote):
        return (message, replace(message, sender=target), replace(message, signature=b"\0" * 32))
    return (message,)


def _omit(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    """Proposes blocks that lack an item, and are right in everything else."""
    if isinstance(message, Body):
        return (Body(message.height, _without_one(member, message.block)),)
    if isinstance(message, Proposal) and message.valid_round < 0:
        body = member.machine.agreement.bodies.get(message.block)
        if body is not None:
            return (_signed(cluster, member, replace(message, block=block_id(_without_one(member, body)))),)
    return (message,)


def _without_one(member: Member, body: bytes) -> bytes:
    """The block less an item; what is none, being another's lie passed on, as it is."""
    app = member.machine.app
    try:
        block = decode_block(body)
    except WalrasError:
        return body
    if not block.items or block.height != app.height + 1:
        return body
    left_out = body[-1] % len(block.items)
    items = (*block.items[:left_out], *block.items[left_out + 1 :])
    outcome = app.outcome(block.height, block.header.round, items, block.evidence)
    header = replace(block.header, state_root=outcome.change.root, next_validators=outcome.next_validators)
    return encode_block(Block(header, block.seen, items, block.evidence))


def _withhold(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    """Bodies go to every second peer only, asked for or not."""
    return () if isinstance(message, Body) and (message.height + target) % 2 else (message,)


def _jump(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    """Every vote once more, for a round far ahead."""
    if not isinstance(message, Vote):
        return (message,)
    ahead = rng.choice((1, 2, MAX_SKIP, 2 * MAX_SKIP))
    return (message, _signed(cluster, member, replace(message, round=message.round + ahead)))


def _false_polka(
    cluster: Cluster, member: Member, target: int, message: Message, rng: Random
) -> Iterable[Message]:
    """Says that a new block had a polka a round ago."""
    if not isinstance(message, Proposal) or message.round == 0:
        return (message,)
    earlier = message.round - 1
    polka = _false_certificate(
        cluster, member, Vote(Ballot.PREVOTE, message.height, earlier, message.block, 0), rng
    )
    return (_signed(cluster, member, replace(message, valid_round=earlier, polka=polka)),)


def _false_decision(
    cluster: Cluster, member: Member, target: int, message: Message, rng: Random
) -> Iterable[Message]:
    """Says with every precommit that something was decided already."""
    if not isinstance(message, Vote) or message.ballot is Ballot.PREVOTE:
        return (message,)
    block = bytes(4) + rng.randbytes(8)
    vote = Vote(Ballot.PRECOMMIT, message.height, message.round, block_id(block), 0)
    return (message, Decision(message.height, block, _false_certificate(cluster, member, vote, rng)))


def _false_certificate(cluster: Cluster, member: Member, vote: Vote, rng: Random) -> Certificate:
    """As many signatures as there are validators: the liar's own again and again, or none that are any."""
    count = len(cluster.genesis.validators)
    own = _signed(cluster, member, vote).signature
    repeated, random = ((member.index, own),) * count, tuple((i, rng.randbytes(32)) for i in range(count))
    votes = rng.choice((repeated, random))
    assert vote.block is not None
    return Certificate(vote.ballot, vote.height, vote.round, vote.block, votes)


def _relapse(cluster: Cluster, member: Member, target: int, message: Message, rng: Random) -> Iterable[Message]:
    """Lets one peer alone decide, and then, whatever is locked, proposes other sound blocks and votes for them."""
    if not isinstance(message, Vote | Proposal):
        return (message,)
    if message.round == 0:
        lets_know = not isinstance(message, Vote) or message.ballot is Ballot.PREVOTE
        return (message,) if lets_know or target == message.height % len(cluster.genesis.validators) else ()
    body = member.lied.get((message.height, message.round))
    if isinstance(message, Vote):
        return (message,) if body is None else (_signed(cluster, member, replace(message, block=block_id(body))),)
    if body is None:
        body = _anew(member, message)
        if body is None:
            return (message,)
        member.lied[message.height, message.round] = body
    proposal = replace(message, block=block_id(body), valid_round=-1, polka=None)
    return (Body(message.height, body), _signed(cluster, member, proposal))


def _anew(member: Member, proposal: Proposal) -> bytes | None:
    """A block that would be right, were there no lock."""
    app, agreement = member.machine.app, member.machine.agreement
    if proposal.height != app.height + 1 or proposal.height != agreement.height:
        return None
    seen = [agreement.seen[sender] for sender in sorted(agreement.seen)]
    power = sum(agreement.validators.members[sender].power for sender in agreement.seen)
    enough = power >= agreement.validators.quorum
    return app.propose(proposal.height, proposal.round, seen) if enough else None


def _signed(cluster: Cluster, member: Member, message: Signed) -> Signed:
    key = cluster.genesis.validators[member.index].key
    return replace(message, signature=mac(key, message.signed(member.machine.app.network)))


_BY_NAME: Final[Mapping[str, Lie]] = {
    "silent": _silent,
    "double-vote": _double_vote,
    "double-proposal": _double_proposal,
    "censor": _censor,
    "forge": _forge,
    "omit": _omit,
    "withhold": _withhold,
    "jump": _jump,
    "false-polka": _false_polka,
    "false-decision": _false_decision,
    "relapse": _relapse,
}
_NAMES: Final = tuple(_BY_NAME)
LIES: Final = (*_NAMES, "any")
