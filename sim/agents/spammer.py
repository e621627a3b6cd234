"""Spammers: a flood of what costs others work and is worth nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Final

from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import AgentPart, share_of_funds
from sim.agents.valuing import legs, pricing, risky

#: Items kept for repeating.
MAX_KEPT: Final = 64
#: A list that claims 2^32 − 1 entries, and lists nested deeper than anything sound.
_CLAIMS: Final = b"\xdd\xff\xff\xff\xff"
_NESTED: Final = b"\x91" * 4096


@dataclass(frozen=True, slots=True)
class SpammerPart(AgentPart):
    """Hands in intents nobody can fill, copies of what it handed in before, and bytes that mean nothing."""

    per_s: float = number(20.0, 1e-3, 1e6, "items handed in a second, in the mean")
    from_s: float = number(0.0, 0.0, 1e7, "from when")
    until_s: float = number(1e7, 0.0, 1e7, "until when")
    duplicate_share: float = number(0.25, 0.0, 1.0, "share of copies")
    malformed_share: float = number(
        0.25, 0.0, 1.0, "share of bytes that are no item; the rest are worthless intents"
    )
    size: float = share_of_funds(0.001, "value of a worthless intent")
    asks: float = number(9.0, 0.1, 1e6, "how many times more than fair it wants besides")
    lasts: int = number(1, 1, 1_000, "how many auctions a worthless intent lasts")


class Spammer:
    """An ``Agent`` without interest in any outcome."""

    def __init__(self, part: SpammerPart) -> None:
        self.part = part
        self._kept: deque[bytes] = deque(maxlen=MAX_KEPT)

    def start(self, desk: Desk) -> None:
        desk.after(max(1, round(self.part.from_s * 1e6)), self._go_on, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        """It does not care."""

    def _go_on(self, desk: Desk) -> None:
        if desk.now_us >= self.part.until_s * 1e6:
            return
        wait = desk.stream("waits").expovariate(self.part.per_s)
        desk.after(max(1, round(wait * 1e6)), self._go_on, desk)
        self._hand_in(desk, desk.stream("items"))

    def _hand_in(self, desk: Desk, draw: Random) -> None:
        owner, kind = draw.randrange(desk.owners), draw.random()
        offer = self._worthless(desk, owner, draw)
        if kind < self.part.malformed_share:
            sound = desk.signed(offer, owner) if offer is not None else b""
            desk.raw(malformed(sound, draw))
        elif kind < self.part.malformed_share + self.part.duplicate_share and self._kept:
            desk.raw(self._kept[draw.randrange(len(self._kept))])
        elif offer is not None:
            item = desk.signed(offer, owner)
            self._kept.append(item)
            desk.raw(item)

    def _worthless(self, desk: Desk, owner: int, draw: Random) -> Offer | None:
        """Wants many times what it gives."""
        assets = risky(desk, self.part.assets)
        if not assets:
            return None
        asset = assets[draw.randrange(len(assets))]
        pair = (desk.numeraire, asset) if draw.random() < 0.5 else (asset, desk.numeraire)
        asks = 1.0 + self.part.asks
        found = legs(desk, owner, pair, self.part.size * self.part.funds, 0.0, pricing(desk))
        if found is None:
            return None
        give, want = found
        return Offer(give, type(want)(want.asset, int(want.amount * asks)), lasts=self.part.lasts, purpose="spam")


def malformed(sound: bytes, draw: Random) -> bytes:
    """Noise, or a sound item cut short, with a bit turned, with something after it, or hidden in a bomb."""
    match draw.randrange(6):
        case 0:
            return draw.randbytes(draw.randint(1, 300))
        case 1:
            return sound[: draw.randrange(len(sound))] if sound else b""
        case 2 if sound:
            place = draw.randrange(len(sound))
            return sound[:place] + bytes([sound[place] ^ 1 << draw.randrange(8)]) + sound[place + 1 :]
        case 3:
            return sound + draw.randbytes(draw.randint(1, 16))
        case 4:
            return _CLAIMS + sound
        case _:
            return _NESTED + sound
