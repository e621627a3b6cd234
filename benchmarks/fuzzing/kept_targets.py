"""The decoders of what a node or a simulation has kept on disk: states, journals, logs, histories, keys, runs."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.grammar import made
from benchmarks.fuzzing.mutate import json_bytes, packed, spoilt, spoilt_tree
from benchmarks.fuzzing.target import Target, canonical, raw, same
from benchmarks.single_node import world
from intents.auction import Auction
from intents.auction_codec import auction_from_json
from intents.canonical import unpack
from intents.errors import WalrasError
from node.agreement.effects import Locked, Sent, Validated
from node.agreement.messages import Ballot, Certificate, Vote
from node.agreement.wire import RECORD, decode_record, encode_record
from node.catchup.errors import BadSnapshot
from node.catchup.snapshot import rebuild
from node.chain.tables import TABLES
from node.history.inputs import Settled, inputs_of, pack_settled, unpack_settled
from node.home.secrets import read_secret
from node.live.marks import Marks
from node.storage.head import Head, Tally, decode_head
from node.storage.store import Store
from p2p.base import KeyFileError
from p2p.libp2p.identity import load_or_create
from settlement.ledger.journal import GENESIS, START, chained, decode_entry, decode_line, encode_line, line_of
from settlement.ledger.orders import ORDERS, Order, OrderState
from settlement.ledger.reconcile import reconcile
from settlement.ledger.state import State
from settlement.mechanism import mechanism
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle
from sim.recording.record import Claim, RunRecord, VariantRecord
from sim.recording.rows import TABLES as ROWS
from sim.recording.store import about_run, read_run
from sim.recording.tables import columns, write_parquet
from sim.sweep.summary import summarised
from sim.sweep.sweeping import write_summary
from sim.sweep.task import RESULT, done

_TABLE = "fills"
_FIRST = world.first()
_ENTRIES = tuple(_FIRST.dump())


def kept_targets(folder: Path) -> tuple[Target, ...]:
    """``folder`` is written to: some of these read files."""
    lines = tuple(
        encode_line(line_of(GENESIS, dict(delta), (), corpus.HASH)) for delta in (_ENTRIES, _ENTRIES[:2])
    )
    head = Head(corpus.HASH, 5, 3, 0, Tally(2, 77), Tally()).encode()
    run = folder / "recorded"
    return (
        Target("snapshot", _dumps, lambda data: rebuild((data,), _FIRST.root), (BadSnapshot,)),
        Target(
            "journal line", canonical(_line_value, lines), lambda data: same(data, encode_line(decode_line(data)))
        ),
        Target("journal's entry", canonical(_entry_value, ()), decode_entry),
        Target("journal", _journals, _reconciled, (), share=0.1),
        Target("log record", canonical(partial(made, RECORD), _records()), _record),
        Target("store's head", raw((head,)), decode_head),
        Target("settled auction", _settlements, lambda data: unpack_settled(data, _terms().get, "x"), share=0.5),
        Target("store file", _stores(folder), _opened(folder / "store"), share=0.02),
        Target("key file", _secrets, _keys(folder), (WalrasError, KeyFileError), share=0.05),
        Target("run", documents(_about()), _run_in(run), share=0.2),
        Target("run's table", _tables(folder), _table_in(run), share=0.05),
        Target("sweep's result", documents(_RESULT), _swept(folder / "sweep"), share=0.1),
    )


def _entry(rng: Random) -> tuple[bytes, bytes]:
    """One of the first state's, usually with a branch changed; or of any table, made by its form."""
    if rng.random() < 0.3:
        table = rng.choice(TABLES)
        return packed([table.number, made(table.key, rng)]), packed(made(table.value, rng))
    key, value = rng.choice(_ENTRIES)
    if rng.random() < 0.7:
        value = packed(spoilt_tree(unpack(value, "x", limit=1 << 20), rng))
    if rng.random() < 0.3:
        key = packed(spoilt_tree(unpack(key, "x", limit=1 << 20), rng))
    return key, value


