"""What a settled auction follows from, in bytes: enough to settle it again and to make its receipt.

The compact form, compressed, is a fraction of the receipt. Everything that readers ask of an auction beyond its
line in the timeline is derived from it, when they ask.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from intents.auction_codec import decode_auction, encode_auction
from intents.canonical import (
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
from node.chain.transition import Slashed
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
    inputs = found.inputs
    return zlib.compress(
        pack(
            [
                VERSION,
                encode_auction(inputs.auction),
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


def unpack_settled(data: bytes, where: str) -> Settled:
    """Settled again: the same settlement as the chain's. Raises an ``InputError`` where the bytes are unsound."""
    try:
        plain = zlib.decompress(data)
    except zlib.error as error:
        raise WrongValue(where, "compressed bytes", str(error)) from error
    parts = read_list(unpack(plain, where, limit=MAX_RECEIPT_BYTES), where, limit=7, length=7)
    if read_int(parts[0], f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(parts[0]))
    low, high = read_list(parts[5], f"{where}.caps", limit=2, length=2)
    solutions = tuple(
        decode_solution(read_bytes(item, place, limit=MAX_SOLUTION_BYTES), place)
        for item, place in (
            (item, f"{where}.solutions[{index}]")
            for index, item in enumerate(read_list(parts[2], f"{where}.solutions", limit=MAX_BIDS))
        )
    )
    inputs = Inputs(
        decode_auction(read_bytes(parts[1], f"{where}.auction", limit=MAX_RECEIPT_BYTES), f"{where}.auction"),
        solutions,
        read_text(parts[3], f"{where}.mechanism"),
        read_int(parts[4], f"{where}.max_winners"),
        RewardCaps(read_amount(low, f"{where}.caps.low"), read_amount(high, f"{where}.caps.high")),
    )
    slashed = {}
    for item in read_list(parts[6], f"{where}.slashed", limit=MAX_BIDS):
        solver, amount, faults = read_list(item, f"{where}.slashed", limit=3, length=3)
        told = tuple(Fault(read_text(fault, where)) for fault in read_list(faults, where, limit=len(Fault)))
        slashed[read_text(solver, where)] = Slashed(told, read_amount(amount, where))
    chosen_by = mechanism(inputs.mechanism, max_winners=inputs.max_winners)
    return Settled(settle(inputs.auction, inputs.solutions, chosen_by, inputs.caps), inputs, slashed)
