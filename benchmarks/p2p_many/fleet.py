"""A network of nodes, or one process's share of it, run through a plan, and what became of every item."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

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
    """``delays`` in seconds of every delivery, ``missing`` of those due. ``cpu_share``: CPU seconds a second of
    the plan; ``cpu_s``: all of them to the last delivery.
    """

    published: int
    delays: list[float]
    missing: int
    cpu_share: float
    cpu_s: float
    counters: Counter[str]

    def at_ms(self, part: float) -> float:
        """The delay that this part of the deliveries did not exceed."""
        ordered = sorted(self.delays)
        return 1_000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


class Receiver:
    """Delays by item, by the clock ``now``; each counted once."""

    def __init__(self, node: int, plan: Plan, now: Callable[[], float]) -> None:
        self._node, self._nodes, self._limits, self._now = node, plan.nodes, plan.packs, now
        per_s = plan.neighbour_per_s or 1_000_000
        self._shares: KeyedBuckets[str] = KeyedBuckets(per_s, 2 * per_s, 1_024)
        self.delays: dict[bytes, float] = {}

    async def validate(self, sender: str, data: bytes) -> Verdict:
        within = self._shares.take(sender, len(unpack(data, self._limits)), int(trio.current_time() * 1e6))
        return Verdict.ACCEPT if within else Verdict.IGNORE

    async def take(self, sender: str, data: bytes) -> None:
        now = self._now()
        for item in unpack(data, self._limits):
            if item[0] < self._nodes and item[0] != self._node:
                self.delays.setdefault(item[:5], now - int.from_bytes(item[5:13], "big") / 1e9)


class Meeting(Protocol):
    """Where the processes of one run wait for each other."""

    async def addresses(self, own: dict[int, str]) -> dict[int, str]:
        """Those of all nodes, by number, given this process's own."""
        ...

    async def begin(self) -> float:
        """This process's nodes have their meshes; when all begin to publish."""
        ...

    async def end(self) -> None:
        """This process has what it will get; so have the others."""
        ...


class Alone:
    """One process that has all nodes, in its own time."""

    async def addresses(self, own: dict[int, str]) -> dict[int, str]:
        return own

    async def begin(self) -> float:
        return trio.current_time() + 0.2

    async def end(self) -> None:
        return None


#: Something done to the network while items are published: given its nodes, until cancelled.
Trouble = Callable[[list[Libp2pTransport]], Awaitable[None]]


def run(plan: Plan, trouble: Trouble | None = None) -> Outcome:
    """The plan in this process, in its own time."""
    clock = OwnTime()
    everybody = range(plan.nodes)
    return trio.run(share, plan, everybody, Alone(), clock.current_time, trouble, clock=clock, instruments=[clock])


async def share(
    plan: Plan, numbers: Iterable[int], meeting: Meeting, now: Callable[[], float], trouble: Trouble | None = None
) -> Outcome:
    """The part of the plan that is that of the nodes of these numbers; ``now`` is the clock of all of them."""
    receivers = {number: Receiver(number, plan, now) for number in numbers}
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        nodes: dict[int, Libp2pTransport] = {}
        for number, receiver in receivers.items():
            settings = Settings(bytes([number + 1]) * 32, limits=plan.limits, mesh=plan.mesh)
            nodes[number] = await stack.enter_async_context(open_transport(settings))
            nodes[number].subscribe(TOPIC, receiver.validate, receiver.take)
        known = await meeting.addresses({number: node.addresses[0] for number, node in nodes.items()})
        with trio.fail_after(_MESHED_S):
            for number, node in nodes.items():
                await _dial(node, [known[other] for other in plan.dialled(number)])
            await _meshed(plan, nodes.values())
        if trouble is not None:
            nursery.start_soon(trouble, list(nodes.values()))
            await trio.sleep(2)
        _settle_garbage()
        outcome = await _published(plan, nodes, receivers, nursery, await meeting.begin(), now)
        await meeting.end()
        nursery.cancel_scope.cancel()
    return outcome


def _settle_garbage() -> None:
    """As ``walras node run`` does once it is up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _dial(node: Libp2pTransport, addresses: list[str]) -> None:
    """One node after another: the handshakes of all at once would take longer than a dial may."""
    for address in addresses:
        node.want(address)
    while not {address.rpartition("/")[2] for address in addresses} <= set(node.peers()):
        await trio.sleep(0.02)


async def _meshed(plan: Plan, nodes: Iterable[Libp2pTransport]) -> None:
    least = min(plan.mesh.degree_low, plan.dials, plan.nodes - 1)
    while any(len(node.mesh.mesh(TOPIC)) < least for node in nodes):
        await trio.sleep(0.1)


async def _published(
    plan: Plan,
    nodes: dict[int, Libp2pTransport],
    receivers: dict[int, Receiver],
    nursery: trio.Nursery,
    begin: float,
    now: Callable[[], float],
) -> Outcome:
    moments = plan.moments()
    before_s = time.process_time()
    async with trio.open_nursery() as publishing:
        for number, node in nodes.items():
            publisher = PackedPublisher(node, TOPIC, plan.packs)
            nursery.start_soon(publisher.run)
            publishing.start_soon(_publish, number, moments[number], plan.size, publisher, begin, now)
    cpu_share = (time.process_time() - before_s) / plan.seconds
    published = sum(map(len, moments))
    due = {number: published - len(moments[number]) for number in nodes}
    with trio.move_on_after(_PATIENCE_S):
        while any(len(receivers[number].delays) < count for number, count in due.items()):
            await trio.sleep(0.05)
    cpu_s = time.process_time() - before_s
    delays = [delay for receiver in receivers.values() for delay in receiver.delays.values()]
    counters = sum((Counter(node.counters()) for node in nodes.values()), Counter[str]())
    own = sum(len(moments[number]) for number in nodes)
    return Outcome(own, delays, sum(due.values()) - len(delays), cpu_share, cpu_s, counters)


async def _publish(
    number: int, times: list[float], size: int, publisher: PackedPublisher, begin: float, now: Callable[[], float]
) -> None:
    for count, at in enumerate(times):
        await trio.sleep(max(0.0, begin + at - now()))
        head = bytes([number]) + count.to_bytes(4, "big") + int(now() * 1e9).to_bytes(8, "big")
        await publisher.publish(head.ljust(size, b"\0"))
