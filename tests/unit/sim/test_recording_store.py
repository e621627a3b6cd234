"""The run directory: what is written is read back, and what is not a whole run is refused by name."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from benchmarks.fuzzing.recorded_targets import sound_table
from intents.errors import Unreadable
from sim.recording import reading, store
from sim.recording.errors import DamagedRun, MissingTable, NotARun, OtherVersion, RunExists
from sim.recording.record import RunRecord, VariantRecord
from sim.recording.recorder import Recorder
from sim.recording.rows import TABLES, AuctionRow
from sim.recording.store import check_place, read_run, write_run
from sim.recording.tables import columns, form, schema
from tests.synthetic_run import synthetic_run

RUN = synthetic_run(seed=5, variants=2, auctions=6)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run on disk, for tests that only read it."""
    path = tmp_path_factory.mktemp("runs") / "one"
    write_run(path, RUN)
    return path


@pytest.fixture
def own(tmp_path: Path, written: Path) -> Path:
    """A run that a test may spoil."""
    return shutil.copytree(written, tmp_path / "own")


def test_a_run_comes_back_as_it_was_written(written: Path) -> None:
    """Rows, metrics, claims, seed, roots and versions are equal, value by value and type by type."""
    found = read_run(written)
    assert found == RunRecord(
        name=RUN.name,
        seed=RUN.seed,
        config=RUN.config,
        variants={
            name: VariantRecord(
                {table: list(variant.table(table)) for table in TABLES}, variant.trace_root, variant.metrics
            )
            for name, variant in RUN.variants.items()
        },
        title=RUN.title,
        claims=tuple(RUN.claims),
        versions=RUN.versions,
        platform=RUN.platform,
    )
    for table in TABLES:
        for row in found.variants["base"].table(table)[:3]:
            assert [type(value) for value in row] == [column.kind for column in columns(table)]


