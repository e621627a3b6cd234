"""Gossip in the simulator: messages over nodes, frame by frame and by quickest paths, against an object per event.

    python -m benchmarks.gossip [--nodes N] [--degree D] [--messages M] [--per-second R] [--relays] [--json]

10,000 messages over 1,000 nodes of degree 7 unless told otherwise. Every node is a subscriber, so each first
arrival is a call into the world (``--relays``: nobody is, they only pass on). Delays are 25 ms times a lognormal
(0.3), drawn per message and link. Each line is a process of its own on one thread, with another PYTHONHASHSEED, so
that peak memory is its own. ``frames`` are those sent; events are what the heap or the deliveries took.

The peer is what one would write first: an object per frame in a heap, a node object with a set of what it has
seen. It runs fewer messages (``--peer-messages``) on the same draws, and must come to the engines' digest there.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from sim.kernel import Kernel
from sim.network.flight import drawn
from sim.network.gossip import GossipModel
from sim.network.hops import Hops
from sim.network.mesh import Mesh, Meshing
from sim.network.model import Jitter, LinkModel, Spread
from sim.network.paths import Paths
from sim.network.spreading import Spreading, stamp
from sim.network.state import Network
from sim.network.topology import Plan, Shape, draw

SIZE_BYTES: Final = 500
SEED: Final = 1
ENGINES: Final[dict[str, type[Spreading]]] = {"frame by frame": Hops, "quickest paths": Paths}
PEER: Final = "an object per event"


@dataclass(frozen=True, slots=True)
class Load:
    """What is run."""

    nodes: int
    degree: int
    messages: int
    per_second: int
    relays: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run came to; memory of the whole process."""

    engine: str
    messages: int
    deliveries: int
    frames: int
    events: int
    wall_s: float
    cpu_s: float
    peak_mb: int
    p50_ms: float
    p99_ms: float
    digest: str

    @property
    def per_second(self) -> float:
        return self.deliveries / self.cpu_s


def world(load: Load) -> tuple[Kernel, Network, GossipModel]:
    """A random regular network whose mesh is all of its links."""
    kernel = Kernel(SEED)
    topology = draw(Plan(Shape.RANDOM_REGULAR, load.nodes, load.degree), kernel.stream("topology"))
    network = Network(kernel, topology, LinkModel(Jitter(Spread.LOGNORMAL, 0.3)))
    return kernel, network, GossipModel(degree=load.degree, low=load.degree, high=max(12, load.degree))


def publishers(kernel: Kernel, load: Load) -> list[tuple[int, int]]:
    """When and where each message is published."""
    rng = kernel.stream("publishers")
    gap_us = 1_000_000 // load.per_second
    return [(number * gap_us, rng.randrange(load.nodes)) for number in range(load.messages)]


def engine(name: str, load: Load) -> Figures:
    kernel, network, model = world(load)
    delivered = [0]

    def deliver(node: int, sender: int, message: int) -> bool:
        delivered[0] += 1
        return True

    gossip = ENGINES[name](network, model, deliver, () if load.relays else None)
    for number, (at_us, node) in enumerate(publishers(kernel, load)):
        kernel.at(at_us, gossip.publish, node, number, SIZE_BYTES)
    wall, cpu = time.perf_counter(), time.process_time()
    kernel.run(1 << 50)
    gossip.close()
    spent = time.perf_counter() - wall, time.process_time() - cpu
    found = gossip.propagation
    assert load.relays or delivered[0] == found.arrivals, "every arrival is a call"
    frames = network.counters.totals()["messages_out"]
    times = found.quantile_us(50) / 1000, found.quantile_us(99) / 1000
    return Figures(
        name, load.messages, found.arrivals, frames, kernel.events, *spent, peak_mb(), *times, gossip.digest
    )


@dataclass(order=True)
class Frame:
    """One frame under way."""

    at_us: int
    sequence: int
    target: Node = field(compare=False)
    sender: Node = field(compare=False)
    message: int = field(compare=False)


@dataclass(eq=False)
class Node:
    """A node as one would write it."""

    number: int
    peers: list[tuple[Node, int]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)


