"""What agreeing on an auction costs in virtual time and messages, by number of validators.

``python -m benchmarks.agreement_phases [--hop-ms N] [--auctions N] [--json]`` runs clusters of the node's own
machines in which every message takes exactly one hop, and prints per auction: its time, the windows in it, what is
left in hops, and the messages and bytes of agreement that each validator sends. ``silent``: with f validators
that say nothing. Virtual time: the figures are the same on any machine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from intents.assets import AssetId, AssetInfo
from node.agreement.effects import Broadcast, Send
from node.agreement.messages import Message, Status
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.agreement.wire import encode_message
from node.chain.genesis import Genesis
from node.effects import Effect
from settlement.ledger.rules import Rules
from sim.cluster import Cluster, Member
from sim.kernel import Kernel

CASH = AssetId("CASH")


class Hops:
    """Every message takes ``hop_us``, none is lost."""

    def __init__(self, kernel: Kernel, hop_us: int) -> None:
        self.kernel, self.hop_us = kernel, hop_us

    def send(self, source: int, target: int, deliver: Callable[..., None], *arguments: Any) -> None:
        self.kernel.after(self.hop_us, deliver, *arguments)

    def spread(self, source: int, targets: Sequence[int], deliver: Callable[..., None], what: Any) -> None:
        for target in targets:
            self.send(source, target, deliver, target, source, what)

    def cut(self, group: set[int]) -> None:
        raise AssertionError("nothing is cut here")

    def heal(self) -> None:
        raise AssertionError("nothing is cut here")


def measure(nodes: int, silent: int, hop_ms: int, auctions: int) -> dict[str, float]:
    """Figures per auction of a cluster of ``nodes``, ``silent`` of which are off."""
    kernel, timeouts = Kernel(1), Timeouts()
    genesis = Genesis(
        "benchmark",
        Rules(bytes(32), CASH),
        (AssetInfo(CASH, 18, "CASH", 10**18),),
        tuple(Validator(bytes([i + 1]) * 32) for i in range(nodes)),
    )
    cluster = Cluster(kernel, Hops(kernel, hop_ms * 1000), genesis, timeouts)
    sent = [0, 0]

    def watch(member: Member, effect: Effect) -> None:
        if isinstance(effect, Broadcast | Send) and not isinstance(effect.message, Status):
            copies = len(cluster.members) - 1 if isinstance(effect, Broadcast) else 1
            sent[0] += copies
            sent[1] += copies * _size(effect.message)

    cluster.watch = watch
    for index in range(silent):
        cluster.crash(index)
    cluster.start()
    last = cluster.members[-1]
    heights = 3 * auctions
    kernel.run(10**12, lambda: last.machine.app.height + 1 >= heights)
    time_ms, windows_ms = kernel.now_us / 1000 / auctions, sum(timeouts.window_ms)
    speaking = nodes - silent
    return {
        "validators": nodes,
        "silent": silent,
        "auction_ms": time_ms,
        "windows_ms": windows_ms,
        "hops": (time_ms - windows_ms) / hop_ms,
        "messages_each": sent[0] / auctions / speaking,
        "kilobytes_each": sent[1] / auctions / speaking / 1000,
    }


def _size(message: Message) -> int:
    return len(encode_message(message))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hop-ms", type=int, default=50)
    parser.add_argument("--auctions", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [
        measure(nodes, silent, options.hop_ms, options.auctions)
        for nodes in (1, 4, 7, 16, 31)
        for silent in sorted({0, (nodes - 1) // 3})
    ]
    if options.json:
        print(json.dumps({"hop_ms": options.hop_ms, "auctions": options.auctions, "rows": rows}))
        return
    print("validators  silent  auction  windows  hops  messages each  kB each")
    for row in rows:
        print(
            f"{row['validators']:10} {row['silent']:7} {row['auction_ms'] / 1000:7.2f}s"
            f" {row['windows_ms'] / 1000:7.2f}s {row['hops']:5.1f}"
            f" {row['messages_each']:14.0f} {row['kilobytes_each']:8.1f}"
        )


if __name__ == "__main__":
    main()
