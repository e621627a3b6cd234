"""The inclusion rule: what a block may not leave out.

When its window closes each validator signs what it holds. A block carries such statements of a quorum, and must
take in every item that more than a third of the validators vouch for in them. An item that every honest
validator held is vouched for by that many in any quorum's statements, so no proposer can drop it; and an item
that many vouch for is held by an honest one, so it can be had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from node.agreement.messages import Seen
from node.agreement.validators import ValidatorSet


def must_include(seen: Sequence[Seen], validators: ValidatorSet, previous: bytes, cap: int) -> list[bytes]:
    """The ids, in block order; of more than ``cap`` those that come first in it."""
    power: dict[bytes, int] = {}
    for said in seen:
        for number in dict.fromkeys(said.ids):
            power[number] = power.get(number, 0) + validators.members[said.sender].power
    vouched = [number for number, behind in power.items() if behind >= validators.witnesses]
    return ordered(vouched, previous)[:cap]


def ordered(ids: Iterable[bytes], previous: bytes) -> list[bytes]:
    """Block order: by H(previous block ‖ id), which nobody can choose an id for ahead of time."""
    return sorted(ids, key=lambda number: hashlib.sha256(previous + number).digest())
