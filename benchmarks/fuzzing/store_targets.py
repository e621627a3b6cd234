"""The decoders of what a node keeps for itself: its store, its key, and which keys have voted from its folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.fuzzing import corpus, store_images
from benchmarks.fuzzing.mutate import spoilt
from benchmarks.fuzzing.target import Target
from intents.errors import WalrasError
from node.chain.tables import TABLES
from node.home.secrets import read_secret
from node.live.marks import Marks
from node.storage.database import Database, Disk, LocalDisk
from node.storage.store import Store
from p2p.base import KeyFileError
from p2p.libp2p.identity import load_or_create
from settlement.ledger.reconcile import reconcile
from settlement.ledger.state import State


def store_targets(folder: Path) -> tuple[Target, ...]:
    """``folder`` is written to: some of these read files."""
    refused = (WalrasError, KeyFileError)
    return (
        Target("store's pages", store_images.by_pages, _read_in_memory, share=0.2),
        Target("store's rows", store_images.by_rows, _read_in_memory, share=0.2),
        Target("store file, on disk", store_images.by_pages, _on_disk(folder / "store"), share=0.02, most=10_000),
        Target("key file", _secrets, _keys(folder / "secret"), refused, share=0.2),
        Target("keys that voted", _voters, _marks(folder / "voter"), share=0.05),
    )


class _InMemory:
    """A disk that has one file, which nothing survives."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def exists(self, path: Path) -> bool:
        return True

    def connect(self, path: Path) -> Database:
        return store_images.in_memory(self._data)

    def mark(self, path: Path) -> _NoMark:
        return _NoMark()

    def settle(self, path: Path) -> None:
        """There is no name to keep."""


class _NoMark:
    def read(self) -> int | None:
        return None

    def write(self, commits: int) -> None:
        """Nobody reads it again."""

    def close(self) -> None:
        """Nothing is open."""


def _read_in_memory(data: bytes) -> None:
    _read(Path("store"), _InMemory(data))


def _on_disk(path: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        for ending in ("-wal", "-shm", "-mark"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(data)
        _read(path, LocalDisk())

    return read


def _read(path: Path, disk: Disk) -> None:
    """As a node opens it, and as its journal is looked at."""
    with Store(path, None, disk) as store:
        store.items()
        store.log(0)
        store.archived()
        store.load()
        with closing(store.journal()) as journal:
            list(reconcile(State(TABLES), journal, store.entries()))


def _secrets(rng: Random) -> bytes:
    return spoilt(rng.randbytes(32).hex().encode() + b"\n", rng)


def _keys(secret: Path) -> Callable[[bytes], object]:
    """A node's own, and the one that the network knows it by."""

    def read(data: bytes) -> None:
        secret.write_bytes(data)
        secret.chmod(0o600)
        assert len(load_or_create(secret)) == len(read_secret(secret)) == 32

    return read


def _voters(rng: Random) -> bytes:
    lines = b"".join(rng.randbytes(32).hex().encode() + b"\n" for _ in range(rng.randint(0, 3)))
    return spoilt(lines, rng, (lines,))


def _marks(store: Path) -> Callable[[bytes], object]:
    """What the folder remembers of keys, as a node that starts reads and renews it."""

    def read(data: bytes) -> None:
        for ending in ("voted", "lost"):
            store.with_name(f"{store.name}.{ending}").write_bytes(data)
        Marks(store, corpus.HASH).before_opening()
        Marks(store, corpus.HASH).opened(False)

    return read
