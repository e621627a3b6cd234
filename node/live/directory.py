"""Who is connected: peers by number, as the machine knows them, by text, as the transport does, and by key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from node.agreement.validators import ValidatorSet
from node.live.identity import identity_of
from node.live.wire import Hello
from node.served import Role

#: Peers whose numbers are remembered after they have gone.
MAX_NUMBERED = 4096


@dataclass(slots=True)
class Neighbour:
    """A connected peer that has said hello. ``height`` is the highest it has shown to have decided."""

    number: int
    peer: str
    hello: Hello
    height: int


class Directory:
    """Numbers are given for the life of the process: the machine bars and prefers peers by them."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._next = 0
        self._met: dict[str, Neighbour] = {}
        self._by_number: dict[int, Neighbour] = {}

    def __len__(self) -> int:
        return len(self._met)

    def number(self, peer: str) -> int:
        found = self._numbers.get(peer)
        if found is None:
            found = self._numbers[peer] = self._next
            self._next += 1
            if len(self._numbers) > MAX_NUMBERED:
                gone = next((other for other in self._numbers if other not in self._met), None)
                if gone is not None:
                    del self._numbers[gone]
        return found

    def met(self, peer: str, hello: Hello) -> Neighbour:
        number = self.number(peer)
        known = self._met.get(peer)
        height = max(hello.height, known.height if known is not None else -1)
        self._met[peer] = self._by_number[number] = Neighbour(number, peer, hello, height)
        return self._met[peer]

    def lost(self, peer: str) -> None:
        gone = self._met.pop(peer, None)
        if gone is not None:
            del self._by_number[gone.number]

    def of(self, peer: str) -> Neighbour | None:
        return self._met.get(peer)

    def at(self, number: int) -> Neighbour | None:
        return self._by_number.get(number)

    def all(self) -> list[Neighbour]:
        return [self._met[peer] for peer in sorted(self._met)]

    def best(self, validators: ValidatorSet) -> int:
        """How far the chain is, as peers show it: the height that validators with more than a third of the votes
        have reached, so that no liar is believed; where fewer are connected, that of the middle one of all."""
        votes = {member.key: member.power for member in validators.members}
        power = 0
        for found in sorted(self._met.values(), key=lambda found: -found.height):
            if found.hello.role is Role.VALIDATOR:
                power += votes.pop(found.hello.key, 0)
                if power >= validators.witnesses:
                    return found.height
        heights = sorted(found.height for found in self._met.values())
        return heights[(len(heights) - 1) // 2] if heights else -1

    def identities(self) -> tuple[bytes, ...]:
        """The keys in the peer ids of all that are connected."""
        return tuple(identity_of(found.peer) for found in self.all())

    def with_keys(self, keys: Iterable[bytes]) -> list[Neighbour]:
        """The connected ones among these validators."""
        wanted = set(keys)
        return [found for found in self.all() if found.hello.role is Role.VALIDATOR and found.hello.key in wanted]
