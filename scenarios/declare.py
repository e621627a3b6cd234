"""How a scenario's fields are declared: each with its bounds and meaning.

From these declarations come the reader of the TOML (``scenarios.read``) and its published schema
(``scenarios.schema``). A field may also hold a list of records, of one kind or of several told apart by ``kind``.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any


def number(default: float, low: float, high: float, doc: str) -> Any:
    """An ``int`` or ``float`` field, by its annotation, from ``low`` to ``high`` inclusive."""
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


def text(default: Any, doc: str) -> Any:
    """A field without numeric bounds: a string, a switch, one of several words, a list of plain values."""
    return field(default=default, metadata={"doc": doc})


def part(kind: type, doc: str) -> Any:
    """A table of its own."""
    return field(default_factory=kind, metadata={"doc": doc})


def parts(doc: str, kinds: dict[str, type] | None = None, *, most: int = 256) -> Any:
    """A list of tables, at most ``most``. With ``kinds``, the key ``kind`` of each says which record it is."""
    return field(default=(), metadata={"doc": doc, "kinds": kinds, "most": most})
