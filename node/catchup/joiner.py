"""Fetching a snapshot: from whom, which one, and what to believe of it.

Peers offer snapshots; the latest is taken whose validators follow from those trusted. Its chunks are fetched from
all who offer the same one, checked by hash, put together, and believed when the state's root is the one in the
decided header. Whoever sends what is not so is heard no more; who sends nothing loses its turn to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from node.agreement.application import Verify
from node.catchup.errors import BadSnapshot, Forged
from node.catchup.light import Light, Pin, Trusted, follow, hold_against_itself
from node.catchup.messages import Chunk, Links, Manifest, Tell, WantChunk, WantLinks
from node.catchup.snapshot import chunk_hash, rebuild
from node.catchup.wire import MAX_LINKS
from settlement.ledger.state import State

#: Chunks asked for at once, ticks until one is asked for elsewhere, and peers listened to.
AT_ONCE: Final = 8
PATIENCE: Final = 3
MAX_PEERS: Final = 256


@dataclass(frozen=True, slots=True)
class Fetched:
    """A snapshot that holds: the state after the block of ``light``."""

    light: Light
    manifest: Manifest
    chunks: tuple[bytes, ...]
    state: State


class Joiner:
    """Looks for a snapshot ahead of ``height``. ``horizon``: see ``light.follow``."""

    def __init__(
        self, network: bytes, verify: Verify, height: int, trusted: Trusted | None, pin: Pin | None, horizon: int
    ) -> None:
        self.network, self.verify, self.height = network, verify, height
        self.trusted, self.pin, self.horizon = trusted, pin, horizon
        self.barred: set[int] = set()
        self._offers: dict[int, tuple[Manifest, Light]] = {}
        self._wanted: Manifest | None = None
        self._have: dict[int, bytes] = {}
        #: Chunk by index: who was asked, and how many ticks ago.
        self._asked: dict[int, tuple[int, int]] = {}
        self._turn = 0
        #: How often a peer did not answer.
        self._failed: dict[int, int] = {}

    # Events

    def offered(self, sender: int, manifest: Manifest) -> None:
        """An offer counts from the next tick on, so that one can be compared with others."""
        if sender in self.barred or len(self._offers) >= MAX_PEERS:
            return
        if sender in self._offers and self._offers[sender][0] == manifest:
            return
        try:
            light = hold_against_itself(manifest.checkpoint, self.network, self.verify)
        except Forged:
            self._bar(sender)
            return
        if not manifest.chunks:
            # No state is empty.
            self._bar(sender)
        elif light.header.height > self.height:
            self._offers[sender] = (manifest, light)

    def linked(self, sender: int, links: Links) -> list[Tell]:
        """Follow the validators through; a full page is followed by the next."""
        before = self.trusted
        try:
            for checkpoint in links.checkpoints[:MAX_LINKS]:
                light = hold_against_itself(checkpoint, self.network, self.verify)
                self.trusted = follow(self.trusted, self.pin, light, self.horizon) or self.trusted
        except Forged:
            self._bar(sender)
            return []
        if self.trusted == before or self.trusted is None:
            # It knows no way from what we trust to what it offers.
            self._offers.pop(sender, None)
            return []
        return [Tell(sender, WantLinks(self.trusted.height))] if len(links.checkpoints) >= MAX_LINKS else []

    def chunk(self, sender: int, chunk: Chunk) -> tuple[list[Tell], Fetched | None]:
        """What to ask for next, or the snapshot, when this was the last piece."""
        if self._wanted is None or self._asked.get(chunk.index, (None, 0))[0] != sender:
            return [], None
        if chunk.height != self._target.header.height:
            return [], None
        if chunk_hash(chunk.data) != self._wanted.chunks[chunk.index]:
            self._bar(sender)
            return self._ask(), None
        del self._asked[chunk.index]
        self._have[chunk.index] = chunk.data
        if len(self._have) < len(self._wanted.chunks):
            return self._ask(), None
        return [], self._finish()

    def tick(self) -> list[Tell]:
        """Now and then: choose, ask, and ask elsewhere what is overdue."""
        for index, (peer, ticks) in list(self._asked.items()):
            if ticks >= PATIENCE:
                # It may offer again, and comes after those who answer.
                if self._offers.pop(peer, None) is not None:
                    self._failed[peer] = self._failed.get(peer, 0) + 1
                del self._asked[index]
            else:
                self._asked[index] = (peer, ticks + 1)
        self._offers = {
            peer: offer for peer, offer in self._offers.items() if offer[1].header.height > self.height
        }
        if self._wanted is not None and not self._providers():
            self._drop()
        if self._wanted is None:
            return self._choose()
        return self._ask()

    # Choosing

    def _choose(self) -> list[Tell]:
        """Of those who failed least the latest snapshot that follows from what is trusted, or ways to others."""
        out: list[Tell] = []
        for sender in sorted(self._offers, key=self._rank):
            manifest, light = self._offers[sender]
            try:
                believed = follow(self.trusted, self.pin, light, self.horizon) is not None
            except Forged:
                self._bar(sender)
                continue
            if believed:
                self._wanted, self._target = manifest, light
                return [*out, *self._ask()]
            after = self.pin.height - 1 if self.trusted is None and self.pin is not None else -1
            out.append(Tell(sender, WantLinks(after if self.trusted is None else self.trusted.height)))
        return out

    def _rank(self, peer: int) -> tuple[int, int, int]:
        return self._failed.get(peer, 0), -self._offers[peer][1].header.height, peer

    def _providers(self) -> list[int]:
        return sorted(peer for peer, (manifest, _) in self._offers.items() if manifest == self._wanted)

    def _ask(self) -> list[Tell]:
        providers, out = self._providers(), []
        if self._wanted is None or not providers:
            return []
        for index in range(len(self._wanted.chunks)):
            if len(self._asked) >= AT_ONCE:
                break
            if index not in self._have and index not in self._asked:
                self._turn += 1
                peer = providers[self._turn % len(providers)]
                self._asked[index] = (peer, 0)
                out.append(Tell(peer, WantChunk(self._target.header.height, index)))
        return out

    def _finish(self) -> Fetched | None:
        """All chunks are those of the manifest; whether the manifest is that of the state only the root tells."""
        assert self._wanted is not None
        chunks = tuple(self._have[index] for index in range(len(self._wanted.chunks)))
        try:
            state = rebuild(chunks, self._target.header.state_root)
        except BadSnapshot:
            for peer in self._providers():
                self._bar(peer)
            self._drop()
            return None
        return Fetched(self._target, self._wanted, chunks, state)

    def _bar(self, peer: int) -> None:
        self.barred.add(peer)
        self._offers.pop(peer, None)
        self._asked = {index: asked for index, asked in self._asked.items() if asked[0] != peer}

    def _drop(self) -> None:
        self._wanted = None
        self._have.clear()
        self._asked.clear()