def test_equal_rows_are_equal_bytes(written: Path, tmp_path: Path) -> None:
    """Two writings of one run differ in no file but the database, whose pages SQLite owns."""
    write_run(tmp_path / "again", RUN)
    names = sorted(path.name for path in written.iterdir())
    assert names == sorted(
        [*(f"{t}.parquet" for t in TABLES), "report.html", "run.json", "run.sqlite", "scenario.toml"]
    )
    for name in set(names) - {"run.sqlite"}:
        assert (written / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_only_the_tables_asked_for_are_read(written: Path) -> None:
    """The others come back empty, metrics all the same."""
    found = read_run(written, tables=("auctions",)).variants["base"]
    assert len(found.table("auctions")) == 6
    assert found.table("fills") == []
    assert found.metrics == RUN.variants["base"].metrics


def test_the_database_answers_queries_by_auction(written: Path) -> None:
    """Tables, metrics and facts are there, and a look-up by auction uses an index."""
    with sqlite3.connect(written / "run.sqlite") as database:
        count = database.execute("SELECT count(*) FROM fills WHERE variant = 'base' AND auction = 2").fetchone()[0]
        plan = database.execute("EXPLAIN QUERY PLAN SELECT * FROM fills WHERE variant = 'base' AND auction = 2")
        used = " ".join(row[3] for row in plan)
        welfare = database.execute(
            "SELECT value FROM metrics WHERE variant = 'base' AND metric = 'welfare'"
        ).fetchone()[0]
        seed = json.loads(database.execute("SELECT value FROM run WHERE key = 'seed'").fetchone()[0])
    database.close()
    fills = [row for row in RUN.variants["base"].rows["fills"] if getattr(row, "auction", 0) == 2]
    assert count == len(fills)
    assert "fills_auction" in used
    assert welfare == RUN.variants["base"].metrics["welfare"]
    assert seed == 5


def test_an_existing_run_is_replaced_only_when_asked(own: Path) -> None:
    """Without the word it stays; with it, the new one is there whole and nothing of the old."""
    with pytest.raises(RunExists):
        write_run(own, synthetic_run(seed=6, auctions=2))
    assert read_run(own).seed == 5
    write_run(own, synthetic_run(seed=6, auctions=2), overwrite=True)
    assert read_run(own).seed == 6
    assert [path.name for path in own.parent.iterdir()] == ["own"]


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    """Not even when told to; an empty folder is written into."""
    (tmp_path / "mine").mkdir()
    check_place(tmp_path / "mine")
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(NotARun):
        write_run(tmp_path / "mine", RUN, overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_writing_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the directory nor the beginnings of it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_sqlite", full)
    with pytest.raises(Unreadable, match="no space left"):
        write_run(tmp_path / "run", RUN)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """A missing folder, an empty one, and one whose record is another program's."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "run.json").write_text('{"solvers": "baseline"}')
    for name in ("absent", "empty", "other"):
        with pytest.raises(NotARun):
            read_run(tmp_path / name)


def test_another_form_is_refused(own: Path) -> None:
    """A run of a later version is not guessed at."""
    about = json.loads((own / "run.json").read_text())
    (own / "run.json").write_text(json.dumps(about | {"form": "2-0"}))
    with pytest.raises(OtherVersion, match="form 2-0"):
        read_run(own)


def test_a_missing_table_is_named(own: Path) -> None:
    """The error says which."""
    (own / "fills.parquet").unlink()
    with pytest.raises(MissingTable, match=r"fills\.parquet"):
        read_run(own)


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_changed_byte_in_a_table_is_found(own: Path, place: int) -> None:
    """Wherever it is: the digest of each table is kept."""
    data = bytearray((own / "prices.parquet").read_bytes())
    data[place] ^= 1
    (own / "prices.parquet").write_bytes(data)
    with pytest.raises(DamagedRun, match=r"prices\.parquet"):
        read_run(own)


def with_table(run: Path, table: str, data: bytes) -> None:
    """The run with that table, and the digest that goes with it."""
    (run / f"{table}.parquet").write_bytes(data)
    about = json.loads((run / "run.json").read_text())
    about["tables"][table] = hashlib.sha256(data).hexdigest()
    (run / "run.json").write_text(json.dumps(about))


def test_a_table_of_other_columns_is_refused(own: Path) -> None:
    """Whoever changes a table can also change its digest: a column less, all in another order, one of
    another type, one with holes."""
    frame = pl.read_parquet(own / "prices.parquet")
    names = frame.columns
    holes = pl.when(pl.int_range(pl.len()) > 0).then(pl.col(names[1])).alias(names[1])
    for spoiled in (
        frame.drop(names[-1]),
        frame.select(reversed(names)),
        frame.with_columns(pl.col(names[1]).cast(pl.String)),
        frame.select(names[0], holes, *names[2:]),
    ):
        data = io.BytesIO()
        spoiled.write_parquet(data)
        with_table(own, "prices", data.getvalue())
        with pytest.raises(DamagedRun, match=r"columns are|rows without"):
            read_run(own, ("prices",))


def test_a_small_file_of_endless_text_is_refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said once and meant a million times: neither one text nor all of a table's is longer than a run's can be."""
    frame = pl.read_parquet(own / "events.parquet")
    frame.with_columns(pl.lit("a" * (1 << 16)).alias("detail")).write_parquet(own / "long.parquet")
    frame.with_columns(pl.lit("a" * (1 + (1 << 16))).alias("detail")).write_parquet(own / "longer.parquet")
    with_table(own, "events", (own / "longer.parquet").read_bytes())
    with pytest.raises(DamagedRun, match="a text of more than 65536 bytes"):
        read_run(own, ("events",))
    with_table(own, "events", (own / "long.parquet").read_bytes())
    assert sum(map(len, (variant.table("events") for variant in read_run(own, ("events",)).variants.values())))
    monkeypatch.setattr(reading, "MAX_BYTES", frame.height << 16)
    assert list(reading._read(own / "long.parquet", schema("events"))) == [
        f"more than {frame.height << 16} bytes of rows"
    ]
    monkeypatch.setattr(reading, "MAX_ROWS", 1)
    assert list(reading._read(own / "events.parquet", schema("events"))) == ["more than 1 rows of a variant"]


def test_bytes_that_make_the_reader_of_tables_panic_are_refused(own: Path) -> None:
    """Wherever they are in the file: polars says so by an exception that is none of the usual ones."""
    sound, refused = (own / "auctions.parquet").read_bytes(), 0
    for place in range(4, len(sound) - 8, len(sound) // 5):
        with_table(own, "auctions", sound[:place] + bytes([sound[place] ^ 0x55]) + sound[place + 1 :])
        try:
            read_run(own, ("auctions",))
        except DamagedRun:
            refused += 1
    assert refused > 1


def test_bytes_that_end_the_reader_of_tables_end_no_other(own: Path) -> None:
    """A negative count in the header of the first page, and a digest that goes with it."""
    data = bytearray(sound_table())
    data[42] ^= 1
    with_table(own, "fills", bytes(data))
    with pytest.raises(DamagedRun, match=r"fills\.parquet is damaged"):
        read_run(own, ("fills",))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 200_000,
        f'{{"form": "{form()}"}}',
        f'{{"form": "{form()}", "tables": 3}}',
        f'{{"form": "{form()}", "form": "{form()}"}}',
        f'{{"form": "\\ud800{form()}"}}',
    ],
)
def test_a_damaged_record_is_refused(own: Path, text: str) -> None:
    """Broken JSON, bottomless nesting, missing fields, two of one name and text that is none all end in the same
    typed error."""
    (own / "run.json").write_text(text)
    with pytest.raises(DamagedRun):
        read_run(own)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("claims", [{"text": "x", "holds": "maybe", "figures": {}}]),
        ("claims", [{"text": "x", "holds": True, "figures": {"welfare": 10**350}}]),
        ("seed", "many"),
        ("seed", 1e999),
        ("variants", {}),
    ],
)
def test_a_record_with_a_wrong_value_is_refused(own: Path, key: str, value: object) -> None:
    """A verdict that is none, a figure beyond any float, seeds that are none, tables of variants that are not
    listed."""
    about = json.loads((own / "run.json").read_text())
    (own / "run.json").write_text(json.dumps(about | {key: value}))
    with pytest.raises(DamagedRun):
        read_run(own)


def test_the_recorder_counts_what_it_has_no_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond the bound are dropped, counted, and said on the page."""
    monkeypatch.setattr("sim.recording.recorder.MAX_ROWS", 2)
    recorder = Recorder()
    row = AuctionRow(1, 0, 0, 1, 2, 3, 3, 0, 0, 0, 0, 0.0, 0.0, 1.0, 0, 0, 0)
    for _ in range(5):
        recorder.add(row)
    assert len(recorder.rows["auctions"]) == 2
    assert recorder.dropped == {"auctions": 3}
