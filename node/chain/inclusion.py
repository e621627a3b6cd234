"""The inclusion rule: what a block may not leave out.

When its window closes each validator signs what it holds. A block carries such statements of a quorum, and must
take in every item that more than a third of the validators vouch for in them. An item that every honest
validator held is vouched for by that many in any quorum's statements, so no proposer can drop it; and an item
that many vouch for is held by an honest one, so it can be had.

A block has room for so many bytes. Sizes are known of what is in it alone, so the rule needs no others: what must
be in is taken in block order until the block is full, and whatever comes after waits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from node.agreement.messages import Seen
from node.agreement.validators import ValidatorSet

#: Items that must be in make a block full once they have so many bytes. With the item that fills it, 64 statements
#: of 4,096 ids each and all evidence, it stays within ``MAX_BLOCK_BYTES``.
FULL_BYTES: Final = 16 << 20


def must_include(seen: Sequence[Seen], validators: ValidatorSet, previous: bytes, cap: int) -> list[bytes]:
    """The ids, in block order; of more than ``cap`` those that come first in it."""
    power: dict[bytes, int] = {}
    for said in seen:
        more = validators.members[said.sender].power
        for number in dict.fromkeys(said.ids):
            power[number] = power.get(number, 0) + more
    vouched = [number for number, behind in power.items() if behind >= validators.witnesses]
    return ordered(vouched, previous)[:cap]


def until_full(must: Sequence[bytes], sizes: Mapping[bytes, int]) -> list[bytes]:
    """Of ``must``, in block order, those for which there is room, the one that fills the block included.

    ``sizes`` in bytes of those that are here. One that is not is never left out for what comes after it.
    """
    room = FULL_BYTES
    for place, number in enumerate(must):
        if room <= 0:
            return list(must[:place])
        room -= sizes.get(number, 0)
    return list(must)


def ordered(ids: Iterable[bytes], previous: bytes) -> list[bytes]:
    """Block order: by H(previous block ‖ id), which nobody can choose an id for ahead of time."""
    return sorted(ids, key=lambda number: hashlib.sha256(previous + number).digest())
