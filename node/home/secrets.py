"""Small secret files: made once, readable by their owner alone, refused when others may read them."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from node.embedded.errors import BadKeyFile
from node.home.errors import HomeExists

SECRET_BYTES: Final = 32
_READ: Final = 4 * SECRET_BYTES


def new_secret() -> bytes:
    """From the operating system's randomness."""
    return secrets.token_bytes(SECRET_BYTES)


def write_secret(path: Path, secret: bytes) -> None:
    """32 bytes as hex and a line's end, on disk when this returns. Raises ``HomeExists`` where there is a file."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise HomeExists(str(path), "is there already") from error
    except OSError as error:
        raise BadKeyFile(str(path), f"cannot be written: {_reason(error)}") from error
    try:
        with os.fdopen(file, "w", encoding="ascii") as writer:
            os.fchmod(writer.fileno(), 0o600)
            writer.write(secret.hex() + "\n")
            writer.flush()
            os.fsync(writer.fileno())
    except OSError as error:
        # Half a key is of no use, and in the way of a whole one.
        path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def read_secret(path: Path) -> bytes:
    """The 32 bytes in ``path``. Raises ``BadKeyFile``."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(file, "rb") as reader:
            state = os.fstat(reader.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise BadKeyFile(str(path), "is not a plain file")
            text = reader.read(_READ)
    except OSError as error:
        raise BadKeyFile(str(path), f"cannot be read: {_reason(error)}") from error
    mode = stat.S_IMODE(state.st_mode)
    if mode & 0o077:
        raise BadKeyFile(str(path), f"others may read it (mode {mode:o}); chmod 600 it")
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError as error:
        raise BadKeyFile(str(path), "is not hex") from error
    if len(secret) != SECRET_BYTES:
        raise BadKeyFile(str(path), f"holds {len(secret)} bytes, not {SECRET_BYTES}")
    return secret


def read_or_create_secret(path: Path) -> bytes:
    """What is in ``path``, or a new secret written there."""
    if not path.exists():
        write_secret(path, new_secret())
    return read_secret(path)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
