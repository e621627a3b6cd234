"""What a validator's folder remembers beside its store: that the key has had a store, and that a log was lost.

A key whose store is gone may have voted. Its new store is marked as lost until its log has a first record, and as
long as it is, the machine finds out from others where they are before it votes (``node.catchup.amnesia``).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from intents.keys import PUBLIC_KEY_BYTES
from node.catchup.wire import NONCE_BYTES
from node.live.errors import LostStore

_VOTED, _LOST = ".voted", ".lost"
#: Keys that one folder remembers, the newest.
MAX_KEYS = 256
_LINE = 2 * PUBLIC_KEY_BYTES + 1


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks beside ``store`` of the validator with the public key ``key``."""

    store: Path
    key: bytes

    def had_store(self) -> None:
        """The key has had one, whoever made it knows, though all that had its name may be gone."""
        _write(self._voted, [*_read(self._voted), self.key])

    def before_opening(self) -> None:
        """Say so on disk if the store about to be made takes the place of one that is gone: of all keys that used
        it, whichever comes back first."""
        if not self.store.exists():
            _write(self._lost, [*_read(self._lost), *_read(self._voted)])

    def opened(self, alone: bool) -> bytes | None:
        """The store is there. A number never used before, if its log was lost.

        Raises ``LostStore`` where the validator is ``alone`` and there is nobody to ask.
        """
        self.had_store()
        if self.key not in _read(self._lost):
            return None
        if alone:
            raise LostStore(str(self.store), str(self._voted))
        return secrets.token_bytes(NONCE_BYTES)

    def spoke(self) -> None:
        """The log has a record: from here on it knows what was said."""
        _write(self._lost, [key for key in _read(self._lost) if key != self.key])

    @property
    def _voted(self) -> Path:
        return self.store.with_name(self.store.name + _VOTED)

    @property
    def _lost(self) -> Path:
        return self.store.with_name(self.store.name + _LOST)


def _read(path: Path) -> list[bytes]:
    """The keys in it, a line of hex each; what is no key there is none."""
    try:
        with path.open("rb") as file:
            lines = file.read(MAX_KEYS * _LINE).decode("ascii", "replace").split()
    except FileNotFoundError:
        return []
    return [bytes.fromhex(line) for line in lines if re.fullmatch(f"[0-9a-f]{{{_LINE - 1}}}", line)]


def _write(path: Path, keys: Iterable[bytes]) -> None:
    """On disk when this returns, with its name; as it was before or as it is now, whatever happens."""
    kept = list(dict.fromkeys(keys))[-MAX_KEYS:]
    if kept == _read(path):
        return
    if not kept:
        path.unlink()
        return
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="ascii") as file:
        file.writelines(key.hex() + "\n" for key in kept)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
