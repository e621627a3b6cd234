"""Faults of a campaign: what a world may do to its nodes until a moment after which it must let them be.

Drawn from the seed: messages lost, copied, late; groups cut off, both ways or one; nodes killed between two
effects or within a write, and revived; nodes that join late; clocks that run fast, slow or jump; up to a third of
the validators lying, or run twice with one key (Twins, arXiv:2004.10617), or come back with an empty disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from node.agreement.effects import Persist
from node.agreement.messages import Message
from node.machine import Effect, Store
from sim.cluster import Cluster, Crash, Member
from sim.disk import Disk
from sim.lies import LIES, lies
from sim.links import LinkModel, Links

__all__ = ["Faults", "Plan", "lies", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What this world does, until ``until_us``. ``liars``, ``twins``, ``wiped`` and ``late`` are nodes by number.

    ``crashes`` is the chance of dying at an effect, ``jumps`` of a timer that is off by up to seconds; ``rates``
    are the microseconds of truth per million of each node's clock.
    """

    until_us: int
    links: LinkModel
    crashes: float
    cuts: int
    longest_cut_us: int
    liars: tuple[int, ...]
    lie: str
    twins: tuple[int, ...]
    wiped: tuple[int, ...]
    late: tuple[int, ...]
    rates: tuple[int, ...]
    jumps: float

    @property
    def guilty(self) -> frozenset[int]:
        """Validators that may be accused."""
        return frozenset((*self.liars, *self.twins))


def plan(rng: Random, nodes: int, horizon_us: int) -> Plan:
    """A world's faults, some worlds mild, some without any."""
    until_us = rng.choice([0, horizon_us // 8, horizon_us // 4])
    third = (nodes - 1) // 3
    wrong = rng.sample(range(nodes), rng.randint(0, third)) if third else []
    kinds = [rng.choice("liar liar liar twin twin wiped".split()) for _ in wrong]
    liars, twins, wiped = (
        tuple(sorted(node for node, kind in zip(wrong, kinds, strict=True) if kind == wanted))
        for wanted in ("liar", "twin", "wiped")
    )
    links = LinkModel(
        slow=rng.choice([0.0, 0.02, 0.2, 0.5]),
        loss=rng.choice([0.0, 0.05, 0.3, 0.5]),
        copies=rng.choice([0.0, 0.0, 0.2]),
    )
    skewed = until_us and rng.random() < 0.3
    cuts, longest_cut_us = rng.choice([(0, 1), (0, 1), (1, 3_000_000), (3, 3_000_000), (25, 400_000)])
    return Plan(
        until_us=until_us,
        links=links,
        crashes=rng.choice([0.0, 0.0, 0.001, 0.01]),
        cuts=cuts,
        longest_cut_us=longest_cut_us,
        liars=liars,
        lie=rng.choice(LIES),
        twins=twins,
        wiped=wiped if until_us else (),
        late=tuple(i for i in range(nodes) if until_us and rng.random() < 0.1),
        rates=tuple(rng.randint(500_000, 2_000_000) for _ in range(nodes + len(twins))) if skewed else (),
        jumps=rng.choice([0.0, 0.01]) if skewed else 0.0,
    )


class Faults:
    """Carries out a plan on a cluster."""

    def __init__(self, cluster: Cluster, links: Links, plan: Plan) -> None:
        self.cluster, self.links, self.plan = cluster, links, plan
        self.rng = cluster.kernel.stream("faults")
        self.crashed = 0
        cluster.hazard = self.hazard if plan.crashes and plan.until_us else None
        cluster.corrupt, cluster.liars = self.corrupt if plan.liars else None, plan.liars
        cluster.clock = self.clock if plan.rates else None
        for _ in range(plan.cuts if plan.until_us else 0):
            self._cut_some_time()
        for node in plan.late:
            cluster.crash(node)
            cluster.kernel.at(self.rng.randrange(plan.until_us), cluster.restart, node)
        for node in plan.wiped:
            gone_us = self.rng.randrange(plan.until_us)
            cluster.kernel.at(gone_us, cluster.crash, node)
            cluster.kernel.at(gone_us + self.rng.randint(10_000, 1_500_000), self._wipe, node)

    def hazard(self, member: Member, effect: Effect) -> None:
        """Kill the node before this effect, or within it."""
        kernel = self.cluster.kernel
        if kernel.now_us < self.plan.until_us and self.rng.random() < self.plan.crashes:
            self.crashed += 1
            kernel.after(self.rng.randint(10_000, 1_500_000), self.cluster.restart, member.index)
            parts = (
                effect.records
                if isinstance(effect, Persist)
                else effect.items
                if isinstance(effect, Store)
                else ()
            )
            raise Crash(self.rng.randint(0, len(parts)))

    def corrupt(self, member: Member, target: int, message: Message) -> Iterable[Message]:
        if member.index not in self.plan.liars:
            return (message,)
        return lies(self.plan.lie, self.cluster, member, target, message, self.rng)

    def clock(self, index: int, delay_us: int) -> int:
        """A fast or slow clock, which now and then is set wrong by up to two seconds."""
        if self.cluster.kernel.now_us >= self.plan.until_us:
            return delay_us
        if self.plan.jumps and self.rng.random() < self.plan.jumps:
            return max(0, delay_us + self.rng.randint(-2_000_000, 2_000_000))
        return delay_us * self.plan.rates[index] // 1_000_000

    def _wipe(self, node: int) -> None:
        self.cluster.wipe(node, Disk())

    def _cut_some_time(self) -> None:
        kernel, links, nodes = self.cluster.kernel, self.links, len(self.cluster.members)
        size = self.rng.choice((1, nodes - 1, self.rng.randint(0, nodes)))
        group = set(self.rng.sample(range(nodes), size))
        begin = self.rng.randrange(self.plan.until_us)
        kernel.at(begin, links.deafen if self.rng.random() < 0.5 else links.cut, group)
        kernel.at(begin + self.rng.randint(20_000, self.plan.longest_cut_us), links.heal)
