"""What nodes say to one another about the past, and what catching up asks of whoever drives the node."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from intents.canonical import pack
from node.agreement.messages import Certificate
from node.agreement.validators import Validator
from settlement.ledger.state import State

_NOW_DOMAIN = b"walras/now/1\0"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A decided block without its items: header, hash of the body, who decided it and who decides the next."""

    header: bytes
    body_hash: bytes
    certificate: Certificate
    validators: tuple[Validator, ...]
    next_validators: tuple[Validator, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot: the state after ``checkpoint``, in as many chunks as there are hashes."""

    checkpoint: Checkpoint
    chunks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class WantLinks:
    """Checkpoints that lead on from height ``after``: those where the validators change."""

    after: int


@dataclass(frozen=True, slots=True)
class Links:
    """Checkpoints in order; a full page has more behind it."""

    checkpoints: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class WantChunk:
    """A piece of the snapshot at ``height``."""

    height: int
    index: int


@dataclass(frozen=True, slots=True)
class Chunk:
    height: int
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class WhereNow:
    """One that has lost its memory asks at which height the others work; ``nonce`` has never been asked before."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class Now:
    """Validator ``key`` works at ``height``: it has decided all before."""

    nonce: bytes
    height: int
    key: bytes
    signature: bytes = b""

    def signed(self, network: bytes) -> bytes:
        return hashlib.sha256(_NOW_DOMAIN + network + pack([self.nonce, self.height])).digest()


PeerMessage = Manifest | WantLinks | Links | WantChunk | Chunk | WhereNow | Now


@dataclass(frozen=True, slots=True)
class Tell:
    """Send this to a peer; ``None``: to all."""

    to: int | None
    message: PeerMessage


@dataclass(frozen=True, slots=True)
class Archive:
    """Keep this checkpoint for as long as there is room: late joiners follow the validators through it."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Prune:
    """Decisions of heights below ``below`` are of no use any more: whoever needs them gets a snapshot."""

    below: int


@dataclass(frozen=True, slots=True)
class Install:
    """The state is now this snapshot's, and its height the last decided: replace the durable state and the log
    in one transaction, before any effect that follows. ``state`` is what the chunks say, as it was then, unless
    blocks since have changed it in place (``Memo.shares``)."""

    height: int
    manifest: Manifest
    chunks: tuple[bytes, ...]
    state: State


CatchUpEffect = Tell | Archive | Prune | Install
