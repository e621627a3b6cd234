"""The decoders of what a node has kept on disk: states, journals, logs, histories."""

from __future__ import annotations

import zlib
from functools import cache, partial
from random import Random
from typing import Any, cast

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.grammar import made
from benchmarks.fuzzing.mutate import packed, spoilt, spoilt_tree
from benchmarks.fuzzing.target import Target, canonical, raw, same
from benchmarks.fuzzing.targets import fill_caches
from benchmarks.single_node import world
from intents.auction import Auction
from intents.auction_codec import auction_from_json
from intents.canonical import unpack
from node.agreement.effects import Locked, Sent, Validated
from node.agreement.messages import Ballot, Certificate, Vote
from node.agreement.wire import RECORD, decode_record, encode_record
from node.catchup.errors import BadSnapshot
from node.catchup.snapshot import rebuild
from node.chain.tables import TABLES
from node.chain.transition import Slashed
from node.history.inputs import Settled, inputs_of, pack_settled, unpack_settled
from node.storage.head import Head, Tally, decode_head
from settlement.ledger.journal import GENESIS, START, chained, decode_entry, decode_line, encode_line, line_of
from settlement.ledger.orders import ORDERS, Order, OrderState
from settlement.ledger.reconcile import reconcile
from settlement.ledger.state import State
from settlement.mechanism import mechanism
from settlement.penalties import Fault
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle

_TABLE = "fills"
_FIRST = world.first()
_ENTRIES = tuple(_FIRST.dump())


def kept_targets() -> tuple[Target, ...]:
    lines = tuple(
        encode_line(line_of(GENESIS, dict(delta), (), corpus.HASH)) for delta in (_ENTRIES, _ENTRIES[:2])
    )
    head = Head(corpus.HASH, 5, 3, 0, Tally(2, 77), Tally()).encode()
    return (
        Target("snapshot", _dumps, lambda data: rebuild((data,), _FIRST.root), (BadSnapshot,)),
        Target(
            "journal line", canonical(_line_value, lines), lambda data: same(data, encode_line(decode_line(data)))
        ),
        Target("journal's entry", canonical(_entry_value, ()), decode_entry),
        Target("journal", _journals, _reconciled, (), share=0.1),
        Target("log record", canonical(partial(made, RECORD), _records()), _record),
        Target("store's head", raw((head,)), decode_head),
        Target(
            *("settled auction", _settlements, lambda data: unpack_settled(data, _terms().get, "x")),
            share=0.5,
            warm=fill_caches,
        ),
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


def _few() -> dict[bytes, bytes | None]:
    """As many entries as a state needs to be looked at; of each table one."""
    return dict({key[:2]: (key, value) for key, value in _ENTRIES}.values())


@cache
def _first_line() -> bytes:
    return encode_line(line_of(GENESIS, _few(), (), State(TABLES).absorb(_few())))


def _journals(rng: Random) -> bytes:
    """Lines one after the other, each after its length: the first state, then changes of it."""
    lines = [_first_line()]
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
    list(reconcile(State(TABLES), lines, cast("dict[bytes, bytes]", _few())))


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
    slashed = {"mine": Slashed((Fault.NO_REVEAL, Fault.INVALID_REVEAL), 7)}
    found = Settled(settlement, inputs_of(settlement, "greedy", 20, DEFAULT_CAPS), slashed)
    return zlib.decompress(pack_settled(found, [("mine", corpus.reveals()[0])]))


def _settlements(rng: Random) -> bytes:
    tree: Any = unpack(_kept(), "x", limit=1 << 20)
    for _ in range(rng.randint(1, 2)):
        tree = spoilt_tree(tree, rng)
    data = zlib.compress(packed(tree), 1)
    return data if rng.random() < 0.9 else spoilt(data, rng)
