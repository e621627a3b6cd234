"""What a history forgets: the oldest auctions with their blocks, and intents that ended before them."""

from __future__ import annotations

import sqlite3

from node.chain.blocks import Phase

#: Where the file is too large, so large a part of the auctions goes at once: pruning should not be done at each.
_PART = 8


def prune(db: sqlite3.Connection, newest: int, keep_auctions: int, keep_bytes: int) -> None:
    """Keep the last ``keep_auctions``, and no more than the file of ``keep_bytes`` holds; the newest always."""
    _forget_below(db, newest - keep_auctions + 1)
    while _bytes_used(db) > keep_bytes:
        (oldest,) = db.execute("SELECT min(number) FROM auction").fetchone()
        if oldest is None or oldest >= newest:
            return
        _forget_below(db, oldest + max(1, (newest - oldest) // _PART))


def _forget_below(db: sqlite3.Connection, first: int) -> None:
    if first <= 1:
        return
    for table, column in (("auction", "number"), ("inputs", "number"), ("part", "auction")):
        db.execute(f"DELETE FROM {table} WHERE {column} < ?", (first,))
    db.execute("DELETE FROM block WHERE height < ?", ((first - 1) * len(Phase),))
    db.execute("DELETE FROM trade WHERE intent IN (SELECT seq FROM intent WHERE ended < ?)", (first,))
    db.execute("DELETE FROM intent WHERE ended < ?", (first,))


def _bytes_used(db: sqlite3.Connection) -> int:
    """Pages that hold something; freed ones are filled again before the file grows."""
    pages, free, size = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
