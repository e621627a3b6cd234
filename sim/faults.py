"""Faults of a campaign: what a world may do to its nodes until a moment after which it must let them be.

Drawn from the seed: messages lost, copied, late; groups cut off; nodes killed between two effects and revived; up
to a third of the validators lying (two votes, two proposals, silence, stale votes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeVar

from node.agreement.messages import Body, Message, Proposal, Seen, Vote, block_id
from node.machine import Effect
from sim.cluster import Cluster, Crash, Member, mac
from sim.links import LinkModel

Signed = TypeVar("Signed", Vote, Proposal, Seen)
LIES: Final = ("double-vote", "double-proposal", "silent", "censor", "forge")


@dataclass(frozen=True, slots=True)
class Plan:
    """What this world does. ``until_us`` is when it stops."""

    until_us: int
    links: LinkModel
    crashes: float
    cuts: int
    liars: tuple[int, ...]
    lie: str


def plan(rng: Random, nodes: int, horizon_us: int) -> Plan:
    """A world's faults, some worlds mild, some without any."""
    until_us = rng.choice([0, horizon_us // 8, horizon_us // 4])
    third = (nodes - 1) // 3
    liars = tuple(sorted(rng.sample(range(nodes), rng.randint(0, third)))) if third else ()
    links = LinkModel(
        slow=rng.choice([0.0, 0.02, 0.2]),
        loss=rng.choice([0.0, 0.05, 0.3]),
        copies=rng.choice([0.0, 0.0, 0.2]),
    )
    return Plan(
        until_us=until_us,
        links=links,
        crashes=rng.choice([0.0, 0.0, 0.001, 0.01]),
        cuts=rng.choice([0, 0, 1, 3]),
        liars=liars,
        lie=rng.choice(LIES),
    )


class Faults:
    """Carries out a plan on a cluster."""

    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        self.cluster, self.plan = cluster, plan
        self.rng = cluster.kernel.stream("faults")
        self.crashed = 0
        cluster.hazard = self.hazard if plan.crashes else None
        cluster.corrupt = self.corrupt if plan.liars else None
        for _ in range(plan.cuts):
            self._cut_some_time()

    def hazard(self, member: Member, effect: Effect) -> None:
        kernel = self.cluster.kernel
        if kernel.now_us < self.plan.until_us and self.rng.random() < self.plan.crashes:
            self.crashed += 1
            kernel.after(self.rng.randint(10_000, 1_500_000), self.cluster.restart, member.index)
            raise Crash

    def corrupt(self, member: Member, target: int, message: Message) -> Iterable[Message]:
        if member.index not in self.plan.liars:
            return (message,)
        return lies(self.plan.lie, self.cluster, member, target, message, self.rng)

    def _cut_some_time(self) -> None:
        if self.plan.until_us == 0:
            return
        nodes = len(self.cluster.members)
        group = set(self.rng.sample(range(nodes), self.rng.randint(0, nodes)))
        begin = self.rng.randrange(self.plan.until_us)
        self.cluster.kernel.at(begin, self.cluster.links.cut, group)
        self.cluster.kernel.at(begin + self.rng.randint(100_000, 3_000_000), self.cluster.links.heal)


def lies(
    lie: str, cluster: Cluster, member: Member, target: int, message: Message, rng: Random
) -> Iterable[Message]:
    """What a validator that lies in this way sends to ``target`` in place of ``message``."""
    match lie:
        case "silent":
            return ()
        case "double-vote" if isinstance(message, Vote):
            return (_other_vote(cluster, member, message, rng),)
        case "double-proposal" if isinstance(message, Proposal) and message.valid_round < 0:
            return _other_proposal(cluster, member, message, rng)
        case "censor" if isinstance(message, Seen):
            return (_signed(cluster, member, replace(message, ids=())),)
        case "forge" if isinstance(message, Vote):
            return (message, replace(message, sender=target), replace(message, signature=b"\0" * 32))
    return (message,)


def _other_vote(cluster: Cluster, member: Member, vote: Vote, rng: Random) -> Vote:
    blocks: list[bytes | None] = [None, *member.machine.agreement.bodies]
    return _signed(cluster, member, replace(vote, block=rng.choice(blocks)))


def _other_proposal(cluster: Cluster, member: Member, proposal: Proposal, rng: Random) -> Iterable[Message]:
    """Another block to some: one that takes the items in but names another proposer is as good a block."""
    body = member.machine.agreement.bodies.get(proposal.block)
    if body is None or rng.random() < 0.5:
        return (proposal,)
    other = body[:-1] + bytes([body[-1] ^ 1])
    return (Body(proposal.height, other), _signed(cluster, member, replace(proposal, block=block_id(other))))


def _signed(cluster: Cluster, member: Member, message: Signed) -> Signed:
    key = cluster.genesis.validators[member.index].key
    return replace(message, signature=mac(key, message.signed(member.machine.app.network)))
