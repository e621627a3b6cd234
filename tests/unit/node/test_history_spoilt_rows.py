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
from intents.intent import Leg
from node.history import reading
from node.history.errors import HistoryDamaged, HistoryError
from node.history.pages import Page
from node.history.store import HistoryStore
from tests.history_worlds import Chain, trading
from tests.ledgers import OWNERS, WHOLE, A, B

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
        ("UPDATE block SET phase = (phase + 1) % 3", "of that auction and phase"),
        ("UPDATE auction SET height = height + 3", "an auction's line"),
        ("UPDATE auction SET filled = intents + 1", "an auction's line"),
        ("UPDATE auction SET improvement_bps = 9e999", "auction.improvement_bps"),
        ("UPDATE auction SET winners = '[7]'", "a list of names"),
        ("UPDATE auction SET winners = '{}'", "a list of names"),
        ("UPDATE auction SET score = '007'", "auction.score"),
        ("UPDATE part SET won = 2", "part.won"),
        ("UPDATE part SET solver = hex(zeroblob(1 << 16))", "part.solver"),
        ("UPDATE intent SET state = 'lost'", "intent.state"),
        ("UPDATE trade SET gave = '1e9'", "trade.gave"),
        ("UPDATE trade SET gave = '١'", "trade.gave"),
        ("UPDATE block SET at_ms = -1", "block.at_ms"),
    ],
)
def test_what_no_row_can_say_is_damage(
    kept: tuple[HistoryStore, Chain], statement: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Pages name the row, the log what shows it: its column, or what it contradicts."""
    store, _ = kept
    store._db.execute(statement)
    with caplog.at_level("WARNING", "walras.history"):
        board = store.standings()
        left_out = [*store.blocks(None, 9).damaged, *store.auctions(None, 9).damaged]
        left_out += [row for owner in OWNERS for row in store.intents(owner.public, None, 9).damaged]
    assert len(left_out) + board.damaged == store.damaged > 0
    assert all(said in row.why for row in left_out)
    assert said in caplog.text


def test_terms_of_another_intent_are_damage(kept: tuple[HistoryStore, Chain]) -> None:
    """An intent's id is the hash of its terms: one digit of them changed is no intent of that name."""
    store, chain = kept
    (life, *_) = store.intents(ANN.public, None, 9).rows
    (terms,) = store._db.execute("SELECT terms FROM intent WHERE id = ?", (life.intent,)).fetchone()
    tree: Any = unpack(terms, "terms", limit=1 << 20)
    tree[0][3] += 1  # its nonce
    store._db.execute("UPDATE intent SET terms = ? WHERE id = ?", (pack(tree), life.intent))
    with pytest.raises(HistoryDamaged, match="the hash of its terms"):
        store.intent(life.intent, chain.app.state)
    assert store.receipt(1) is None


def test_an_intent_of_another_owner_is_damage(kept: tuple[HistoryStore, Chain]) -> None:
    """No page of either owner has it, as neither is asked for by what is written; by its id it is refused."""
    store, chain = kept
    (life,) = store.intents(ANN.public, None, 9).rows
    store._db.execute("UPDATE intent SET owner = zeroblob(33) WHERE id = ?", (life.intent,))
    assert store.intents(ANN.public, None, 9) == Page((), (), None)
    with pytest.raises(HistoryDamaged, match="who its terms say"):
        store.intent(life.intent, chain.app.state)


def test_one_spoilt_block_spoils_no_page(kept: tuple[HistoryStore, Chain]) -> None:
    """Its page goes on around it and names it, in pages of any length; each row is in one page."""
    store, chain = kept
    chain.auction()
    store._db.execute("UPDATE block SET at_ms = -1 WHERE height IN (0, 3)")
    for limit in (1, 2, 3, 4, 9):
        page = store.blocks(None, limit)
        pages = [page]
        while page.next is not None:
            page = store.blocks(page.next, limit)
            pages.append(page)
        assert [row.height for page in pages for row in page.rows] == [5, 4, 2, 1]
        assert [row.key for page in pages for row in page.damaged] == [3, 0]
        assert all(len(page.rows) + len(page.damaged) <= limit for page in pages)


def test_a_spoilt_auction_is_named_and_refused_by_itself(kept: tuple[HistoryStore, Chain]) -> None:
    """The timeline goes on without it; whoever asks for it is told what is wrong."""
    store, chain = kept
    chain.auction()
    store._db.execute("UPDATE auction SET winners = CAST(X'5BFF5D' AS TEXT) WHERE number = 1")
    page = store.auctions(None, 9)
    assert [row.number for row in page.rows] == [2]
    ((key, why),) = [(row.key, row.why) for row in page.damaged]
    assert (key, page.next) == (1, None)
    assert "auction.winners" in why
    for ask in (store.auction, store.receipt):
        with pytest.raises(HistoryDamaged, match=r"auction\.winners"):
            ask(1)


def test_a_spoilt_intent_or_trade_takes_no_other_along(kept: tuple[HistoryStore, Chain]) -> None:
    """An owner's page names it by its place, even if the row of a trade is what is spoilt."""
    store, chain = kept
    (whole,) = store.intents(ANN.public, None, 9).rows
    chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))
    chain.auction(answered=False)
    store._db.execute("UPDATE trade SET gave = '1e9' WHERE intent = 1")
    page = store.intents(ANN.public, None, 1)
    assert ([life.state for life in page.rows], page.damaged) == (["checked"], ())
    assert page.next is not None
    page = store.intents(ANN.public, page.next, 1)
    ((key, why),) = [(row.key, row.why) for row in page.damaged]
    assert (page.rows, key) == ((), 1)
    assert "trade.gave" in why
    with pytest.raises(HistoryDamaged, match=r"trade\.gave"):
        store.intent(whole.intent, chain.app.state)


