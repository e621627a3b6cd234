"""How many gossip messages a second five processes carry, how late they come, and whether any is lost.

``python -m benchmarks.p2p [--rate N] [--seconds N] [--burst N] [--peer-rate N] [--json]`` starts five nodes on
loopback, every one connected to every other. Each publishes its share of ``--rate`` messages of 500 bytes a second
for ``--seconds``, unpacked: one gossip message each. Then one node publishes ``--burst`` messages as fast as it is
let. Every message carries its time of publication, so a receiver knows its delay (one machine, one clock).

Beside other work on the machine delays say as much of that as of the nodes: so it is told how much processor time
all five took, how long they were ready to run and had no core, and the load average before they began. A message
counts as lost when it has not come and no other has for some seconds, however long the run takes.

The peer in the same run is py-libp2p's own Pubsub and GossipSub over the same hosts, at ``--peer-rate``, with its
spam limit (ten messages a second and topic) as it comes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.processor_time import busy_note, load_average, queued_s

NODES, SIZE, TOPIC = 5, 500, "benchmark/1"
#: A node that has got nothing new for so long, or has waited so long in all, takes the rest for lost.
QUIET_S, STOCK_QUIET_S, MOST_S = 10.0, 5.0, 300.0


@dataclass(frozen=True)
class Row:
    """One run: messages published in all, deliveries missing, delays in ms, seconds to the last delivery.

    ``processor_s`` of all nodes, from the first message to the end; for ``queued_s`` they were ready to run
    meanwhile and others, or one another, had the cores; ``load_average`` of the machine before they were started.
    """

    what: str
    published: int
    per_s: float
    lost: int
    p50_ms: float
    p99_ms: float
    seconds: float
    publisher_waits: int
    processor_s: float
    queued_s: float
    load_average: float


@dataclass(frozen=True)
class Plan:
    what: str
    stock: bool
    #: Messages each node publishes, and the seconds between two of them.
    counts: tuple[int, ...]
    interval_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--burst", type=int, default=5_000)
    parser.add_argument("--peer-rate", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    load = load_average()
    rows = [
        run(_steady("steady", False, asked.rate, asked.seconds)),
        run(_steady("steady, stock library at this rate", True, asked.peer_rate, asked.seconds)),
        run(_steady("steady, stock library at ours", True, asked.rate, asked.seconds)),
        run(Plan("burst", False, (asked.burst, 0, 0, 0, 0), 0.0)),
        run(Plan("burst, stock library", True, (asked.burst, 0, 0, 0, 0), 0.0)),
    ]
    if asked.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        _show(rows)
    if note := busy_note(load):
        print(note, file=sys.stderr)
    return 0


def _show(rows: Sequence[Row]) -> None:
    print(
        f"{'':36} {'sent':>6} {'per s':>6} {'lost':>6} {'p50 ms':>7} {'p99 ms':>8} {'s':>6} {'waits':>6}", end=" "
    )
    print(f"{'cpu s':>6} {'queued':>6} {'load':>5}")
    for row in rows:
        print(
            f"{row.what:36} {row.published:6} {row.per_s:6.0f} {row.lost:6} {row.p50_ms:7.1f} {row.p99_ms:8.1f} "
            f"{row.seconds:6.2f} {row.publisher_waits:6} {row.processor_s:6.2f} {row.queued_s:6.2f} "
            f"{row.load_average:5.1f}"
        )


def _steady(what: str, stock: bool, rate: int, seconds: int) -> Plan:
    return Plan(what, stock, (rate * seconds // NODES,) * NODES, NODES / rate)


def run(plan: Plan) -> Row:
    """The plan in five processes: addresses are passed round, then all begin together."""
    load, context = load_average(), multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    children = []
    for number in range(NODES):
        here, there = context.Pipe()
        child = context.Process(target=node, args=(number, plan, there), daemon=True)
        child.start()
        pipes.append(here)
        children.append(child)
    known: list[str] = []
    for pipe in pipes:
        pipe.send(list(known))
        known.append(pipe.recv())
    for pipe in pipes:
        assert pipe.recv() == "meshed"
    begin = time.time() + 0.5
    for pipe in pipes:
        pipe.send(begin)
    results: list[dict[str, Any]] = [pipe.recv() for pipe in pipes]
    for pipe in pipes:
        pipe.send("stop")
    for child in children:
        child.join(10)
    delays = sorted(delay for result in results for delay in result["delays"])
    published = sum(plan.counts)
    expected = sum(published - count for count in plan.counts)
    last = max(result["last"] for result in results) - begin
    return Row(
        plan.what,
        published,
        published / max(last, 1e-9),
        expected - len(delays),
        1_000 * delays[len(delays) // 2] if delays else 0.0,
        1_000 * delays[min(len(delays) - 1, len(delays) * 99 // 100)] if delays else 0.0,
        last,
        sum(result["waits"] for result in results),
        sum(result["processor_s"] for result in results),
        sum(result["queued_s"] for result in results),
        load,
    )


def node(number: int, plan: Plan, pipe: Connection) -> None:
    """A process: its transport, its share of the plan, what it received."""
    import logging

    import trio

    logging.disable(logging.CRITICAL)
    trio.run(_stock if plan.stock else _ours, number, plan, pipe)


class Receiver:
    """Delays by message number; each counted once."""

    def __init__(self) -> None:
        self.delays: dict[tuple[int, int], float] = {}
        self.last = 0.0

    def take(self, number: int, data: bytes) -> None:
        origin, count = data[0], int.from_bytes(data[1:5], "big")
        if origin != number:
            self.last = time.time()
            self.delays.setdefault((origin, count), self.last - int.from_bytes(data[5:13], "big") / 1e9)


async def _share(number: int, plan: Plan, pipe: Connection, receiver: Receiver, publish: Any, waits: Any) -> None:
    import trio

    pipe.send("meshed")
    begin = await trio.to_thread.run_sync(pipe.recv)
    processor_s, waited_s = time.process_time(), queued_s(os.getpid())
    for count in range(plan.counts[number]):
        await trio.sleep(max(0.0, begin + (count + number / NODES) * plan.interval_s - time.time()))
        head = bytes([number]) + count.to_bytes(4, "big") + time.time_ns().to_bytes(8, "big")
        await publish(head.ljust(SIZE, b"\x00"))
    expected = sum(plan.counts) - plan.counts[number]
    quiet_s, published = STOCK_QUIET_S if plan.stock else QUIET_S, time.time()
    with trio.move_on_after(MOST_S):
        while len(receiver.delays) < expected and time.time() < max(receiver.last, published) + quiet_s:
            await trio.sleep(0.05)
    pipe.send(
        {
            "delays": list(receiver.delays.values()),
            "last": receiver.last,
            "waits": waits(),
            "processor_s": time.process_time() - processor_s,
            "queued_s": queued_s(os.getpid()) - waited_s,
        }
    )
    await trio.to_thread.run_sync(pipe.recv)


async def _ours(number: int, plan: Plan, pipe: Connection) -> None:
    import trio

    from p2p.base import Verdict
    from p2p.libp2p.transport import Settings, open_transport

    receiver = Receiver()

    async def accept(sender: str, data: bytes) -> Verdict:
        return Verdict.ACCEPT

    async def take(sender: str, data: bytes) -> None:
        receiver.take(number, data)

    known = tuple(await trio.to_thread.run_sync(pipe.recv))
    async with open_transport(Settings(bytes([number + 1]) * 32, bootstrap=known)) as transport:
        transport.subscribe(TOPIC, accept, take)
        pipe.send(transport.addresses[0])
        while len(transport.mesh.mesh(TOPIC)) < NODES - 1:
            await trio.sleep(0.05)

        async def publish(data: bytes) -> None:
            await transport.publish(TOPIC, data)

        waits = lambda: transport.counters().get("publisher_waited", 0)  # noqa: E731
        await _share(number, plan, pipe, receiver, publish, waits)


async def _stock(number: int, plan: Plan, pipe: Connection) -> None:
    import trio
    from libp2p.peer.id import ID
    from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11, PROTOCOL_ID_V12, GossipSub
    from libp2p.pubsub.pubsub import Pubsub
    from libp2p.tools.anyio_service import background_trio_service
    from multiaddr import Multiaddr

    from p2p.base import Limits
    from p2p.libp2p.host import address, build_host

    receiver = Receiver()
    known = await trio.to_thread.run_sync(pipe.recv)
    host = build_host(bytes([number + 1]) * 32, Limits(), lambda name: None)
    router = GossipSub([PROTOCOL_ID_V12, PROTOCOL_ID_V11], 6, 4, 12, heartbeat_interval=1)
    pubsub = Pubsub(host, router)
    network = host.get_network()
    async with background_trio_service(network), background_trio_service(pubsub), background_trio_service(router):
        await pubsub.wait_until_ready()
        subscription = await pubsub.subscribe(TOPIC)
        await network.listen(Multiaddr("/ip4/127.0.0.1/tcp/0"))
        pipe.send(f"{host.get_addrs()[0]}")
        for text in known:
            peer, parsed = address(text)
            await network.dial_addr(parsed, ID.from_string(str(peer)))

        async def listen() -> None:
            while True:
                receiver.take(number, (await subscription.get()).data)

        async def publish(data: bytes) -> None:
            await pubsub.publish(TOPIC, data)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            with trio.move_on_after(15):
                while len(router.mesh.get(TOPIC, ())) < NODES - 1:
                    await trio.sleep(0.05)
            await _share(number, plan, pipe, receiver, publish, lambda: 0)
            await host.close()
            nursery.cancel_scope.cancel()


if __name__ == "__main__":
    sys.exit(main())
