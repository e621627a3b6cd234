"""The store on bad disks: power cuts, full and failing disks, flipped bits; and how its file is looked after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import bit_flips
from benchmarks.single_node import world
from benchmarks.single_node.script import Step, kept, recorded
from node.chain.items import Submission, decode_item, item_id
from node.effects import Commit
from node.effects import Store as Keep
from node.embedded.performing import Performer
from node.storage.database import LocalDisk
from node.storage.errors import Corrupt, DiskFailed, NotOurs
from node.storage.store import Store


@pytest.fixture(scope="module")
def script() -> list[Step]:
    """What a node asked of its disk over two auctions."""
    return recorded(2, 1)


def performed(store: Store, steps: list[Step]) -> None:
    for step in steps:
        Performer(store).write(step.effects, step.stale)


def test_what_must_be_there_is_worked_out_apart_and_is_there(tmp_path: Path, script: list[Step]) -> None:
    """Plain sets and lists agree with the store after every step, opened anew now and then."""
    path = tmp_path / "node.sqlite"
    Store(path, world.first()).close()
    for start in range(1, len(script), 7):
        with Store(path, world.first()) as store:
            for step in script[start : start + 7]:
                performed(store, [step])
                assert kept(store) == step.after


def test_an_intent_waits_on_disk_until_its_block_is_there(script: list[Step]) -> None:
    """After every single commit: what an auction leaves behind is dropped only once all it decided is on disk."""
    stored: set[bytes] = set()
    for step in script:
        for effect in step.effects:
            if isinstance(effect, Keep):
                stored |= {item_id(item) for item in effect.items if isinstance(decode_item(item), Submission)}
            elif isinstance(effect, Commit):
                stored -= set(map(item_id, effect.applied.block.items))
        assert stored <= step.after.items
    assert any(step.stale for step in script)


def test_power_cuts_lose_nothing_acknowledged_and_the_control_does(script: list[Step]) -> None:
    """With synchronous=NORMAL the same test finds losses, so it can tell."""
    pytest.importorskip("apsw", reason="power cuts are simulated through APSW, of the dev extra")
    from benchmarks import power_loss

    full = power_loss.campaign(25, 1, "FULL", script)
    assert (full.crashes, full.lost, full.corrupt, full.told) == (25, 0, 0, [])
    assert power_loss.campaign(20, 1, "NORMAL", script).lost > 0


def test_a_disk_that_fails_stops_the_store_and_spoils_nothing(script: list[Step]) -> None:
    """At each of the first operations."""
    pytest.importorskip("apsw", reason="failing disks are simulated through APSW, of the dev extra")
    from benchmarks import disk_faults

    result = disk_faults.campaign(30, 1, script)
    assert (result.points, result.bad, result.told) == (30, 0, [])
    assert result.stopped > 20


def test_a_flipped_bit_is_noticed_or_harmless(tmp_path: Path, script: list[Step]) -> None:
    """Anywhere in the files, of a store at rest and of one left by a kill."""
    result = bit_flips.campaign(40, 2, tmp_path, script)
    assert (result.flips, result.wrong, result.told) == (40, 0, [])
    assert sum(result.detected.values()) > 20


def test_a_row_that_is_missing_is_noticed(tmp_path: Path, script: list[Step]) -> None:
    """The file is well formed and every checksum holds, but the head counted one more."""
    path = tmp_path / "node.sqlite"
    said = max(number for number, step in enumerate(script) if step.after.log)
    with Store(path, world.first()) as store:
        performed(store, script[1 : said + 1])
        store.keep([b"an item"])
    for table in ("item", "log"):
        copy = tmp_path / table
        copy.write_bytes(path.read_bytes())
        database = LocalDisk().connect(copy)
        database.execute(f"DELETE FROM {table} WHERE seq = (SELECT max(seq) FROM {table})")
        database.close()
        with pytest.raises(Corrupt, match="rows"):
            Store(copy, world.first())


def test_a_store_that_lost_commits_is_refused(tmp_path: Path, script: list[Step]) -> None:
    """An old copy put back, or a log whose end does not check: the mark beside it knows of more commits."""
    path = tmp_path / "node.sqlite"
    with Store(path, world.first()) as store:
        performed(store, script[1:5])
    old = path.read_bytes()
    with Store(path, world.first()) as store:
        performed(store, script[5:9])
    path.write_bytes(old)
    with pytest.raises(Corrupt, match="commits"):
        Store(path, world.first())
    path.unlink()
    with pytest.raises(Corrupt, match="commits"):
        Store(path, world.first())


def test_an_empty_file_is_no_store_to_read(tmp_path: Path) -> None:
    """A node is not begun anew because its file was emptied."""
    path = tmp_path / "node.sqlite"
    path.touch()
    with pytest.raises(NotOurs):
        Store(path, None)


def test_a_group_is_one_commit_and_all_or_nothing(tmp_path: Path) -> None:
    """What fails within takes everything back, and the store writes no more."""
    path = tmp_path / "node.sqlite"
    with Store(path, world.first()) as store:
        before = store.commits
        with store.group():
            store.keep([b"one"])
            store.keep([b"two", b"one"])
        assert store.commits == before + 1
        with pytest.raises(TypeError), store.group():
            store.keep([b"three", "no bytes"])  # type: ignore[list-item]
        with pytest.raises(DiskFailed):
            store.keep([b"four"])
    with Store(path, world.first()) as store:
        assert store.items() == [b"one", b"two"]


def test_old_decisions_go_and_the_journal_stays(tmp_path: Path, script: list[Step]) -> None:
    """What was pruned is not there, what was not is; opening again changes nothing."""
    path = tmp_path / "node.sqlite"
    with Store(path, world.first()) as store:
        performed(store, script[1:])
        store.prune(3)
    with Store(path, world.first()) as store:
        assert [store.decision(height) is None for height in (2, 3)] == [True, False]
        assert len(list(store.journal())) == store.height() + 2


def test_a_file_of_version_1_becomes_one_of_this_version(tmp_path: Path, script: list[Step]) -> None:
    """It had no head, and checksums over data alone; all that was in it is there."""
    from zlib import crc32

    path = tmp_path / "node.sqlite"
    with Store(path, world.first()) as store:
        performed(store, script[1:])
        network, before = store.network, kept(store)
    database = LocalDisk().connect(path)
    database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
    database.execute("INSERT INTO meta VALUES ('network', ?)", (network,))
    for table, key, column in (("log", "seq", "record"), ("item", "seq", "data"), ("decision", "height", "data")):
        rows = list(database.execute(f"SELECT {key}, {column} FROM {table}"))
        database.executemany(f"UPDATE {table} SET crc = ? WHERE {key} = ?", [(crc32(d), n) for n, d in rows])
    for statement in ("DROP TABLE head", "DROP TABLE archive", "PRAGMA user_version=1"):
        database.execute(statement)
    database.close()
    path.with_name("node.sqlite-mark").unlink()
    with Store(path, world.first()) as store:
        assert kept(store) == before
        assert store.decision(0) is not None
        assert replace(kept(store), log=()) == replace(before, log=())