def test_a_spoilt_block_leaves_intents_their_lives(kept: tuple[HistoryStore, Chain]) -> None:
    """When something happened is not known then, what happened is."""
    store, chain = kept
    (life,) = store.intents(ANN.public, None, 9).rows
    store._db.execute("UPDATE block SET at_ms = 'x'")
    (found,) = store.intents(ANN.public, None, 9).rows
    asked = store.intent(life.intent, chain.app.state)
    assert asked is not None
    assert [step.state for step in found.steps] == [step.state for step in asked.steps]
    assert {step.at_ms for step in (*found.steps, *asked.steps)} == {0}


def test_a_spoilt_part_is_in_no_sum(kept: tuple[HistoryStore, Chain]) -> None:
    """The leaderboard tells of the others, and how many it left out."""
    store, chain = kept
    chain.auction()
    before = store.standings()
    assert before.damaged == 0
    store._standings.clear()
    store._db.execute("UPDATE part SET score = '007' WHERE auction = 1")
    after = store.standings()
    assert after.damaged == 1
    assert sum(row.auctions for row in after.rows) == sum(row.auctions for row in before.rows) - 1


def test_a_number_that_is_none_moves_no_leaderboard(kept: tuple[HistoryStore, Chain]) -> None:
    """The last so many auctions end with the last that was, not with what a bit made of a number."""
    store, chain = kept
    trading(chain)
    before = store.standings(1)
    assert before.rows
    store._standings.clear()
    store._db.execute("UPDATE auction SET number = number + (1 << 40) WHERE number = 1")
    assert store.standings(1) == before


def test_what_is_damaged_is_counted_and_logged_once(
    kept: tuple[HistoryStore, Chain], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often pages meet it; and no more than are remembered."""
    store, _ = kept
    store._db.execute("UPDATE block SET at_ms = -1 WHERE height < 2")
    for _ in range(3):
        assert len(store.blocks(None, 9).damaged) == 2
    assert (store.damaged, len(caplog.records)) == (2, 2)
    monkeypatch.setattr(reading, "_DAMAGED", 2)
    store._db.execute("UPDATE block SET at_ms = -1")
    assert len(store.blocks(None, 9).damaged) == 3
    assert (store.damaged, len(caplog.records)) == (2, 2)


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
        assert [row.height for row in store.blocks(None, 9).rows] == [chain.app.height]


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
