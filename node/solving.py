"""A solver's part in the protocol: answer a batch under seal, open the seal when all are in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.canonical import pack
from node.chain.items import MAX_SOLUTION_BYTES, Commit, Reveal, encode_item, seal_of
from settlement.solution import Solution
from settlement.solution_codec import encode_solution

_SALT: Final = b"walras/salt/1\0"


@dataclass(frozen=True, slots=True)
class SolverKey:
    """``secret`` makes salts: a keyed hash of the auction, so that after a crash the same seal can be opened."""

    public: bytes
    secret: bytes
    sign: Callable[[bytes], bytes]


def sealed(
    network: bytes, key: SolverKey, auction: int, solutions: Sequence[Solution]
) -> tuple[bytes, bytes] | None:
    """The commit and the reveal, as items; ``None`` where there is nothing to say, or too much for one item."""
    data = pack([encode_solution(replace(solution, certificate=None)) for solution in solutions])
    if not solutions or len(data) > MAX_SOLUTION_BYTES:
        return None
    salt = hmac.new(key.secret, _SALT + network + auction.to_bytes(8, "big"), hashlib.sha256).digest()
    commit = Commit(auction, key.public, seal_of(network, auction, key.public, salt, data))
    reveal = Reveal(auction, key.public, salt, data)
    return (
        encode_item(replace(commit, signature=key.sign(commit.signed(network)))),
        encode_item(replace(reveal, signature=key.sign(reveal.signed(network)))),
    )
