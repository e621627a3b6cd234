"""Rows of a history that the disk has changed: refused by name, or not kept; never taken for what they say."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.fuzzing import history_targets
from intents.canonical import pack, unpack
from node.history.errors import HistoryDamaged, HistoryError
from node.history.store import HistoryStore
from tests.history_worlds import Chain, trading
from tests.ledgers import OWNERS

ANN = OWNERS[0]


@pytest.fixture
def kept() -> Iterator[tuple[HistoryStore, Chain]]:
    """A history of one auction with trades, which nothing is remembered of."""
    with HistoryStore(None) as store:
        chain = Chain([store])
        trading(chain)
        store._deriving.forget()
        yield store, chain


@pytest.mark.parametrize("value", [None, 7, -1, 1 << 62, 1.5, "x", "[1]", "9" * 5_000, b"\xc1"])
def test_whatever_a_value_became_readers_have_an_answer(kept: tuple[HistoryStore, Chain], value: Any) -> None:
    """Or a ``HistoryError``: no column of any table, of whatever kind, ends in another."""
    store, chain = kept
    tables = store._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    columns = [
        (table, name)
        for (table,) in tables
        for _, name, *_ in store._db.execute(f"PRAGMA table_info({table})").fetchall()
    ]
    assert len(columns) > 40
    (number,) = list(chain.resting())[:1]
    for table, column in columns:
        store._db.execute("SAVEPOINT sound")
        with suppress(sqlite3.Error):  # a value that SQLite does not take there
            store._db.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
        store._deriving.forget()
        store._standings.clear()
        for ask in (
            lambda: store.height,
            store.gaps,
            lambda: store.blocks(None, 9),
            lambda: store.auctions(None, 9),
            lambda: store.auction(1),
            lambda: store.receipt(1),
            store.standings,
            lambda: store.intents(ANN.public, None, 9),
            lambda: store.intent(number, chain.app.state),
        ):
            with suppress(HistoryError):
                ask()
        store._db.execute("ROLLBACK TO sound")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE block SET auction = 7", "of that auction"),
        ("UPDATE auction SET height = height + 3", "an auction's line"),
        ("UPDATE auction SET winners = '{}'", "a list of names"),
        ("UPDATE auction SET score = '007'", "auction.score"),
        ("UPDATE part SET won = 2", "part.won"),
        ("UPDATE intent SET state = 'lost'", "intent.state"),
        ("UPDATE intent SET owner = zeroblob(33) WHERE seq = 1", "who its terms say"),
        ("UPDATE trade SET gave = '1e9'", "trade.gave"),
        ("UPDATE block SET at_ms = -1", "block.at_ms"),
    ],
)
def test_what_no_row_can_say_is_damage(kept: tuple[HistoryStore, Chain], statement: str, said: str) -> None:
    """The error names the row's column, or what it contradicts."""
    store, chain = kept
    ids = [life.intent for owner in OWNERS for _, life in store.intents(owner.public, None, 9)]
    store._db.execute(statement)
    store._standings.clear()
    with pytest.raises(HistoryDamaged, match=said):  # noqa: PT012 - whichever reader meets it
        store.blocks(None, 9)
        store.auctions(None, 9)
        store.standings()
        for number in ids:
            store.intent(number, chain.app.state)


def test_terms_of_another_intent_are_damage(kept: tuple[HistoryStore, Chain]) -> None:
    """An intent's id is the hash of its terms: one digit of them changed is no intent of that name."""
    store, chain = kept
    ((_, life), *_) = store.intents(ANN.public, None, 9)
    (terms,) = store._db.execute("SELECT terms FROM intent WHERE id = ?", (life.intent,)).fetchone()
    tree: Any = unpack(terms, "terms", limit=1 << 20)
    tree[0][3] += 1  # its nonce
    store._db.execute("UPDATE intent SET terms = ? WHERE id = ?", (pack(tree), life.intent))
    with pytest.raises(HistoryDamaged, match="the hash of its terms"):
        store.intent(life.intent, chain.app.state)
    assert store.receipt(1) is None


def test_an_auction_whose_line_says_otherwise_is_not_settled_again(kept: tuple[HistoryStore, Chain]) -> None:
    """Line and inputs were written of one settlement: where they differ neither is shown as the other."""
    store, _ = kept
    assert store.receipt(1) is not None
    store._deriving.forget()
    store._db.execute("UPDATE auction SET score = score + 1")
    assert store.receipt(1) is None
    assert store.auction(1) is None


def test_a_fault_that_nobody_knows_is_not_read(kept: tuple[HistoryStore, Chain]) -> None:
    """Inputs with a solver that lost its bond for something there is no word for."""
    store, _ = kept
    (data,) = store._db.execute("SELECT data FROM inputs").fetchone()
    tree: Any = unpack(zlib.decompress(data), "x", limit=1 << 20)
    tree[7] = [["solver", tree[6][0], ["junk"]]]
    store._db.execute("UPDATE inputs SET data = ?", (zlib.compress(pack(tree)),))
    assert store.receipt(1) is None


@pytest.mark.parametrize("data", [None, 7, "x"])
def test_inputs_that_are_no_bytes_are_not_kept(kept: tuple[HistoryStore, Chain], data: Any) -> None:
    """As SQLite gives them where the row's header is spoilt."""
    store, _ = kept
    store._db.execute("DROP TABLE inputs")
    store._db.execute("CREATE TABLE inputs (number INTEGER PRIMARY KEY, data)")
    store._db.execute("INSERT INTO inputs VALUES (1, ?)", (data,))
    assert store.receipt(1) is None


@pytest.mark.parametrize("value", [1 << 62, "x"])
def test_a_network_that_is_no_bytes_begins_the_history_anew(tmp_path: Path, value: Any) -> None:
    """A number was taken for as many bytes."""
    with HistoryStore(tmp_path / "history.sqlite") as store:
        chain = Chain([store])
        trading(chain)
        store._db.execute("UPDATE meta SET value = ?", (value,))
        chain.height()
        assert "the network's name" in store.notice
        assert [row.height for row in store.blocks(None, 9)] == [chain.app.height]


def test_a_last_height_that_is_none_begins_the_history_anew(tmp_path: Path) -> None:
    """A bit of it set: every block from then on seemed recorded already."""
    with HistoryStore(tmp_path / "history.sqlite") as store:
        chain = Chain([store])
        trading(chain)
        store._db.execute("UPDATE block SET height = height + (1 << 40) WHERE height = 2")
        chain.height()
        assert "damaged" in store.notice
        assert store.height == chain.app.height


@pytest.mark.parametrize("make", [history_targets.by_pages, history_targets.by_rows])
def test_spoilt_histories_are_answered_or_refused(make: Callable[[Random], bytes]) -> None:
    """The inputs of the benchmark, a few of them."""
    rng, refused = Random(3), 0
    for _ in range(60):
        try:
            history_targets.read_in_memory(make(rng))
        except HistoryError:
            refused += 1
    assert 0 < refused < 60
