"""A run's tables as files: one Parquet per table and one SQLite for all, each with the variant as first column.

Equal rows give equal bytes of Parquet: one row group size, one compression, statistics on, written by one call.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, get_type_hints

from sim.recording.record import Rows
from sim.recording.rows import TABLES

VARIANT: Final = "variant"
ROW_GROUP: Final = 131_072
#: Columns that queries join or filter on, where a table has them.
INDEXED: Final = ("auction", "intent")
_AFFINITY: Final = {int: "INTEGER", bool: "INTEGER", float: "REAL", str: "TEXT"}


class Column(NamedTuple):
    name: str
    kind: type


def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table's rows, in order."""
    return tuple(Column(name, kind) for name, kind in get_type_hints(TABLES[table]).items())


@cache
def form() -> str:
    """What tells runs of one form from those of another: a number, and a digest of all tables' columns."""
    shape = [(table, column.name, column.kind.__name__) for table in TABLES for column in columns(table)]
    return f"1-{hashlib.sha256(repr(shape).encode()).hexdigest()[:8]}"


def schema(table: str) -> dict[str, Any]:
    """The columns of a table's file and their types, the variant first."""
    import polars as pl

    kinds: Any = {int: pl.Int64(), bool: pl.Boolean(), float: pl.Float64(), str: pl.String()}
    return {VARIANT: pl.String()} | {column.name: kinds[column.kind] for column in columns(table)}


def write_parquet(path: Path, table: str, variants: Mapping[str, Rows]) -> None:
    """All variants' rows of one table."""
    import polars as pl

    rows = list(_flat(table, variants))
    frame = pl.DataFrame(rows, schema=schema(table), orient="row")
    data = io.BytesIO()  # so that it is Python that meets a full disk, and says so
    frame.write_parquet(data, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
    path.write_bytes(data.getbuffer())


def write_sqlite(
    path: Path,
    variants: Mapping[str, Rows],
    metrics: Mapping[str, Mapping[str, float | None]],
    about: Mapping[str, Any],
) -> None:
    """All tables, ``metrics`` (variant, metric, value) and ``run``, ``about`` as (key, JSON).

    Not-a-number becomes NULL.
    """
    connection = sqlite3.connect(path)
    try:
        with connection:
            for table in TABLES:
                _sqlite_table(connection, table, variants)
            connection.execute("CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT)")
            connection.executemany(
                "INSERT INTO run VALUES (?, ?)", [(k, json.dumps(v, ensure_ascii=False)) for k, v in about.items()]
            )
            connection.execute(f"CREATE TABLE metrics ({VARIANT} TEXT, metric TEXT, value REAL)")
            figures = [(v, name, value) for v, found in metrics.items() for name, value in found.items()]
            connection.executemany("INSERT INTO metrics VALUES (?, ?, ?)", figures)
    finally:
        connection.close()


def _sqlite_table(connection: sqlite3.Connection, table: str, variants: Mapping[str, Rows]) -> None:
    shape = columns(table)
    declared = ", ".join([f"{VARIANT} TEXT NOT NULL", *(f'"{c.name}" {_AFFINITY[c.kind]}' for c in shape)])
    connection.execute(f"CREATE TABLE {table} ({declared})")
    marks = ", ".join("?" * (len(shape) + 1))
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", _flat(table, variants))
    for column in shape:
        if column.name in INDEXED:
            connection.execute(f"CREATE INDEX {table}_{column.name} ON {table} ({VARIANT}, {column.name})")


def _flat(table: str, variants: Mapping[str, Rows]) -> Iterator[tuple[Any, ...]]:
    for variant, rows in variants.items():
        for row in rows.get(table, ()):
            yield (variant, *row)
