"""Everything a node does about the past: serves it, fetches it, and finds out whether it has forgotten its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from node.agreement.application import Sign, Verify
from node.agreement.messages import Certificate
from node.agreement.validators import ValidatorSet
from node.catchup.amnesia import Amnesia
from node.catchup.joiner import Fetched, Joiner
from node.catchup.library import Keeping, Library
from node.catchup.light import Pin, Trusted
from node.catchup.messages import (
    CatchUpEffect,
    Checkpoint,
    Chunk,
    Links,
    Manifest,
    Now,
    PeerMessage,
    Tell,
    WantChunk,
    WantLinks,
    WhereNow,
)
from node.chain.tables import validators_of
from settlement.ledger.stakes import stake_rules_of
from settlement.ledger.state import State


class CatchUp:
    """One node's. ``nonce`` is given where key is there and log is not: see ``amnesia``."""

    def __init__(
        self,
        network: bytes,
        sign: Sign,
        verify: Verify,
        key: bytes | None,
        *,
        keeping: Keeping,
        archive: Sequence[Checkpoint] = (),
        pin: Pin | None = None,
        nonce: bytes | None = None,
    ) -> None:
        self.network, self.sign, self.verify, self.key, self.pin = network, sign, verify, key, pin
        self.library = Library(keeping, archive)
        self.joiner: Joiner | None = None
        self.amnesia = None if key is None or nonce is None else Amnesia(network, verify, key, nonce)

    def voter(self, height: int, validators: ValidatorSet) -> int | None:
        """This node's position among those who decide ``height``, if it has one and may vote."""
        if self.key is None:
            return None
        if self.amnesia is not None:
            if not self.amnesia.over(height, validators):
                return None
            self.amnesia = None
        return validators.position(self.key)

    def decided(
        self, block: bytes, certificate: Certificate, before: ValidatorSet, after: ValidatorSet, state: State
    ) -> list[CatchUpEffect]:
        return self.library.decided(block, certificate, before, after, state)

    def offer(self, to: int) -> list[CatchUpEffect]:
        """For a peer whose next height was pruned."""
        found = self.library.offer()
        return [] if found is None else [Tell(to, found)]

    def hear(
        self, sender: int, message: PeerMessage, height: int, state: State
    ) -> tuple[list[CatchUpEffect], Fetched | None]:
        """``height`` is the last decided one, after which ``state`` is."""
        match message:
            case WantLinks():
                return [Tell(sender, self.library.links(message.after))], None
            case WantChunk():
                chunk = self.library.chunk(message)
                return (self.offer(sender) if chunk is None else [Tell(sender, chunk)]), None
            case WhereNow():
                return self._now(sender, message, height + 1), None
            case Now():
                if self.amnesia is not None:
                    self.amnesia.heard(message)
            case Manifest():
                if self.joiner is None:
                    self.joiner = self._begin(height, state)
                self.joiner.offered(sender, message)
            case Links() if self.joiner is not None:
                return [*self.joiner.linked(sender, message)], None
            case Chunk() if self.joiner is not None:
                asked, found = self.joiner.chunk(sender, message)
                return [*asked], found
            case _:
                pass
        return [], None

    def tick(self, height: int) -> list[CatchUpEffect]:
        """Now and then; ``height`` is the last decided one."""
        out: list[CatchUpEffect] = []
        if self.joiner is not None:
            self.joiner.height = height
            out += self.joiner.tick()
        if self.amnesia is not None:
            out.append(Tell(None, WhereNow(self.amnesia.nonce)))
        return out

    def installed(self, fetched: Fetched) -> None:
        """The snapshot is this node's state now: serve it on. What else was offered is forgotten."""
        self.library.add(fetched.manifest.checkpoint, fetched.chunks)
        self.library.archive(fetched.manifest.checkpoint)
        self.joiner = None

    def _begin(self, height: int, state: State) -> Joiner:
        # An operator's word counts for more than what this node was told at its genesis.
        pinned = self.pin is not None and self.pin.height > height
        trusted = None if pinned else Trusted(height, validators_of(state))
        horizon = stake_rules_of(state).evidence_age
        return Joiner(self.network, self.verify, height, trusted, self.pin if pinned else None, horizon)

    def _now(self, sender: int, asked: WhereNow, height: int) -> list[CatchUpEffect]:
        """A validator that has not forgotten says where it is."""
        if self.key is None or self.amnesia is not None:
            return []
        said = Now(asked.nonce, height, self.key)
        return [Tell(sender, replace(said, signature=self.sign(said.signed(self.network))))]
