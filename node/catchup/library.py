"""What a node keeps for those who come later: snapshots of the state, and the way to them.

Kept are the last few snapshots, and a checkpoint of each height at which validators change or a snapshot was
taken, so that a late joiner can follow the sets from the genesis on.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.agreement.messages import Certificate
from node.agreement.validators import ValidatorSet
from node.catchup.messages import Archive, CatchUpEffect, Checkpoint, Chunk, Links, Manifest, Prune, WantChunk
from node.catchup.snapshot import chunk_hash, chunks_of
from node.catchup.wire import MAX_CHUNKS, MAX_LINKS
from node.chain.blocks import Phase, light_of, phase_of
from settlement.ledger.state import State

#: Snapshots served at once: while one is fetched the next may be taken.
KEPT_SNAPSHOTS: Final = 2
#: Checkpoints kept; whoever trusts nothing younger than the oldest needs an operator's word.
MAX_ARCHIVED: Final = 16_384


@dataclass(frozen=True, slots=True)
class Keeping:
    """A snapshot every so many auctions (0: none), and so many decisions for those who are only a little behind.

    Without snapshots nothing is pruned.
    """

    snapshot_every: int = 0
    keep_decisions: int = 1_000


#: No snapshots, and so nothing pruned.
NOTHING_KEPT: Final = Keeping()


class Library:
    """One node's snapshots and checkpoints."""

    def __init__(self, keeping: Keeping, archive: Sequence[Checkpoint] = ()) -> None:
        self.keeping = keeping
        self._archive: dict[int, Checkpoint] = {}
        #: The heights in it at which the validators change, in order.
        self._changes: list[int] = []
        self._snapshots: dict[int, tuple[Manifest, tuple[bytes, ...]]] = {}
        for checkpoint in archive:
            self.archive(checkpoint)

    def decided(
        self, block: bytes, certificate: Certificate, before: ValidatorSet, after: ValidatorSet, state: State
    ) -> list[CatchUpEffect]:
        """``state`` is the one after ``block``, which the set ``before`` decided."""
        height = certificate.height
        due = self._due(height)
        if phase_of(height) is not Phase.SETTLE or not (due or before.members != after.members):
            return []
        header, body_hash = light_of(block)
        checkpoint = Checkpoint(header, body_hash, certificate, before.members, after.members)
        self.archive(checkpoint)
        out: list[CatchUpEffect] = [Archive(checkpoint)]
        if due:
            self.add(checkpoint, chunks_of(state))
            below = min(height + 1, height + 1 - self.keeping.keep_decisions)
            if below > 0:
                out.append(Prune(below))
        return out

    def add(self, checkpoint: Checkpoint, chunks: tuple[bytes, ...]) -> None:
        """A snapshot to serve from now on; a state too large for one is not served."""
        if len(chunks) <= MAX_CHUNKS:
            manifest = Manifest(checkpoint, tuple(chunk_hash(chunk) for chunk in chunks))
            self._snapshots[checkpoint.certificate.height] = (manifest, chunks)
            while len(self._snapshots) > KEPT_SNAPSHOTS:
                del self._snapshots[min(self._snapshots)]

    def archive(self, checkpoint: Checkpoint) -> None:
        height = checkpoint.certificate.height
        if height not in self._archive and checkpoint.validators != checkpoint.next_validators:
            insort(self._changes, height)
        self._archive[height] = checkpoint
        if len(self._archive) > MAX_ARCHIVED:
            oldest = min(self._archive)
            del self._archive[oldest]
            self._changes = self._changes[bisect_right(self._changes, oldest) :]

    def offer(self) -> Manifest | None:
        """The latest snapshot."""
        return self._snapshots[max(self._snapshots)][0] if self._snapshots else None

    def chunk(self, wanted: WantChunk) -> Chunk | None:
        found = self._snapshots.get(wanted.height)
        if found is None or wanted.index >= len(found[1]):
            return None
        return Chunk(wanted.height, wanted.index, found[1][wanted.index])

    def links(self, after: int) -> Links:
        """The checkpoint just after, if there is one, and those later at which the validators change."""
        first = bisect_right(self._changes, after)
        heights = self._changes[first : first + MAX_LINKS]
        if after + 1 in self._archive and after + 1 not in heights:
            heights = [after + 1, *heights][:MAX_LINKS]
        return Links(tuple(self._archive[height] for height in heights))

    def _due(self, height: int) -> bool:
        every = self.keeping.snapshot_every
        return every > 0 and (height // len(Phase) + 1) % every == 0 and phase_of(height) is Phase.SETTLE
