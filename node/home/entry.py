"""What a node says of itself before its network exists: public keys and an address, for the genesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from intents.errors import TooMany
from intents.fields import Fields
from intents.keys import PUBLIC_KEY_BYTES, check_public_key
from intents.schema import Octets, Optional, Record, Text
from intents.strict_json import parse_json
from node.inputs import read_file

FORMAT: Final = "walras-entry/1"
MAX_ENTRY_BYTES: Final = 64 << 10
MAX_ENTRIES: Final = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """``validator``, ``solver``: public keys, where it has such; ``address`` is what others dial, or empty."""

    name: str
    address: str = ""
    validator: bytes | None = None
    solver: bytes | None = None


def _check(entry: Entry, where: str) -> None:
    for name in ("validator", "solver"):
        key = getattr(entry, name)
        if key is not None:
            check_public_key(key, f"{where}: {name}")


_KEY: Final[Octets[bytes]] = Octets(length=PUBLIC_KEY_BYTES)
ENTRY: Final = Record(
    Entry,
    {"name": Text(64), "address": Text(256), "validator": Optional(_KEY), "solver": Optional(_KEY)},
    _check,
)


def entry_to_json(entry: Entry) -> dict[str, Any]:
    return {"format": FORMAT, **ENTRY.to_json(entry)}


def entry_from_json(document: object, where: str) -> Entry:
    fields = Fields(document, where).only("format", *ENTRY.parts)
    fields.choice("format", (FORMAT,))
    return ENTRY.from_fields(fields, where)


def read_entries(paths: Sequence[Path]) -> tuple[Entry, ...]:
    """The entries in these files, one each. Raises an ``InputError``."""
    if len(paths) > MAX_ENTRIES:
        raise TooMany("", "entries", len(paths), MAX_ENTRIES)
    return tuple(
        entry_from_json(parse_json(read_file(path, limit=MAX_ENTRY_BYTES), str(path)), str(path)) for path in paths
    )
