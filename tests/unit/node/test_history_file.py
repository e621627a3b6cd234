"""The history's file: it comes back whole, is bounded, and a damaged, full or foreign one is no trouble."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from node.chain.app import ChainApp
from node.chain.genesis import build
from node.history.errors import HistoryNotOurs
from node.history.store import HistoryStore
from tests.history_worlds import Chain, busy, trading
from tests.ledgers import OWNERS, genesis

ANN, BOB = OWNERS[0], OWNERS[1]


def test_a_file_comes_back_with_all_that_was_in_it(tmp_path: Path) -> None:
    """Opened again it says the same, and goes on; what it has already is not recorded twice."""
    path = tmp_path / "history.sqlite"
    with HistoryStore(path) as store:
        chain = Chain([store])
        busy(chain, Random(5), 3)
        said = (store.blocks(None, 99), store.auctions(None, 99), store.standings(), store.auction(2))
    with HistoryStore(path) as store:
        assert (store.blocks(None, 99), store.auctions(None, 99), store.standings(), store.auction(2)) == said
        assert (store.notice, store.height) == ("", chain.app.height)
        for commit in chain.commits:
            store.record(commit, commit.applied.before, commit.applied.after, 7)
        assert store.blocks(None, 99) == said[0]
        chain.histories = [store]
        chain.auction()
        assert len(store.auctions(None, 99).rows) == 4
        assert store.gaps() == ()


def test_only_the_latest_auctions_are_kept(tmp_path: Path) -> None:
    """With their blocks, and intents for as long as they rest or ended among them."""
    with HistoryStore(tmp_path / "history.sqlite", keep_auctions=3) as store:
        chain = Chain([store])
        busy(chain, Random(8), 9)
        assert [row.number for row in store.auctions(None, 99).rows] == [9, 8, 7]
        assert [row.height for row in store.blocks(None, 99).rows] == list(range(26, 17, -1))
        for owner in OWNERS:
            for life in store.intents(owner.public, None, 99).rows:
                rests = life.state in ("checked", "batched", "part_filled")
                assert rests or life.steps[-1].auction >= 7


def test_the_file_is_bounded_in_bytes(tmp_path: Path) -> None:
    """The oldest auctions go, however few are left; the newest stays."""
    path = tmp_path / "history.sqlite"
    with HistoryStore(path, keep_bytes=1) as store:
        chain = Chain([store])
        for _ in range(3):
            trading(chain)
        assert [row.number for row in store.auctions(None, 99).rows] == [3]
        assert store.receipt(3) is not None
    with HistoryStore(path, keep_bytes=200_000) as store:
        chain.histories = [store]
        for _ in range(60):
            trading(chain)
        kept = store.auctions(None, 99).rows
        assert 2 < len(kept) < 60
        assert kept[0].number == 63
    assert path.stat().st_size < 300_000


def damage_header(data: bytearray) -> None:
    data[100:104] = b"\xff" * 4


def damage_version(data: bytearray) -> None:
    data[60:64] = (99).to_bytes(4, "big")


def damage_statement(data: bytearray) -> None:
    """SQLite quotes what it cannot read, and Python takes that for UTF-8."""
    data[:] = data.replace(b"CREATE TABLE block", b"CREATE TABL\xd1 block")


def damage_name(data: bytearray) -> None:
    """Still a statement, which is no UTF-8 either."""
    data[:] = data.replace(b"(height INTEGER", b"(heigh\xd1 INTEGER")


def cut_short(data: bytearray) -> None:
    del data[200:]


@pytest.mark.parametrize("harm", [damage_header, damage_version, damage_statement, damage_name, cut_short])
def test_a_file_that_is_no_good_is_set_aside_and_begun_anew(tmp_path: Path, harm: object) -> None:
    """Its bytes are kept under another name, and the node is told."""
    path = tmp_path / "history.sqlite"
    with HistoryStore(path) as store:
        busy(Chain([store]), Random(5), 2)
    data = bytearray(path.read_bytes())
    harm(data)  # type: ignore[operator]
    path.write_bytes(data)
    with HistoryStore(path) as store:
        assert store.aside is not None
        assert store.aside.read_bytes() == data
        assert store.aside.name in store.notice
        assert store.height == -1
        chain = Chain([store])
        trading(chain)
        assert len(store.auctions(None, 9).rows) == 1


def test_damage_found_while_recording_is_set_aside_too(tmp_path: Path) -> None:
    """The block that met it is recorded in the new file."""
    path = tmp_path / "history.sqlite"
    with HistoryStore(path) as store:
        chain = Chain([store])
        trading(chain)
        chain.height()
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (path.stat().st_size - 4096))
        store._db.execute("PRAGMA cache_size=0")
        chain.height()
        assert "damaged" in store.notice
        assert [row.height for row in store.blocks(None, 9).rows] == [chain.app.height]


def test_another_programs_file_is_never_touched(tmp_path: Path) -> None:
    """Be it a database or not."""
    other, text = tmp_path / "other.sqlite", tmp_path / "notes.txt"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE theirs (x)")
        db.execute("PRAGMA application_id=7")
    db.close()
    text.write_text("not a database at all, but somebody's notes\n" * 40)
    for path in (other, text):
        before = path.read_bytes()
        with pytest.raises(HistoryNotOurs):
            HistoryStore(path)
        assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [text, other]


def test_a_history_of_another_network_gives_way(tmp_path: Path) -> None:
    """A home that was given another genesis: the old one's history is set aside with the first block."""
    path = tmp_path / "history.sqlite"
    with HistoryStore(path) as store:
        trading(Chain([store]))
    with HistoryStore(path) as store:
        chain = Chain(
            [store], app=ChainApp(build(replace(genesis(), name="another")), lambda key, digest, signature: True)
        )
        chain.auction()
        assert "another network" in store.notice
        assert [row.number for row in store.auctions(None, 9).rows] == [1]
        assert [row.intents for row in store.auctions(None, 9).rows] == [0]


def test_a_full_disk_leaves_a_gap_and_no_trouble_for_the_node(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once; once there is room again recording goes on."""
    with HistoryStore(tmp_path / "history.sqlite") as store:
        chain = Chain([store])
        trading(chain)
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count={pages}")
        for _ in range(30):
            trading(chain)
        assert "full" in store.trouble
        assert len([record for record in caplog.records if "nothing is recorded" in record.message]) == 1
        store._db.execute("PRAGMA max_page_count=1073741823")
        chain.auction()
        assert store.trouble == ""
        assert store.height == chain.app.height
        assert store.gaps() != ()


def test_readers_and_the_writer_do_not_meet(tmp_path: Path) -> None:
    """Four threads ask for everything while another records: all of them get answers that fit together."""
    with HistoryStore(tmp_path / "history.sqlite", keep_auctions=4) as store:
        chain, stop = Chain([store]), threading.Event()

        def read() -> int:
            answers = 0
            while not stop.is_set():
                for row in store.auctions(None, 3).rows:
                    detail = store.auction(row.number)
                    assert detail is None or len(detail.trades) == row.filled
                    store.receipt(row.number)
                for life in store.intents(ANN.public, None, 5).rows:
                    found = store.intent(life.intent, chain.app.state)
                    assert found is None or found.owner == life.owner
                store.standings()
                store.blocks(None, 5)
                answers += 1
            return answers

        with ThreadPoolExecutor(4) as threads:
            readers = [threads.submit(read) for _ in range(4)]
            try:
                for _ in range(12):
                    trading(chain)
            finally:
                stop.set()
            assert all(reader.result() > 0 for reader in readers)