def peer(load: Load) -> Figures:
    """The same messages with an object per frame, each an event."""
    kernel, network, model = world(load)
    mesh = Meshing(network, model, kernel.stream("network/mesh")).mesh
    rng, factors = kernel.stream("network/gossip"), network.model.jitter.factors()
    nodes = linked(mesh)
    heap: list[Frame] = []
    arrivals = np.full((load.messages, load.nodes), -1, dtype=np.int64)
    delays: list[list[int]] = []
    frames = events = 0
    wall, cpu = time.perf_counter(), time.process_time()

    def arrive(node: Node, sender: Node, message: int, now_us: int) -> None:
        nonlocal frames
        if message in node.seen:
            return
        node.seen.add(message)
        arrivals[message, node.number] = now_us
        for other, edge in node.peers:
            if other is not sender or other is node:
                frames += 1
                heapq.heappush(heap, Frame(now_us + delays[message][edge], frames, other, node, message))

    todo = publishers(kernel, load)
    for number, (at_us, origin) in enumerate([*todo, (1 << 50, 0)]):
        while heap and heap[0].at_us < at_us:
            frame = heapq.heappop(heap)
            events += 1
            arrive(frame.target, frame.sender, frame.message, frame.at_us)
        if number < load.messages:
            delays.append(drawn(mesh, network.model, factors, rng).delays_us.tolist())
            arrive(nodes[origin], nodes[origin], number, at_us)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    arrivals -= np.array([at_us for at_us, _ in todo], dtype=np.int64)[:, None]
    digest = sum(stamp(number, arrivals[number]) for number in range(load.messages)) % (1 << 128)
    ordered = np.sort(arrivals[arrivals > 0])
    p50_ms, p99_ms = (float(ordered[len(ordered) * cent // 100]) / 1000 for cent in (50, 99))
    count = load.messages * (load.nodes - 1)
    memory = peak_mb()
    return Figures(PEER, load.messages, count, frames, events, *spent, memory, p50_ms, p99_ms, f"{digest:032x}")


def linked(mesh: Mesh) -> list[Node]:
    nodes = [Node(number) for number in range(len(mesh.peers))]
    for node in nodes:
        first = mesh.spans[node.number].start
        node.peers = [(nodes[other], first + place) for place, other in enumerate(mesh.peers[node.number])]
    return nodes


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def elsewhere(name: str, load: Load, hash_seed: int) -> Figures:
    """One run in a process of its own."""
    environment = os.environ | {
        "PYTHONHASHSEED": str(hash_seed),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "benchmarks.gossip", "--one", name, "--json", *options(load)]
    found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return Figures(**json.loads(found.stdout))


def options(load: Load) -> list[str]:
    pairs = [("nodes", load.nodes), ("degree", load.degree), ("messages", load.messages)]
    found = [text for name, value in pairs for text in (f"--{name}", str(value))]
    return [*found, "--per-second", str(load.per_second), *(["--relays"] if load.relays else [])]


def compared(load: Load, peer_messages: int) -> dict[str, Any]:
    """All engines on the load, and engines and peer on the smaller one."""
    small = Load(load.nodes, load.degree, min(peer_messages, load.messages), load.per_second, load.relays)
    large = [elsewhere(name, load, hash_seed) for hash_seed, name in enumerate(ENGINES, 1)]
    smaller = [elsewhere(name, small, hash_seed) for hash_seed, name in enumerate([*ENGINES, PEER], 11)]
    slow = smaller[-1].per_second
    return {
        "load": asdict(load),
        "runs": [asdict(found) for found in large],
        "peer_runs": [asdict(found) for found in smaller],
        "ratio_to_peer": {found.engine: round(found.per_second / slow, 1) for found in large},
        "digests_equal": len({f.digest for f in large}) == 1 and len({f.digest for f in smaller}) == 1,
    }


def shown(found: dict[str, Any]) -> str:
    header = (
        "engine",
        "messages",
        "deliveries",
        "frames",
        "events/s",
        "wall s",
        "CPU s",
        "peak MB",
        "p50 ms",
        "p99 ms",
    )
    rows = [header]
    for run in (*found["runs"], *found["peer_runs"]):
        rate = f"{run['events'] / run['cpu_s']:,.0f}" if run["events"] >= run["deliveries"] else "-"
        counts = tuple(f"{run[name]:,}" for name in ("messages", "deliveries", "frames"))
        spent = tuple(f"{run[name]:.1f}" for name in ("wall_s", "cpu_s"))
        times = tuple(f"{run[name]:.0f}" for name in ("p50_ms", "p99_ms"))
        rows.append((run["engine"], *counts, rate, *spent, str(run["peak_mb"]), *times))
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines += [
        f"{name}: {ratio} x the deliveries per CPU second of {PEER}"
        for name, ratio in found["ratio_to_peer"].items()
    ]
    runs = (*found["runs"], *found["peer_runs"])
    lines.append("digests " + ", ".join(f"{run['messages']}: {run['digest'][:16]}" for run in runs))
    lines.append("all digests of a load are equal" if found["digests_equal"] else "DIGESTS DIFFER")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--degree", type=int, default=7)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--per-second", type=int, default=100)
    parser.add_argument("--peer-messages", type=int, default=200)
    parser.add_argument("--relays", action="store_true", help="nobody subscribes")
    parser.add_argument("--one", choices=[*ENGINES, PEER], help="run only this, in this process")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    load = Load(chosen.nodes, chosen.degree, chosen.messages, chosen.per_second, chosen.relays)
    if chosen.one:
        print(json.dumps(asdict(peer(load) if chosen.one == PEER else engine(chosen.one, load))))
        return 0
    found = compared(load, chosen.peer_messages)
    print(json.dumps(found, indent=2) if chosen.json else shown(found))
    return 0 if found["digests_equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
