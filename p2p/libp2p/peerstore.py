"""Addresses of peers met before, in a file: bounded, replaced whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections import OrderedDict
from pathlib import Path

_FILE_BYTES = 1024 * 1024
_ADDRESS_CHARS = 512


class PeerStore:
    """The last address of each of at most ``most`` peers; without a path, only in memory."""

    def __init__(self, path: Path | None, most: int) -> None:
        self._path, self._most = path, most
        self._addresses: OrderedDict[str, str] = OrderedDict(_read(path)[-most:] if path else [])

    def __len__(self) -> int:
        return len(self._addresses)

    def addresses(self) -> dict[str, str]:
        """By peer, the latest met last."""
        return dict(self._addresses)

    def met(self, peer: str, address: str) -> None:
        """Writes the file only for news: to meet those of before again, perhaps all at once, costs no disk.

        Raises ``OSError`` where it cannot; the address is known all the same.
        """
        news = self._addresses.get(peer) != address
        self._addresses[peer] = address
        self._addresses.move_to_end(peer)
        if len(self._addresses) > self._most:
            self._addresses.popitem(last=False)
        if news:
            self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        new = self._path.with_name(self._path.name + ".new")
        with open(new, "w", encoding="utf-8") as out:
            json.dump(self._addresses, out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(new, self._path)


def _read(path: Path) -> list[tuple[str, str]]:
    """What the file holds; a damaged one holds nothing, for it is only a help."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        text = path.read_bytes()
        held = json.loads(text) if len(text) <= _FILE_BYTES else None
        if isinstance(held, dict):
            return [(p, a) for p, a in held.items() if isinstance(a, str) and len(a) <= _ADDRESS_CHARS]
    return []