def _dumps(rng: Random) -> bytes:
    """A dump of a few entries, in order or not, some with lengths that are not theirs."""
    found = sorted((_entry(rng) for _ in range(rng.randint(1, 4))), key=lambda entry: (entry[0][1:2], entry[0]))
    data = b"".join(len(part).to_bytes(4, "big") + part for entry in found for part in entry)
    return data if rng.random() < 0.9 else spoilt(data, rng)


def _line_value(rng: Random) -> Any:
    delta = [[key, rng.choice((value, None))] for key, value in (_entry(rng) for _ in range(rng.randint(0, 3)))]
    return [rng.randint(-2, 5), delta, [packed(_entry_value(rng))] * rng.randint(0, 2), rng.randbytes(32)]


def _entry_value(rng: Random) -> Any:
    sides = [[rng.choice(("owner", "venue", "bond", "outside", "x")), rng.randbytes(33)] for _ in range(2)]
    return [*sides, rng.choice(("AAA", "", "x" * 99)), rng.choice(("5", "-5", "٣", "", "9" * 70)), "why"]


def _journals(rng: Random) -> bytes:
    """Lines one after the other, each after its length: the first state, then changes of it."""
    lines = [encode_line(line_of(GENESIS, dict(_ENTRIES), (), _FIRST.root))]
    for height in range(rng.randint(0, 2)):
        value = _line_value(rng)
        lines.append(packed([height, *value[1:]]) if rng.random() < 0.8 else packed(value))
    at = rng.randrange(len(lines))
    lines[at] = lines[at] if rng.random() < 0.5 else spoilt(lines[at], rng)
    return b"".join(len(line).to_bytes(4, "big") + line for line in lines)


def _reconciled(data: bytes) -> None:
    """Faults are named, whatever the lines are; each claims the hash that it has."""
    lines, previous = [], START
    while data:
        size = int.from_bytes(data[:4], "big")
        line, data = data[4 : 4 + size], data[4 + size :]
        previous = chained(previous, line)
        lines.append((line, previous))
    list(reconcile(State(TABLES), lines, dict(_ENTRIES)))


def _records() -> tuple[bytes, ...]:
    block, vote = corpus.blocks()[1], Vote(Ballot.PREVOTE, 3, 0, corpus.HASH, 1, b"s" * 64)
    polka = Certificate(Ballot.PREVOTE, 3, 0, corpus.HASH, ((1, b"s" * 64),))
    return (
        encode_record(Sent(vote)),
        encode_record(Locked(block, polka)),
        encode_record(Validated(block, polka)),
    )


def _record(data: bytes) -> None:
    same(data, encode_record(decode_record(data)))


@cache
def _auction() -> Auction:
    return auction_from_json(corpus.auction(), "corpus")


@cache
def _terms() -> dict[bytes, bytes]:
    """The orders of the corpus's batch as the ledger has them."""
    orders = {one.id: Order(one.intent, one.signature, OrderState.BATCHED, 0, 1) for one in _auction().orders}
    return {number: ORDERS.value_bytes(order) for number, order in orders.items()}


@cache
def _kept() -> bytes:
    rule = mechanism("greedy")
    settlement = settle(_auction(), [], rule, DEFAULT_CAPS)
    found = Settled(settlement, inputs_of(settlement, "greedy", 20, DEFAULT_CAPS), {})
    return zlib.decompress(pack_settled(found, [("mine", corpus.reveals()[0])]))


def _settlements(rng: Random) -> bytes:
    tree: Any = unpack(_kept(), "x", limit=1 << 20)
    for _ in range(rng.randint(1, 2)):
        tree = spoilt_tree(tree, rng)
    data = zlib.compress(packed(tree), 1)
    return data if rng.random() < 0.9 else spoilt(data, rng)


