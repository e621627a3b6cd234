"""A network of nodes in one process, run through a plan, and what became of every item."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

import trio

from benchmarks.p2p_many.own_time import OwnTime
from p2p.base import Limits, Verdict
from p2p.buckets import KeyedBuckets
from p2p.libp2p.transport import Libp2pTransport, Settings, open_transport
from p2p.mesh import MeshParams
from p2p.packed import PackedPublisher
from p2p.packing import PackLimits, unpack

TOPIC = "benchmark/items/1"
#: Deliveries still to come are waited for so long.
_PATIENCE_S = 20.0
_MESHED_S = 120.0


@dataclass(frozen=True)
class Plan:
    """Each node dials ``dials`` random earlier ones. ``publishers`` of them put out ``rate`` items of ``size``
    bytes a second in all, for ``seconds``: which one and when is random, the same for the same ``seed``. Of what a
    neighbour sends beyond ``neighbour_per_s`` items (0: no bound) nothing is passed on, as nodes do.
    """

    nodes: int = 20
    dials: int = 4
    publishers: int = 20
    rate: int = 100
    seconds: float = 10.0
    size: int = 250
    seed: int = 1
    neighbour_per_s: int = 0
    packs: PackLimits = field(default_factory=PackLimits)
    limits: Limits = field(default_factory=Limits)
    mesh: MeshParams = field(default_factory=MeshParams)

    def dialled(self, number: int) -> list[int]:
        rng = Random(f"{self.seed}/{number}")
        return sorted(rng.sample(range(number), min(self.dials, number)))

    def moments(self) -> list[list[float]]:
        """For every node, the seconds after the start at which it has an item to publish."""
        rng = Random(f"{self.seed}/moments")
        found: list[list[float]] = [[] for _ in range(self.nodes)]
        for count in range(int(self.rate * self.seconds)):
            found[rng.randrange(self.publishers)].append((count + rng.random()) / self.rate)
        return [sorted(times) for times in found]


@dataclass
class Outcome:
    """``delays`` in seconds of every delivery, ``missing`` of those due; CPU seconds a second of the plan."""

    published: int
    delays: list[float]
    missing: int
    cpu_share: float
    counters: Counter[str]

    def at_ms(self, part: float) -> float:
        """The delay that this part of the deliveries did not exceed."""
        ordered = sorted(self.delays)
        return 1_000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


class Receiver:
    """Delays by item; each counted once."""

    def __init__(self, node: int, plan: Plan) -> None:
        self._node, self._nodes, self._limits = node, plan.nodes, plan.packs
        per_s = plan.neighbour_per_s or 1_000_000
        self._shares: KeyedBuckets[str] = KeyedBuckets(per_s, 2 * per_s, 1_024)
        self.delays: dict[bytes, float] = {}

    async def validate(self, sender: str, data: bytes) -> Verdict:
        within = self._shares.take(sender, len(unpack(data, self._limits)), int(trio.current_time() * 1e6))
        return Verdict.ACCEPT if within else Verdict.IGNORE

    async def take(self, sender: str, data: bytes) -> None:
        now = trio.current_time()
        for item in unpack(data, self._limits):
            if item[0] < self._nodes and item[0] != self._node:
                self.delays.setdefault(item[:5], now - int.from_bytes(item[5:13], "big") / 1e9)


#: Something done to the network while items are published: given its nodes, until cancelled.
Trouble = Callable[[list[Libp2pTransport]], Awaitable[None]]


def run(plan: Plan, trouble: Trouble | None = None) -> Outcome:
    """The plan, in this process's own time."""
    clock = OwnTime()
    return trio.run(_run, plan, trouble, clock=clock, instruments=[clock])


async def _run(plan: Plan, trouble: Trouble | None) -> Outcome:
    receivers = [Receiver(number, plan) for number in range(plan.nodes)]
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        nodes: list[Libp2pTransport] = []
        for number, receiver in enumerate(receivers):
            known = tuple(nodes[other].addresses[0] for other in plan.dialled(number))
            settings = Settings(bytes([number + 1]) * 32, bootstrap=known, limits=plan.limits, mesh=plan.mesh)
            nodes.append(await stack.enter_async_context(open_transport(settings)))
            nodes[-1].subscribe(TOPIC, receiver.validate, receiver.take)
        with trio.fail_after(_MESHED_S):
            await _meshed(plan, nodes)
        if trouble is not None:
            nursery.start_soon(trouble, nodes)
            await trio.sleep(2)
        outcome = await _published(plan, nodes, receivers, nursery)
        nursery.cancel_scope.cancel()
    return outcome


async def _meshed(plan: Plan, nodes: list[Libp2pTransport]) -> None:
    least = min(plan.mesh.degree_low, plan.dials, plan.nodes - 1)
    while any(len(node.mesh.mesh(TOPIC)) < least for node in nodes):
        await trio.sleep(0.1)


async def _published(
    plan: Plan, nodes: list[Libp2pTransport], receivers: list[Receiver], nursery: trio.Nursery
) -> Outcome:
    moments = plan.moments()
    begin, cpu_s = trio.current_time() + 0.2, time.process_time()
    async with trio.open_nursery() as publishing:
        for number, node in enumerate(nodes):
            publisher = PackedPublisher(node, TOPIC, plan.packs)
            nursery.start_soon(publisher.run)
            publishing.start_soon(_publish, number, moments[number], plan.size, publisher, begin)
    cpu_s = time.process_time() - cpu_s
    published = sum(map(len, moments))
    due = [published - len(times) for times in moments]
    with trio.move_on_after(_PATIENCE_S):
        while any(len(receiver.delays) < count for receiver, count in zip(receivers, due, strict=True)):
            await trio.sleep(0.05)
    delays = [delay for receiver in receivers for delay in receiver.delays.values()]
    counters = sum((Counter(node.counters()) for node in nodes), Counter[str]())
    return Outcome(published, delays, sum(due) - len(delays), cpu_s / plan.seconds, counters)


async def _publish(number: int, times: list[float], size: int, publisher: PackedPublisher, begin: float) -> None:
    for count, at in enumerate(times):
        await trio.sleep_until(begin + at)
        head = bytes([number]) + count.to_bytes(4, "big") + int(trio.current_time() * 1e9).to_bytes(8, "big")
        await publisher.publish(head.ljust(size, b"\0"))
