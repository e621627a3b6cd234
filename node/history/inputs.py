"""What a settled auction follows from, in bytes: enough to settle it again and to make its receipt.

Intents are kept once, with their own rows, in the bytes that the chain made of them; an auction names them, and
says what remained of each. Everything that readers ask of an auction beyond its line in the timeline is derived
from this, when they ask.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.auction import MAX_ORDERS, AuctionOrder
from intents.auction_codec import decode_auction, encode_auction
from intents.canonical import (
    Value,
    pack,
    pack_amount,
    read_amount,
    read_bytes,
    read_int,
    read_list,
    read_text,
    unpack,
)
from intents.codec import intent_id
from intents.errors import WrongValue
from intents.intent import IntentId
from node.chain.items import MAX_SOLUTION_BYTES
from node.chain.transition import Slashed, solutions_in
from settlement.ledger.orders import ORDERS
from settlement.ledger.state import MAX_ENTRY_BYTES
from settlement.mechanism import MAX_BIDS, mechanism
from settlement.penalties import Fault
from settlement.receipt import Inputs
from settlement.receipt_codec import MAX_RECEIPT_BYTES
from settlement.rewards import RewardCaps
from settlement.settle import Settlement, settle
from settlement.solution import Solution

VERSION: Final = 1
#: Speed over size: most of it is signatures and hashes.
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled auction, by what rule, and what solvers lost in it."""

    settlement: Settlement
    inputs: Inputs
    slashed: Mapping[str, Slashed]


def inputs_of(settlement: Settlement, mechanism: str, max_winners: int, caps: RewardCaps) -> Inputs:
    """Solutions in the receipt's order."""
    solutions = sorted(considered(settlement), key=lambda solution: (solution.solver, solution.id))
    return Inputs(settlement.auction, tuple(solutions), mechanism, max_winners, caps)


def considered(settlement: Settlement) -> list[Solution]:
    """Every solution of the auction, lawful or not."""
    found = [item.solution for item in settlement.verified]
    return found + [item.solution for item in settlement.refused]


def pack_settled(found: Settled, reveals: Sequence[tuple[str, bytes]]) -> bytes:
    """Without the intents' terms. ``reveals``: by solver's name its answers, in bytes as the chain has them."""
    inputs = found.inputs
    orders = inputs.auction.orders
    bare = encode_auction(replace(inputs.auction, orders=()))
    return zlib.compress(
        pack(
            [
                VERSION,
                bare,
                [[order.id, pack_amount(order.remaining)] for order in orders],
                [[solver, data] for solver, data in reveals],
                inputs.mechanism,
                inputs.max_winners,
                [pack_amount(inputs.caps.low), pack_amount(inputs.caps.high)],
                [
                    [solver, pack_amount(slashed.amount), [fault.value for fault in slashed.faults]]
                    for solver, slashed in sorted(found.slashed.items())
                ],
            ]
        ),
        _LEVEL,
    )


#: An intent's bytes by its id, as the ledger has them in its table of orders; ``None`` where they are not kept.
Terms = Callable[[bytes], bytes | None]


def unpack_settled(data: bytes, terms: Terms, where: str) -> Settled:
    """Settled again: the same settlement as the chain's. Raises a ``WalrasError`` where the bytes are unsound."""
    parts = read_list(unpack(_plain(data, where), where, limit=MAX_RECEIPT_BYTES), where, limit=8, length=8)
    if read_int(parts[0], f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(parts[0]))
    bare = decode_auction(read_bytes(parts[1], f"{where}.auction", limit=MAX_RECEIPT_BYTES), f"{where}.auction")
    orders = read_list(parts[2], f"{where}.orders", limit=MAX_ORDERS)
    auction = replace(bare, orders=tuple(_order(item, terms, f"{where}.orders") for item in orders))
    solutions = [
        solution
        for item in read_list(parts[3], f"{where}.reveals", limit=MAX_BIDS)
        for solution in _revealed(item, f"{where}.reveals")
    ]
    low, high = read_list(parts[6], f"{where}.caps", limit=2, length=2)
    rule, max_winners = read_text(parts[4], f"{where}.mechanism"), read_int(parts[5], f"{where}.max_winners")
    caps = RewardCaps(read_amount(low, f"{where}.caps.low"), read_amount(high, f"{where}.caps.high"))
    settlement = settle(auction, solutions, mechanism(rule, max_winners=max_winners), caps)
    slashed = dict(_slashed(item, f"{where}.slashed") for item in read_list(parts[7], where, limit=MAX_BIDS))
    return Settled(settlement, inputs_of(settlement, rule, max_winners, caps), slashed)


def _plain(data: bytes, where: str) -> bytes:
    """What was compressed, of which no more is made than may be read."""
    reader = zlib.decompressobj()
    try:
        plain = reader.decompress(data, MAX_RECEIPT_BYTES + 1)
    except zlib.error as error:
        raise WrongValue(where, "compressed bytes", str(error)) from error
    if not reader.eof and len(plain) <= MAX_RECEIPT_BYTES:
        raise WrongValue(where, "compressed bytes", "only a beginning of them")
    return plain


def _revealed(item: Value, where: str) -> list[Solution]:
    solver, data = read_list(item, where, limit=2, length=2)
    return solutions_in(read_bytes(data, where, limit=MAX_SOLUTION_BYTES), read_text(solver, where))


def _order(item: Value, terms: Terms, where: str) -> AuctionOrder:
    """As ``settlement.ledger.auction.auction_of`` makes it."""
    number, remaining = read_list(item, where, limit=2, length=2)
    named = IntentId(read_bytes(number, where, limit=64))
    data = terms(named)
    if data is None:
        raise WrongValue(where, f"the terms of {named.hex()}", "nothing")
    order = ORDERS.value.from_wire(unpack(data, where, limit=MAX_ENTRY_BYTES), where)
    if intent_id(order.intent) != named:
        raise WrongValue(where, f"the hash of the terms of {named.hex()}", "another")
    return AuctionOrder(named, order.intent, order.signature, read_amount(remaining, where))


def _slashed(item: Value, where: str) -> tuple[str, Slashed]:
    solver, amount, faults = read_list(item, where, limit=3, length=3)
    told = tuple(_fault(read_text(fault, where), where) for fault in read_list(faults, where, limit=len(Fault)))
    return read_text(solver, where), Slashed(told, read_amount(amount, where))


def _fault(text: str, where: str) -> Fault:
    if text not in list(Fault):
        raise WrongValue(where, " or ".join(Fault), text[:60])
    return Fault(text)