def _stores(folder: Path) -> Callable[[Random], bytes]:
    """The file of a node's store with bytes changed, most of them where it holds something."""

    @cache
    def sound() -> bytes:
        path = folder / "sound-store"
        with Store(path, _FIRST) as store:
            store.keep(corpus.items()[:3])
        return path.read_bytes()

    def make(rng: Random) -> bytes:
        data = bytearray(sound())
        for _ in range(rng.randint(1, 4)):
            page = 4_096 * rng.randrange(len(data) // 4_096)
            at = page + rng.randrange(rng.choice((8, 200, 4_096)))
            data[at] = rng.randrange(256)
        return bytes(data) if rng.random() < 0.95 else bytes(data[: rng.randrange(len(data))])

    return make


def _opened(path: Path) -> Callable[[bytes], object]:
    """As a node opens it, and as its journal is looked at."""

    def read(data: bytes) -> None:
        for ending in ("-wal", "-shm", "-mark"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(data)
        with Store(path, None) as store:
            store.items()
            store.load()
            list(reconcile(State(TABLES), store.journal(), store.entries()))

    return read


def _secrets(rng: Random) -> bytes:
    """A key, and what a folder remembers of keys."""
    return spoilt(rng.randbytes(32).hex().encode() + b"\n", rng)


def _keys(folder: Path) -> Callable[[bytes], object]:
    secret, store = folder / "secret", folder / "voter"

    def read(data: bytes) -> None:
        for path in (secret, store.with_name("voter.voted"), store.with_name("voter.lost")):
            path.write_bytes(data)
            path.chmod(0o600)
        Marks(store, corpus.HASH).before_opening()
        Marks(store, corpus.HASH).opened(False)
        assert len(load_or_create(secret)) == len(read_secret(secret)) == 32

    return read


def _about() -> dict[str, Any]:
    """What a run says of itself."""
    claim = Claim("it holds", True, {"base:welfare": 1.5})
    variant = VariantRecord({}, "ab" * 32, {"welfare": 1.5, "none": None}, {_TABLE: 3})
    run = RunRecord(
        "honest", 5, "name = 'honest'", {"base": variant}, "Honest", (claim,), {"walras": "1"}, "linux"
    )
    return about_run(run) | {"tables": {}}


def _run_in(folder: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "scenario.toml").write_bytes(b"")
        (folder / "run.json").write_bytes(data)
        read_run(folder, ())

    return read


def _tables(folder: Path) -> Callable[[Random], bytes]:
    @cache
    def sound() -> bytes:
        path = folder / "sound.parquet"
        write_parquet(path, _TABLE, {"base": {_TABLE: [_row(number) for number in range(5)]}})
        return path.read_bytes()

    return lambda rng: spoilt(sound(), rng)


def _row(number: int) -> Any:
    values = {int: number, bool: True, float: 1.5, str: "x"}
    kind: Any = ROWS[_TABLE]
    return kind(*(values[column.kind] for column in columns(_TABLE)))


def _table_in(folder: Path) -> Callable[[bytes], object]:
    """Whoever changes a table can also change the digest that its run states of it."""

    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "scenario.toml").write_bytes(b"")
        (folder / f"{_TABLE}.parquet").write_bytes(data)
        about = _about() | {"tables": {_TABLE: hashlib.sha256(data).hexdigest()}}
        (folder / "run.json").write_bytes(json_bytes(about))
        read_run(folder, (_TABLE,))

    return read


_RESULT: dict[str, Any] = {
    "changes": ["chain.mechanism=greedy"], "seed": 1, "trace_root": "ab", "auctions": 5, "violations": [],
    "metrics": {"welfare": 1.5, "none": None},
}  # fmt: skip


def _swept(folder: Path) -> Callable[[bytes], object]:
    """What was done already, into the summary."""

    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / RESULT).write_bytes(data)
        found = done(folder)
        if found is not None:
            write_summary([found], folder)
            summarised([found])

    return read
