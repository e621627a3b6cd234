"""Who votes at a height, with what power, and whose turn it is to propose."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from intents.canonical import Value, pack

#: Validators of one height, and their power together: proposers take turns over a cycle that long.
MAX_VALIDATORS: Final = 64
MAX_POWER: Final = 4096


@dataclass(frozen=True, slots=True)
class Validator:
    """An Ed25519 public key (32 bytes) and the votes it counts for."""

    key: bytes
    power: int = 1


@dataclass(frozen=True)
class ValidatorSet:
    """Validators in their agreed order; a vote names its sender by position.

    With f = ⌊(n − 1)/3⌋ of n votes faulty, any two sets of ``quorum`` votes share ``witnesses`` of them, of
    which one at least is honest.
    """

    members: tuple[Validator, ...]
    power: int = field(init=False)
    quorum: int = field(init=False)
    witnesses: int = field(init=False)
    _turns: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        power = sum(member.power for member in self.members)
        assert 0 < len(self.members) <= MAX_VALIDATORS
        assert power <= MAX_POWER
        object.__setattr__(self, "power", power)
        object.__setattr__(self, "quorum", 2 * power // 3 + 1)
        object.__setattr__(self, "witnesses", (power - 1) // 3 + 1)
        object.__setattr__(self, "_turns", _turns([member.power for member in self.members]))

    def __len__(self) -> int:
        return len(self.members)

    def proposer(self, height: int, round: int) -> int:
        """The position of whoever proposes: with equal powers (height + round) mod n."""
        return self._turns[(height + round) % len(self._turns)]

    def position(self, key: bytes) -> int | None:
        return self._positions.get(key)

    def digest(self) -> bytes:
        """What a block header commits to: SHA-256 of keys and powers in order."""
        return self._digest

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        # Of a key that is there twice, the first.
        return {member.key: i for i, member in reversed(tuple(enumerate(self.members)))}

    @cached_property
    def _digest(self) -> bytes:
        members: list[Value] = [[member.key, member.power] for member in self.members]
        return hashlib.sha256(b"walras/validators/1\0" + pack(members)).digest()


def _turns(powers: list[int]) -> tuple[int, ...]:
    """One cycle of proposers, each as often as its power and as evenly as can be.

    Smooth weighted round-robin, as CometBFT's proposer priorities: everybody gains its power each turn, the
    richest (lowest position first) proposes and pays the total.
    """
    total = sum(powers)
    credit = [0] * len(powers)
    turns = []
    for _ in range(total):
        for i, power in enumerate(powers):
            credit[i] += power
        chosen = max(range(len(powers)), key=lambda i: (credit[i], -i))
        credit[chosen] -= total
        turns.append(chosen)
    return tuple(turns)
