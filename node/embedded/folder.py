"""A node's folder: its store, its keys, and the lock that lets one process at a time be this node.

``node.sqlite`` (with SQLite's ``-wal`` and ``-shm`` and our ``-mark`` beside it), ``validator.key`` and, where it
solves, ``solver.key``: 32 secret bytes in hex, readable by their owner alone. The store is made together with the
keys and never again: a key whose store is gone must not vote as if it had said nothing yet. ``solver.scratch`` is
where a solver with a process of its own works while the node runs.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from intents.signing import SigningKey
from node.embedded.errors import BadKeyFile, FolderInUse, FolderNotWritable
from node.solving import SolverKey
from node.storage.store import Store
from settlement.ledger.state import State

STORE: Final = "node.sqlite"
VALIDATOR: Final = "validator.key"
SOLVER: Final = "solver.key"
LOCK: Final = "node.lock"
SCRATCH: Final = "solver.scratch"
_SECRET_BYTES: Final = 32


def create(folder: Path, first: State, validator: bytes, solver: bytes | None = None) -> None:
    """A node that begins with the state ``first``; ``validator`` and ``solver`` are secret seeds of 32 bytes.

    Raises ``FolderInUse`` where there is one already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any((folder / name).exists() for name in (STORE, VALIDATOR, SOLVER)):
        raise FolderInUse(str(folder), "holds a node already")
    Store(folder / STORE, first).close()
    _write_secret(folder / VALIDATOR, validator)
    if solver is not None:
        _write_secret(folder / SOLVER, solver)


def new_secret() -> bytes:
    """From the operating system's randomness."""
    return secrets.token_bytes(_SECRET_BYTES)


def validator_key(folder: Path) -> SigningKey:
    return SigningKey.from_seed(_read_secret(folder / VALIDATOR))


def solver_key(folder: Path) -> SolverKey | None:
    """``None`` where this node does not solve."""
    path = folder / SOLVER
    if not path.exists():
        return None
    secret = _read_secret(path)
    key = SigningKey.from_seed(secret)
    return SolverKey(key.public, secret, key.sign)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be this folder's node for a while. The lock goes with the process, however it ends.

    Raises ``FolderInUse`` where another process is, ``FolderNotWritable`` where nobody can be.
    """
    try:
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderNotWritable(str(folder), (error.strerror or str(error)).lower()) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(str(folder), "another process is this node") from error
        except OSError as error:  # a file system without locks
            raise FolderNotWritable(str(folder), (error.strerror or str(error)).lower()) from error
        yield
    finally:
        os.close(file)


def _write_secret(path: Path, secret: bytes) -> None:
    if len(secret) != _SECRET_BYTES:
        raise BadKeyFile(str(path), f"a secret has {_SECRET_BYTES} bytes, not {len(secret)}")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as writer:
        writer.write(secret.hex() + "\n")
        writer.flush()
        os.fsync(writer.fileno())


def _read_secret(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(4 * _SECRET_BYTES)
    except OSError as error:
        raise BadKeyFile(str(path), f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if mode & 0o077:
        raise BadKeyFile(str(path), f"others may read it (mode {mode:o}); chmod 600 it")
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError as error:
        raise BadKeyFile(str(path), "is not hex") from error
    if len(secret) != _SECRET_BYTES:
        raise BadKeyFile(str(path), f"holds {len(secret)} bytes, not {_SECRET_BYTES}")
    return secret
