"""What a peer has earned: points lost for misbehaviour, forgotten with time, and a ban at the bottom.

Penalties halve every ``half_life_ms``. The thresholds and the counters behind them are ours; that a node keeps its
score of a neighbour to itself, and grafts nobody below zero, is gossipsub v1.1's.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import IntEnum


class Offence(IntEnum):
    """Points each costs; a peer is banned at 100."""

    #: Bytes no client of this protocol sends.
    MALFORMED = 55
    #: Over an agreed limit.
    OVERSIZE = 60
    #: A validator rejected its message.
    INVALID = 10
    #: Control messages out of turn: grafts inside the back-off, floods of IHAVE, IWANT or subscriptions.
    FLOOD = 5


@dataclass(slots=True)
class _Account:
    points: float
    at_ms: int


class Scores:
    """Penalty points of at most ``peers`` peers, and who is banned until when."""

    def __init__(self, ban_ms: int, peers: int = 4_096, half_life_ms: int = 30_000, threshold: int = 100) -> None:
        self._ban_ms, self._peers, self._half_life_ms, self._threshold = ban_ms, peers, half_life_ms, threshold
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._bans: OrderedDict[str, int] = OrderedDict()

    def penalise(self, peer: str, offence: Offence, now_ms: int) -> bool:
        """Charge it; whether that bans the peer now."""
        points = self.points(peer, now_ms) + int(offence)
        self._accounts[peer] = _Account(points, now_ms)
        self._accounts.move_to_end(peer)
        if len(self._accounts) > self._peers:
            self._accounts.popitem(last=False)
        if points < self._threshold or self.banned(peer, now_ms):
            return False
        self.ban(peer, now_ms)
        return True

    def ban(self, peer: str, now_ms: int, for_ms: int | None = None) -> None:
        self._bans[peer] = now_ms + (self._ban_ms if for_ms is None else for_ms)
        self._bans.move_to_end(peer)
        if len(self._bans) > self._peers:
            self._bans.popitem(last=False)

    def banned(self, peer: str, now_ms: int) -> bool:
        until_ms = self._bans.get(peer)
        if until_ms is None:
            return False
        if now_ms < until_ms:
            return True
        del self._bans[peer]
        self._accounts.pop(peer, None)
        return False

    def points(self, peer: str, now_ms: int) -> float:
        account = self._accounts.get(peer)
        if account is None:
            return 0.0
        return float(account.points * 0.5 ** (max(0, now_ms - account.at_ms) / self._half_life_ms))

    def trusted(self, peer: str, now_ms: int) -> bool:
        """Whether it may be in a mesh: less than half way to a ban."""
        return not self.banned(peer, now_ms) and self.points(peer, now_ms) < self._threshold / 2
