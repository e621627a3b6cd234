"""What a history forgets: the oldest auctions with their blocks, and intents that ended before them."""

from __future__ import annotations

import sqlite3

from node.chain.blocks import Phase


def prune(db: sqlite3.Connection, newest: int, keep_auctions: int, keep_bytes: int) -> None:
    """Keep the last ``keep_auctions``, and of the inputs no more than ``keep_bytes`` but for the newest's."""
    first = newest - keep_auctions + 1
    _forget_below(db, first)
    (total,) = db.execute("SELECT coalesce(sum(bytes), 0) FROM auction").fetchone()
    if total <= keep_bytes:
        return
    oldest = db.execute(
        "SELECT number, bytes FROM auction WHERE bytes > 0 AND number < ? ORDER BY number", (newest,)
    )
    gone = []
    for number, size in oldest:
        if total <= keep_bytes:
            break
        total -= size
        gone.append((number,))
    db.executemany("DELETE FROM inputs WHERE number = ?", gone)
    db.executemany("UPDATE auction SET bytes = 0 WHERE number = ?", gone)


def _forget_below(db: sqlite3.Connection, first: int) -> None:
    if first <= 1:
        return
    for table, column in (("auction", "number"), ("inputs", "number"), ("part", "auction")):
        db.execute(f"DELETE FROM {table} WHERE {column} < ?", (first,))
    db.execute("DELETE FROM block WHERE height < ?", ((first - 1) * len(Phase),))
    db.execute("DELETE FROM trade WHERE intent IN (SELECT seq FROM intent WHERE ended < ?)", (first,))
    db.execute("DELETE FROM intent WHERE ended < ?", (first,))
