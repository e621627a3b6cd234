"""What a batch costs a node's own solver: handing it over, reading it, answering it.

``python -m benchmarks.own_solver [--intents N] [--rounds N] [--json]``. Pairs of intents that meet, admitted as a
BATCH block admits them, as a node hands them to ``naive`` in a process of its own: there they are read, and
the law is asked about each candidate. Milliseconds of processor time, the least of ``--rounds``; ``ratio`` is what
answering costs where every signature is checked again, in parts of what it costs where the node's word counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from benchmarks.live_network.bed import with_owners
from benchmarks.live_network.load import prepare
from intents.auction import Auction
from intents.auction_codec import decode_auction, encode_auction
from intents.signing import SigningKey, forget_signatures
from node.chain.blocks import Phase
from node.chain.genesis import build, network_of
from node.chain.items import decode_item
from node.chain.transition import transition
from node.home.development import development_genesis
from settlement.signatures import count_as_signed
from solver.naive import Naive
from solver.protocol import Deadline

T = TypeVar("T")
_KEYS: Final = [SigningKey.from_seed(bytes([number]) * 32).public for number in range(1, 3)]


def batch_of(intents: int) -> Auction:
    """The auction of a batch of so many."""
    genesis = with_owners(development_genesis("own-solver", _KEYS[:1], [("naive", _KEYS[1])]))
    packs = prepare(network_of(genesis), intents, intents, 1, 1.0)
    items = [decode_item(item) for pack in packs for item in pack.items]
    auction = transition(build(genesis).draft(), Phase.BATCH, items, bytes(32)).auction
    assert auction is not None
    return auction


def measured(auction: Auction, rounds: int) -> dict[str, float]:
    """Milliseconds by step, and the ratio."""
    data = encode_auction(auction)
    found = {
        "encode": _least_ms(rounds, lambda: encode_auction(auction)),
        "decode": _least_ms(rounds, lambda: decode_auction(data)),
        "answer, checked again": _least_ms(rounds, lambda: _answered(data, checked=False)),
        "answer": _least_ms(rounds, lambda: _answered(data, checked=True)),
    }
    for name in ("answer, checked again", "answer"):
        found[name] -= found["decode"]
    return {**found, "ratio": found["answer, checked again"] / found["answer"]}


def _answered(data: bytes, *, checked: bool) -> None:
    """As the worker does it: read, then answered."""
    forget_signatures()
    auction = decode_auction(data)
    count_as_signed(auction.orders if checked else ())
    assert list(Naive().solve(auction, Deadline.after(60.0)))


def _least_ms(rounds: int, work: Callable[[], T]) -> float:
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - began))
    return min(spent)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--intents", type=int, default=2_500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = measured(batch_of(options.intents), options.rounds)
    if options.json:
        print(json.dumps(found))
    for name, value in {} if options.json else found.items():
        print(f"{name:24} {value:8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
