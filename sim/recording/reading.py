"""Tables are read in a process of their own: ``python -m sim.recording.reading FOLDER TABLE …`` writes their rows.

Polars trusts what a Parquet file says of itself: a forged count in a page's header ends the process that reads it,
and no exception tells of that. Whoever forges a table can forge its digest too.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgpack

from intents.errors import Unreadable
from sim.recording.errors import DamagedRun
from sim.recording.recorder import MAX_ROWS
from sim.recording.rows import TABLES, Row
from sim.recording.tables import VARIANT, schema

#: Address space of the process: what a forged file asks for beyond it is refused, not swapped for.
_MEMORY: Final = 16 << 30
#: Longer than the largest run takes by far.
_READING_S: Final = 600.0
#: Threads of Polars: more only cost memory where a table is read once.
_THREADS: Final = "2"
#: Rows written at a time, a text in one, and all of a table: a file of kilobytes can say a long text a billion
#: times.
_ROWS: Final = 10_000
MAX_TEXT: Final = 1 << 16
MAX_BYTES: Final = 4 << 30
#: A number takes so many at most.
_NUMBER: Final = 9
_UNREADABLE: Final = (msgpack.OutOfData, msgpack.UnpackException, ValueError)


def read_tables(run: Path, tables: Sequence[str]) -> dict[str, dict[str, list[Row]]]:
    """By table the rows by variant, in the order written. Raises ``DamagedRun``."""
    if not tables:
        return {}
    places = [str(Path(place).absolute()) for place in sys.path]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sim.recording.reading", str(run.absolute()), *tables],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where Rust says that it panicked
            env=os.environ | {"POLARS_MAX_THREADS": _THREADS, "PYTHONPATH": os.pathsep.join(places)},
            timeout=_READING_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DamagedRun(str(run), "one of its tables", f"more than {_READING_S:g} s to read") from error
    except OSError as error:
        raise Unreadable(str(run), f"no process reads its tables: {error.strerror}") from error
    answers = msgpack.Unpacker(io.BytesIO(done.stdout), max_buffer_size=MAX_BYTES)
    found: dict[str, dict[str, list[Row]]] = {}
    for table in tables:
        try:
            why, found[table] = _answer(answers, table)
        except _UNREADABLE:
            why = f"reading it ended the process ({done.returncode})"
        if why:
            raise DamagedRun(str(run), f"{table}.parquet", why)
    return found


def _answer(answers: msgpack.Unpacker, table: str) -> tuple[str, dict[str, list[Row]]]:
    why, kind = answers.unpack(), TABLES[table]
    found: dict[str, list[Row]] = {}
    while not why and (rows := answers.unpack()):
        for variant, *values in rows:
            found.setdefault(variant, []).append(kind(*values))
    return why, found


def main() -> None:
    """For each table what is wrong with it, or nothing and its rows in parts, the last one empty."""
    _restrict()
    folder, *tables = sys.argv[1:]
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for table in tables:
        for said in _read(Path(folder) / f"{table}.parquet", schema(table)):
            out.write(msgpack.packb(said))
        out.flush()


def _read(path: Path, columns: Mapping[str, Any]) -> Iterator[str | list[tuple[Any, ...]]]:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        yield "it is not a Parquet file"
        return
    if list(frame.schema.items()) != list(columns.items()):
        shown = ", ".join(f"{name} ({kind})" for name, kind in frame.schema.items())
        yield f"its columns are {shown[:200]}"
        return
    empty = [name for name in frame.columns if frame[name].null_count()]
    if empty:
        yield f"rows without {empty[0]}"
        return
    if any(count > MAX_ROWS for count in frame[VARIANT].value_counts()["count"]):
        yield f"more than {MAX_ROWS} rows of a variant"
        return
    texts = [frame[name].str.len_bytes() for name, kind in columns.items() if kind == pl.String]
    if any(lengths.max() > MAX_TEXT for lengths in texts if frame.height):
        yield f"a text of more than {MAX_TEXT} bytes"
        return
    numbers = _NUMBER * frame.height * len(columns)
    if numbers + sum(lengths.sum() for lengths in texts) > MAX_BYTES:
        yield f"more than {MAX_BYTES} bytes of rows"
        return
    yield ""
    for part in frame.iter_slices(_ROWS):
        if part.height:
            yield part.rows()
    yield []


def _restrict() -> None:
    if sys.platform == "win32":
        return
    import resource

    for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
