"""A node's identity: 32 secret bytes in a file only its owner may read, an Ed25519 key to libp2p."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.keys import KeyPair

from p2p.base import KeyFileError


def load_or_create(path: Path) -> bytes:
    """The seed in ``path``, made with mode 0600 if there is no such file.

    Raises:
        KeyFileError: others may read it, it is not a plain file, or it does not hold 64 hex digits.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load(path)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    with os.fdopen(file, "w", encoding="ascii") as out:
        os.fchmod(out.fileno(), 0o600)
        seed = secrets.token_bytes(32)
        out.write(seed.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    return seed


def _load(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise KeyFileError(f"{path}: not a plain file")
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    with os.fdopen(file, "rb") as read:
        mode = os.fstat(read.fileno()).st_mode & 0o777
        if mode & 0o077:
            raise KeyFileError(f"{path}: others may read it (mode {mode:o}); chmod 600 it")
        text = read.read(128)
    try:
        seed = bytes.fromhex(text.decode("ascii"))
    except ValueError as error:
        raise KeyFileError(f"{path}: not 64 hex digits") from error
    if len(seed) != 32:
        raise KeyFileError(f"{path}: {len(seed)} bytes where 32 belong")
    return seed


def key_pair(seed: bytes) -> KeyPair:
    return create_new_key_pair(seed)
