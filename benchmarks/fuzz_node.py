"""A hostile peer against a running node: it floods it with intents, or talks nonsense to it, and looks how it is.

``python -m benchmarks.fuzz_node --home DIR [--flood PER_S] [--seconds N] [--malformed N] [--seed N] [--json]``,
where DIR is the home of a node that runs on this machine, one of ``walras demo --live`` for instance. The peer
says a lawful hello, as anybody may. ``--flood`` publishes well-signed intents of people who own nothing;
``--malformed`` sends so many frames each of random bytes on bare sockets, as requests and as gossip. Exit code 1
where the node does not answer afterwards, or decides nothing any more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import httpx
import trio

from benchmarks.fuzzing.stranger import Said, babble, babble_on_sockets, flood, stranger, worthless
from node.chain.genesis import network_of
from node.home.genesis_file import read_genesis
from node.livedemo.homes import MadeNode, read_home

#: So long the node has to decide another block.
MOVES_S = 60.0
_ASK_S = 0.2


@dataclass(frozen=True)
class Result:
    """What was said to the node, and where it stood before and after: -1 where it did not answer."""

    flood: Said
    sockets: Said
    frames: Said
    before: int
    after: int


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--flood", type=int, default=0, metavar="PER_S")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--malformed", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    node = read_home(asked.home)
    network = network_of(read_genesis(node.home.genesis).genesis)
    found = trio.run(_against, node, network, asked.flood, asked.seconds, asked.malformed, Random(asked.seed))
    print(json.dumps(asdict(found)) if asked.json else _text(found))
    return 0 if found.after > found.before >= 0 else 1


async def _against(
    node: MadeNode, network: bytes, per_s: int, seconds: int, malformed: int, rng: Random
) -> Result:
    packs = list(worthless(network, per_s * seconds))
    before, flooded, sockets, frames = _height(node), Said(), Said(), Said()
    if packs:
        async with stranger([node], network) as transport:
            flooded = await flood(transport, network, packs, per_s)
    if malformed:
        sockets = babble_on_sockets(node, rng, malformed)
        async with stranger([node], network) as transport:
            frames = await babble(transport, network, node, rng, malformed)
    return Result(flooded, sockets, frames, before, _moved(node, _height(node)))


def _moved(node: MadeNode, stood: int) -> int:
    """Its height once it has decided another block, or as it is when the time is over."""
    end, height = time.monotonic() + MOVES_S, stood
    while height <= stood and time.monotonic() < end:
        time.sleep(_ASK_S)
        height = _height(node)
    return height


def _height(node: MadeNode) -> int:
    try:
        return int(httpx.get(f"{node.url}/v1/status", timeout=5, trust_env=False).json()["height"])
    except httpx.HTTPError:
        return -1


def _text(found: Result) -> str:
    return (
        f"flood: {found.flood.intents} intents published, {found.flood.held_back} held back\n"
        f"nonsense: {found.sockets.frames} connections, {found.sockets.refused} refused; "
        f"{found.frames.frames} frames, {found.frames.refused} refused\n"
        f"the node: height {found.before} before, {found.after} after"
    )


if __name__ == "__main__":
    sys.exit(main())
