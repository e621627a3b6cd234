"""What a validator's folder remembers beside its store: that the key has had a store, and that a log was lost.

A key whose store is gone may have voted. Its new store is marked as lost until its log has a first record, and as
long as it is, the machine finds out from others where they are before it votes (``node.catchup.amnesia``).
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from node.catchup.wire import NONCE_BYTES
from node.live.errors import LostStore

_VOTED, _LOST = ".voted", ".lost"
_READ = 256


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks beside ``store`` of the validator with the public key ``key``."""

    store: Path
    key: bytes

    def had_store(self) -> None:
        """The key has had one, whoever made it knows, though all that had its name may be gone."""
        _write(self._voted, self.key.hex())

    def before_opening(self) -> None:
        """Say so on disk if the store about to be made takes the place of one that is gone."""
        if not self.store.exists() and _read(self._voted) == self.key.hex():
            _write(self._lost, self.key.hex())

    def opened(self, alone: bool) -> bytes | None:
        """The store is there. A number never used before, if its log was lost.

        Raises ``LostStore`` where the validator is ``alone`` and there is nobody to ask.
        """
        _write(self._voted, self.key.hex())
        if _read(self._lost) != self.key.hex():
            return None
        if alone:
            raise LostStore(str(self.store), str(self._voted))
        return secrets.token_bytes(NONCE_BYTES)

    def spoke(self) -> None:
        """The log has a record: from here on it knows what was said."""
        with contextlib.suppress(FileNotFoundError):
            self._lost.unlink()

    @property
    def _voted(self) -> Path:
        return self.store.with_name(self.store.name + _VOTED)

    @property
    def _lost(self) -> Path:
        return self.store.with_name(self.store.name + _LOST)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_READ).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str) -> None:
    """On disk when this returns, with its name."""
    if _read(path) == text:
        return
    with path.open("w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
