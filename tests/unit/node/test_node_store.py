"""The store: what was committed is there again, what was flipped is noticed, the journal tells what is wrong."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from intents.intent import Leg
from node.agreement.effects import Locked, Record, Sent, Validated
from node.agreement.messages import Ballot, Certificate, Seen, Vote, block_id
from node.catchup.messages import Checkpoint
from node.chain.app import ChainApp
from node.chain.blocks import Phase
from node.chain.genesis import build
from node.chain.tables import TABLES
from node.storage.errors import Corrupt, DiskFailed, NotOurs, OtherNetwork, OtherVersion
from node.storage.store import Store
from settlement.ledger.books import BALANCES
from settlement.ledger.reconcile import reconcile
from settlement.ledger.state import State
from settlement.ledger.transactions import Transfer
from tests.ledgers import OWNERS, WHOLE, A, B, app, genesis, holder, item, ledger, minter

MINT = minter()


def run(store: Store, heights: int = 4) -> ChainApp:
    """A chain of one node, every height stored; a transfer in each batch."""
    chain = app()
    for height in range(heights):
        if height % 3 == 0:
            chain.add(item(MINT.transaction(OWNERS[0], height // 3, Transfer(holder(OWNERS[1]), A, 7))))
            chain.add(item(MINT.intent(OWNERS[1], height, Leg(B, WHOLE), Leg(A, 3 * WHOLE))))
            store.keep([chain.waiting[Phase.BATCH][number] for number in chain.held(height)])
        block = chain.propose(height, 0, (Seen(height, tuple(sorted(chain.held(height))), 0, b"\0" * 32),))
        assert block is not None
        certificate = Certificate(Ballot.PRECOMMIT, height, 0, block_id(block), ((0, b"\0" * 32),))
        applied = chain.apply(height, block)
        store.decide(height, block, certificate, applied, chain.state.root)
    return chain


def test_a_file_that_is_not_there_is_not_made_without_a_genesis(tmp_path: Path) -> None:
    """Reading commands must not leave empty files behind."""
    with pytest.raises(NotOurs):
        Store(tmp_path / "none.sqlite", None)
    assert list(tmp_path.iterdir()) == []


def test_what_was_decided_is_there_after_opening_again(tmp_path: Path) -> None:
    """State, decisions and journal; items that had their block are gone."""
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as store:
        chain = run(store)
    with Store(path, ledger()) as store:
        assert store.height() == 3
        state = store.load()
        assert state.root == chain.state.root
        assert state.rows(BALANCES) == chain.state.rows(BALANCES)
        found = store.decision(2)
        assert found is not None
        assert found.height == 2
        assert store.decision(9) is None
        assert store.items() == []
        assert list(reconcile(State(TABLES), store.journal(), store.entries())) == []


def test_the_log_keeps_what_is_of_the_height_under_way(tmp_path: Path) -> None:
    """Votes and locks come back as they were; a decision ends their use."""
    polka = Certificate(Ballot.PREVOTE, 4, 0, b"b" * 32, ((0, b"\0" * 32),))
    records: list[Record] = [
        Sent(Vote(Ballot.PREVOTE, 4, 0, None, 0, b"\0" * 32)),
        Locked(b"block", polka),
        Validated(b"block", polka),
    ]
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as store:
        run(store)
        store.append(4, records)
    with Store(path, ledger()) as store:
        assert store.log(4) == records
        assert store.log(3) == []


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """Write-ahead log, and FULL (2): what returned has been synchronised."""
    with Store(tmp_path / "node.sqlite", ledger()) as store:
        assert store.pragma("journal_mode") == "wal"
        assert store.pragma("synchronous") == 2


def test_items_that_wait_are_kept(tmp_path: Path) -> None:
    """Acknowledged means on disk."""
    data = item(MINT.intent(OWNERS[0], 1, Leg(A, WHOLE), Leg(B, WHOLE)))
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as store:
        store.keep([data])
    with Store(path, ledger()) as store:
        assert store.items() == [data]


def test_a_file_of_another_kind_version_or_network_is_refused(tmp_path: Path) -> None:
    """Each by its own error, and left as it is."""
    path = tmp_path / "node.sqlite"
    Store(path, ledger()).close()
    with pytest.raises(OtherNetwork):
        Store(path, build(replace(genesis(), name="another")))
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(OtherVersion):
        Store(path, ledger())
    other = tmp_path / "other.sqlite"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(NotOurs):
        Store(other, ledger())
    text = tmp_path / "text"
    text.write_text("no database at all, but long enough to have a header of a kind " * 20)
    with pytest.raises(NotOurs):
        Store(text, ledger())


def change(path: Path, statement: str, *values: object) -> None:
    database = sqlite3.connect(path)
    assert database.execute(statement, values).rowcount > 0
    database.commit()
    database.close()


def test_one_unit_more_in_a_balance_is_found_and_named(tmp_path: Path) -> None:
    """The root does not match, and reconciling says which entry holds what instead of what."""
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as store:
        run(store)
        key = next(key for key, value in sorted(store.entries().items()) if key[:2] == b"\x92\x01")
        value = store.entries()[key]
    change(path, "UPDATE state SET value = ? WHERE key = ?", value[:-1] + bytes([value[-1] ^ 1]), key)
    with Store(path, ledger()) as store:
        with pytest.raises(Corrupt, match="root"):
            store.load()
        (fault,) = reconcile(State(TABLES), store.journal(), store.entries())
        assert fault.where.startswith("balances.")
        assert abs(int(fault.journal) - int(fault.kept)) == 1


@pytest.mark.parametrize("table", ["log", "item", "decision"])
def test_a_flipped_bit_is_noticed_when_the_row_is_read(tmp_path: Path, table: str) -> None:
    """The checksum of the row does not match."""
    path = tmp_path / "node.sqlite"
    column = {"log": "record", "item": "data", "decision": "data"}[table]
    with Store(path, ledger()) as store:
        run(store)
        store.append(4, [Sent(Vote(Ballot.PREVOTE, 4, 0, None, 0, b"\0" * 32))])
        store.keep([item(MINT.intent(OWNERS[0], 9, Leg(A, WHOLE), Leg(B, WHOLE)))])
    database = sqlite3.connect(path)
    (data,) = database.execute(f"SELECT {column} FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone()
    database.close()
    spoiled = data[:10] + bytes([data[10] ^ 4]) + data[11:]
    change(path, f"UPDATE {table} SET {column} = ?", spoiled)
    with pytest.raises(Corrupt), Store(path, ledger()) as store:
        store.decision(3)


def test_a_changed_journal_is_found(tmp_path: Path) -> None:
    """Hashes chain the lines."""
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as store:
        run(store)
    change(path, "UPDATE journal SET hash = ? WHERE height = 1", b"\0" * 32)
    with Store(path, ledger()) as store:
        assert [fault.where for fault in reconcile(State(TABLES), store.journal(), store.entries())] == [
            "journal.1.hash",
            "journal.2.hash",
        ]


def test_a_write_that_fails_is_an_error_of_its_own(tmp_path: Path) -> None:
    """Nothing of the transaction is kept, and the store does not try again."""
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as store:
        run(store)
        store.pragma(f"max_page_count={store.pragma('page_count')}")
        with pytest.raises(DiskFailed, match="full"):
            store.keep([bytes([i]) * 4096 for i in range(64)])
        with pytest.raises(DiskFailed, match="earlier"):
            store.keep([b"item"])
    with Store(path, ledger()) as store:
        assert (store.height(), store.items()) == (3, [])


def test_a_snapshot_takes_the_place_of_all_there_was(tmp_path: Path) -> None:
    """Its entries alone are the state, whatever else was here; its line begins the journal."""
    path, there = tmp_path / "node.sqlite", ledger()
    certificate = Certificate(Ballot.PRECOMMIT, 9, 0, bytes(32), ((0, bytes(32)),))
    with Store(path, ledger()) as store:
        assert run(store).state.root != there.root
        store.install(9, there, Checkpoint(b"header", bytes(32), certificate, (), ()))
    with Store(path, ledger()) as store:
        assert (store.height(), store.load().root) == (9, there.root)
        assert store.entries() == dict(there.dump())
        assert len(list(store.journal())) == 1
