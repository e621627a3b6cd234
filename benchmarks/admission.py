"""How fast one process admits intents for good: bytes decoded, checked, their signatures too, and on disk.

``python -m benchmarks.admission [--intents N] [--group N] [--rounds N] [--folder DIR] [--json]`` signs N intents
of 100 owners, then admits them as a node does: from bytes to the intent (canonical form), the owner's Ed25519
signature, the pre-trade checks on the ledger's state, and the store's commit (SQLite, write-ahead log,
synchronous=FULL) per group, written while the next group is read. It prints the best of ``--rounds``, each with
intents of its own, since what was checked once is remembered; what each stage costs; the rate by the process's own
CPU time, which other processes do not disturb; and how much slower the same store is where every intent is
committed by itself. Beside the rates stand plain verifications by the same library and plain appends of the same
groups to a file with fsync: what no admission can be faster than.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, starmap
from pathlib import Path

from intents.assets import AssetId, AssetInfo
from intents.ed25519 import holds
from intents.intent import NEVER, FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent, signing_digest
from node.agreement.validators import Validator
from node.chain.genesis import Genesis, build
from node.chain.items import Item, Submission, check_item, decode_item, encode_item
from node.storage.store import Store
from settlement.ledger.admission import admit
from settlement.ledger.books import Books
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.state import State

WHOLE = 10**18
BASE, QUOTE = AssetId("BASE"), AssetId("QUOTE")
OWNERS = 100
STAGES = ("decode", "signature", "checks", "commit")


@dataclass(frozen=True)
class Rates:
    """Intents a second: all stages together, by CPU time alone, one commit an intent, and each stage by itself."""

    admitted: float
    by_cpu: float
    one_by_one: float
    stages: dict[str, float]
    peers: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--intents", type=int, default=5_000)
    parser.add_argument("--group", type=int, default=100, help="intents of one commit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is to be measured")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    first = ledger(options.intents)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rates = measured(Path(folder), first, options.intents, options.group, options.rounds)
    if options.json:
        print(json.dumps({"intents": options.intents, "group": options.group, **vars(rates)}))
    else:
        told(rates, options.intents, options.group)
    return 0


def ledger(intents: int) -> State:
    """A state with enough owners, none of whom reaches a limit."""
    most = intents // OWNERS + 1
    return build(
        Genesis(
            name="admission",
            rules=Rules(bytes(32), BASE, max_open_per_owner=most, max_new_per_owner=most),
            assets=(AssetInfo(BASE, 18, "B", WHOLE), AssetInfo(QUOTE, 18, "Q", WHOLE)),
            validators=(Validator(b"v" * 32),),
            balances={b"\0" + key.public: (Leg(BASE, 10**9 * WHOLE),) for key in keys()},
        )
    )


def keys() -> list[SigningKey]:
    return [SigningKey.from_seed(number.to_bytes(32, "big")) for number in range(1, OWNERS + 1)]


def signed(first: State, start: int, count: int) -> list[bytes]:
    """Items in canonical bytes, as they come from the network, with nonces from ``start`` on."""
    network, made = rules_of(first).network, []
    owners = keys()
    for number in range(start, start + count):
        key = owners[number % OWNERS]
        intent = Intent(
            network,
            Owner(OwnerScheme.ED25519, key.public),
            number,
            0,
            NEVER,
            (Leg(BASE, (1 + number) * 10**15),),
            (Leg(QUOTE, (1 + number) * 10**15),),
            Kind.EXACT_IN,
            FillRule(FillMode.PARTIAL),
        )
        made.append(encode_item(Submission(intent, sign_intent(key, intent))))
    return made


def measured(folder: Path, first: State, count: int, group: int, rounds: int) -> Rates:
    few = max(200, count // 20)
    admitted, by_cpu, alone, verifying, appending = [], [], [], [], []
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for number in range(rounds):
        items = signed(first, number * (count + few), count + few)
        items, rest = items[:count], items[count:]
        verifying.append(few / verified(rest))
        with Store(folder / f"groups-{number}", first) as store:
            spent = dict.fromkeys(STAGES, 0.0)
            before = time.process_time()
            admitted.append(count / admission(store, first, items, group, spent))
            by_cpu.append(count / (time.process_time() - before))
            for name, seconds in spent.items():
                stages[name].append(seconds)
        with Store(folder / f"alone-{number}", first) as store:
            alone.append(few / admission(store, first, rest, 1, dict.fromkeys(STAGES, 0.0)))
        appending.append(count / appended(folder / f"file-{number}", items, group))
    peers = {"verifications alone": max(verifying), "appends of groups with fsync": max(appending)}
    best = {name: count / min(found) for name, found in stages.items()}
    return Rates(max(admitted), max(by_cpu), max(alone), best, peers)


def admission(store: Store, first: State, items: list[bytes], group: int, spent: dict[str, float]) -> float:
    """Seconds until all are on disk; adds to ``spent`` what each stage took.

    As in a node, a group is written in a thread while the next is read and checked.
    """
    rules, books, clock = rules_of(first), Books(first.draft()), time.perf_counter

    def commit(some: list[bytes]) -> float:
        begun = clock()
        store.keep(some)
        return clock() - begun

    started = clock()
    with ThreadPoolExecutor(1) as writer:
        writing: Future[float] | None = None
        for place in range(0, len(items), group):
            some, marks = items[place : place + group], [clock()]
            read = [decode_item(data) for data in some]
            marks.append(clock())
            for item in read:
                check_item(item, rules.network)
            marks.append(clock())
            for item in read:
                checked(books, rules, item)
            marks.append(clock())
            for stage, (begun, ended) in zip(STAGES, pairwise(marks), strict=False):
                spent[stage] += ended - begun
            spent["commit"] += writing.result() if writing is not None else 0.0
            writing = writer.submit(commit, some)
        spent["commit"] += writing.result() if writing is not None else 0.0
    return clock() - started


def checked(books: Books, rules: Rules, item: Item) -> None:
    """The pre-trade checks; none of these intents may fail one."""
    assert isinstance(item, Submission)
    denial = admit(books, rules, item.intent, item.signature, 1)
    if denial is not None:
        raise SystemExit(f"denied: {denial}")


def verified(items: list[bytes]) -> float:
    """Seconds for the same signatures with nothing around them."""
    work = []
    for data in items:
        item = decode_item(data)
        assert isinstance(item, Submission)
        work.append((item.intent.owner.key, signing_digest(item.intent), item.signature))
    started = time.perf_counter()
    assert all(starmap(holds, work))
    return time.perf_counter() - started


def appended(path: Path, items: list[bytes], group: int) -> float:
    """Seconds to append the same groups to a file, synchronised after each."""
    started = time.perf_counter()
    with path.open("wb") as file:
        for place in range(0, len(items), group):
            file.write(b"".join(items[place : place + group]))
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - started


def told(rates: Rates, intents: int, group: int) -> None:
    print(f"{intents} intents, {group} a commit: {rates.admitted:,.0f} admitted a second")
    print(f"by CPU time alone: {rates.by_cpu:,.0f} a second")
    for name, rate in rates.stages.items():
        print(f"  {name:<10} {1e6 / rate:7.1f} µs each")
    times = rates.admitted / rates.one_by_one
    print(f"one commit an intent: {rates.one_by_one:,.0f} a second, {times:.1f} times fewer")
    for name, rate in rates.peers.items():
        print(f"{name}: {rate:,.0f} a second")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
