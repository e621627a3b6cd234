"""What a settled auction follows from, in bytes: enough to settle it again and to make its receipt.

Intents are kept once, with their own rows, in the bytes that the chain made of them; an auction names them, and
says what remained of each. Everything that readers ask of an auction beyond its line in the timeline is derived
from this, when they ask.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
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
from intents.errors import WrongValue
from intents.intent import IntentId
from node.chain.transition import Slashed
from settlement.ledger.orders import ORDERS
from settlement.ledger.state import MAX_ENTRY_BYTES
from settlement.mechanism import MAX_BIDS, mechanism
from settlement.penalties import Fault
from settlement.receipt import Inputs
from settlement.receipt_codec import MAX_RECEIPT_BYTES
from settlement.rewards import RewardCaps
from settlement.settle import Settlement, settle
from settlement.solution import Solution
from settlement.solution_codec import MAX_SOLUTION_BYTES, decode_solution, encode_solution

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


def pack_settled(found: Settled) -> bytes:
    """Without the intents' terms, which ``terms_of`` has."""
    inputs = found.inputs
    orders = inputs.auction.orders
    bare = encode_auction(replace(inputs.auction, orders=()))
    return zlib.compress(
        pack(
            [
                VERSION,
                bare,
                [[order.id, pack_amount(order.remaining)] for order in orders],
                [encode_solution(solution) for solution in inputs.solutions],
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
    """Settled again: the same settlement as the chain's. Raises an ``InputError`` where the bytes are unsound."""
    try:
        plain = zlib.decompress(data)
    except zlib.error as error:
        raise WrongValue(where, "compressed bytes", str(error)) from error
    parts = read_list(unpack(plain, where, limit=MAX_RECEIPT_BYTES), where, limit=8, length=8)
    if read_int(parts[0], f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(parts[0]))
    bare = decode_auction(read_bytes(parts[1], f"{where}.auction", limit=MAX_RECEIPT_BYTES), f"{where}.auction")
    orders = read_list(parts[2], f"{where}.orders", limit=MAX_ORDERS)
    auction = replace(bare, orders=tuple(_order(item, terms, f"{where}.orders") for item in orders))
    solutions = tuple(
        decode_solution(read_bytes(item, f"{where}.solutions", limit=MAX_SOLUTION_BYTES), f"{where}.solutions")
        for item in read_list(parts[3], f"{where}.solutions", limit=MAX_BIDS)
    )
    low, high = read_list(parts[6], f"{where}.caps", limit=2, length=2)
    inputs = Inputs(
        auction,
        solutions,
        read_text(parts[4], f"{where}.mechanism"),
        read_int(parts[5], f"{where}.max_winners"),
        RewardCaps(read_amount(low, f"{where}.caps.low"), read_amount(high, f"{where}.caps.high")),
    )
    chosen_by = mechanism(inputs.mechanism, max_winners=inputs.max_winners)
    settlement = settle(auction, solutions, chosen_by, inputs.caps)
    return Settled(
        settlement,
        inputs,
        dict(_slashed(item, f"{where}.slashed") for item in read_list(parts[7], where, limit=MAX_BIDS)),
    )


def _order(item: Value, terms: Terms, where: str) -> AuctionOrder:
    """As ``settlement.ledger.auction.auction_of`` makes it."""
    number, remaining = read_list(item, where, limit=2, length=2)
    intent_id = IntentId(read_bytes(number, where, limit=64))
    data = terms(intent_id)
    if data is None:
        raise WrongValue(where, f"the terms of {intent_id.hex()}", "nothing")
    order = ORDERS.value.from_wire(unpack(data, where, limit=MAX_ENTRY_BYTES), where)
    return AuctionOrder(intent_id, order.intent, order.signature, read_amount(remaining, where))


def _slashed(item: Value, where: str) -> tuple[str, Slashed]:
    solver, amount, faults = read_list(item, where, limit=3, length=3)
    told = tuple(Fault(read_text(fault, where)) for fault in read_list(faults, where, limit=len(Fault)))
    return read_text(solver, where), Slashed(told, read_amount(amount, where))
