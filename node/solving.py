"""A solver's part in the protocol: answer a batch under seal, open the seal when all are in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.canonical import Value, pack
from node.chain.items import MAX_SOLUTION_BYTES, NOTHING_SEALED, OUT_OF_TIME, Commit, Reveal, encode_item, seal_of
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from settlement.solution_codec import encode_solution

#: The most that a list and a byte string cost in msgpack besides what is in them.
_LIST_BYTES: Final = 5
_BYTES_BYTES: Final = 5
_SALT: Final = b"walras/salt/1\0"


@dataclass(frozen=True, slots=True)
class SolverKey:
    """``secret`` makes salts: a keyed hash of the auction, so that after a crash the same seal can be opened."""

    public: bytes
    secret: bytes
    sign: Callable[[bytes], bytes]


def fitting(solutions: Sequence[Solution]) -> list[bytes]:
    """Encoded, in their order: all, or of too many for one item those that fill most intents and fit together.

    Which of them scores best only the law can tell; the widest, and of those the last found, are the likeliest.
    """
    encoded = [encode_solution(replace(solution, certificate=None)) for solution in solutions]
    widest = sorted(range(len(solutions)), key=lambda number: (-len(solutions[number].fills), -number))
    chosen, room = set[int](), MAX_SOLUTION_BYTES - _LIST_BYTES
    for number in widest[:MAX_SOLUTIONS_PER_SOLVER]:
        size = len(encoded[number]) + _BYTES_BYTES
        if size <= room:
            chosen.add(number)
            room -= size
    return [encoded[number] for number in sorted(chosen)]


def sitting_out(network: bytes, key: SolverKey, auction: int, *, out_of_time: bool = False) -> bytes:
    """The item that says that the solver has nothing to offer, or not got through the batch in time: nobody waits
    for it, nothing is opened."""
    commit = Commit(auction, key.public, OUT_OF_TIME if out_of_time else NOTHING_SEALED)
    return encode_item(replace(commit, signature=key.sign(commit.signed(network))))


def sealed(
    network: bytes, key: SolverKey, auction: int, solutions: Sequence[Solution]
) -> tuple[bytes, bytes] | None:
    """The commit and the reveal, as items; ``None`` where there is nothing to say that fits one item."""
    encoded = fitting(solutions)
    if not encoded:
        return None
    data = pack(list[Value](encoded))
    salt = hmac.new(key.secret, _SALT + network + auction.to_bytes(8, "big"), hashlib.sha256).digest()
    commit = Commit(auction, key.public, seal_of(network, auction, key.public, salt, data))
    reveal = Reveal(auction, key.public, salt, data)
    return (
        encode_item(replace(commit, signature=key.sign(commit.signed(network)))),
        encode_item(replace(reveal, signature=key.sign(reveal.signed(network)))),
    )
