"""Signed intents from gossip to disk a second: one live node, fed by a peer over libp2p, in two processes.

``python -m benchmarks.live_admission [--intents N] [--pack N] [--json]`` starts a node with one validator in a
process of its own. A peer connects with it over TCP, Noise and Yamux on loopback and publishes N distinct intents
(Ed25519), packed, as fast as the node takes them; the node judges each pack, takes it in and writes it. The clock
runs from the first publication until the last intent is durable. Beside it the same intents go into the same kind
of node without a network (``benchmarks.node_admission``): the ratio is what the network costs.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import trio

from benchmarks import node_admission
from benchmarks.single_node import world
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.live import wire
from node.live.identity import self_of
from node.live.opening import open_live
from node.live.settings import LiveSettings, Rates
from node.served import Role
from node.storage.store import Store
from p2p.base import Limits, Verdict
from p2p.libp2p.transport import Settings, open_transport
from p2p.packing import pack

OWNER = 1 << 20
RATES = Rates(owner_per_s=OWNER, owner_burst=OWNER, peer_per_s=OWNER, peer_burst=OWNER)
LIMITS = Limits(message_bytes=wire.MESSAGE_BYTES, frame_bytes=wire.FRAME_BYTES)
SLOW = Timeouts(window_ms=(3_600_000, 1000, 1000), early=False)


@dataclass(frozen=True, slots=True)
class Result:
    """Intents a second by the clock (``alone``: without a network); ``…_cpu_s`` is processor time."""

    intents: int
    packed: int
    durable: float
    node_cpu_s: float
    peer_cpu_s: float
    groups: int
    alone: float
    ratio: float


def _settings(folder: Path, role: Role, seed: bytes, bootstrap: tuple[str, ...] = ()) -> LiveSettings:
    key = SigningKey.from_seed(world.VALIDATOR) if role is Role.VALIDATOR else None
    return LiveSettings(
        folder / "node.sqlite",
        None,
        world.first(),
        SLOW,
        role,
        seed,
        key=key,
        transport=Settings(seed, bootstrap=bootstrap),
        rates=RATES,
    )


def _node(place: str, intents: int, pipe: Connection) -> None:
    logging.disable(logging.CRITICAL)
    # As ``walras node run`` does.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    trio.run(_serve, Path(place), intents, pipe)


async def _serve(folder: Path, intents: int, pipe: Connection) -> None:
    async with open_live(_settings(folder, Role.VALIDATOR, b"n" * 32)) as node:
        pipe.send(node.peers()[0].address)
        while node.status().peers == 0:
            await trio.sleep(0.01)
        cpu = time.process_time()
        while node.counters().get("items_gossiped", 0) < intents:
            await trio.sleep(0.005)
        pipe.send((time.process_time() - cpu, node.counters()["groups"]))
        await trio.to_thread.run_sync(pipe.recv)
    with Store(folder / "node.sqlite", None) as store:
        assert len(store.item_ids()) == intents


async def _feed(address: str, packs: list[bytes], done: Connection) -> tuple[float, float, float, int]:
    """Seconds by the clock, of the node's processor and of this one's, and the node's commits."""
    me = self_of(_settings(Path(), Role.FULL, b"p" * 32), world.Minter(Random(1)).network)
    topic = wire.items_topic(me.network)

    async def answer(peer: str, data: bytes) -> bytes:
        return wire.encode_welcome(me.hello(-1, ()))

    async def words(peer: str, data: bytes) -> bytes:
        return b""

    async def nothing(peer: str, data: bytes) -> None:
        return None

    async def accept(peer: str, data: bytes) -> Verdict:
        return Verdict.ACCEPT

    async with open_transport(Settings(b"p" * 32, bootstrap=(address,), limits=LIMITS)) as transport:
        transport.serve(wire.HELLO, answer)
        transport.serve(wire.WORDS, words)
        transport.subscribe(topic, accept, nothing)
        while not transport.mesh.mesh(topic):
            await trio.sleep(0.01)
        await trio.sleep(0.5)
        wall, cpu = time.perf_counter(), time.process_time()
        for data in packs:
            await transport.publish(topic, data)
        node_cpu, groups = await trio.to_thread.run_sync(done.recv)
        return time.perf_counter() - wall, node_cpu, time.process_time() - cpu, groups


def measure(intents: int, packed: int) -> Result:
    items = world.Minter(Random(1)).items(intents, 1)
    packs = [pack(items[start : start + packed]) for start in range(0, intents, packed)]
    ours, theirs = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as place:
        child = multiprocessing.get_context("spawn").Process(target=_node, args=(place, intents, theirs))
        child.start()
        try:
            wall, node_cpu, peer_cpu, groups = trio.run(_feed, ours.recv(), packs, ours)
            ours.send(None)
            child.join(30)
            assert child.exitcode == 0
        finally:
            child.kill()
    alone = node_admission.measure(intents, 5).durable
    durable = intents / wall
    return Result(intents, packed, durable, node_cpu, peer_cpu, groups, alone, durable / alone)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--intents", type=int, default=20_000)
    parser.add_argument("--pack", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    result = measure(options.intents, options.pack)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print(f"{result.durable:,.0f}/s from gossip to disk, {result.groups} commits;", end=" ")
        print(f"processor: node {result.node_cpu_s:.2f} s, peer {result.peer_cpu_s:.2f} s;", end=" ")
        print(f"without a network {result.alone:,.0f}/s, ratio {result.ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
