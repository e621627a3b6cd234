"""Snapshots: the state's canonical dump cut into chunks, and back again.

The dump is every entry in the order of keys within tables, each as key and value with their lengths (4 bytes,
big-endian). Chunks are ``CHUNK_BYTES`` of it each, the last what remains.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from intents.canonical import unpack
from intents.errors import WalrasError
from node.catchup.errors import BadSnapshot
from node.catchup.wire import CHUNK_BYTES
from node.chain.tables import TABLES
from settlement.ledger.state import MAX_ENTRY_BYTES, State

_DOMAIN: Final = b"walras/chunk/1\0"
_NUMBERS: Final = frozenset(table.number for table in TABLES)


def chunk_hash(chunk: bytes) -> bytes:
    return hashlib.sha256(_DOMAIN + chunk).digest()


def chunks_of(state: State) -> tuple[bytes, ...]:
    """The same bytes for the same state, on every node."""
    data = bytearray()
    for key, value in state.dump():
        data += len(key).to_bytes(4, "big") + key + len(value).to_bytes(4, "big") + value
    return tuple(bytes(data[i : i + CHUNK_BYTES]) for i in range(0, len(data), CHUNK_BYTES))


def rebuild(chunks: Sequence[bytes], root: bytes) -> State:
    """The state with that root. Raises ``BadSnapshot`` where the chunks are not its dump."""
    state = State(TABLES)
    try:
        found = state.absorb(dict(_entries(b"".join(chunks))))
    except BadSnapshot:
        raise
    except (WalrasError, ValueError, TypeError, KeyError) as error:
        # Whatever a liar made up: no entry of ours reads like this.
        raise BadSnapshot("snapshot", f"an entry cannot be read: {error}") from error
    if found != root:
        raise BadSnapshot("snapshot", f"its root is {found.hex()}, not {root.hex()}")
    return state


def _entries(data: bytes) -> Iterable[tuple[bytes, bytes | None]]:
    last: tuple[int, bytes] = (-1, b"")
    parts = _parts(data)
    for key in parts:
        value = next(parts, None)
        head = unpack(key, "snapshot.key", limit=MAX_ENTRY_BYTES)
        if value is None or not isinstance(head, list) or len(head) != 2 or head[0] not in _NUMBERS:
            raise BadSnapshot("snapshot", "an entry is of no table")
        place = (int(str(head[0])), key)
        if place <= last:
            raise BadSnapshot("snapshot", "entries are out of order")
        last = place
        yield key, value


def _parts(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise BadSnapshot("snapshot", "it ends within an entry")
        yield data[at + 4 : end]
        at = end
