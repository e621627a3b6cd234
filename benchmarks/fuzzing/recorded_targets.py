"""The decoders of what simulations and competitions have left: runs, their tables, results of sweeps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import json_bytes, spoilt
from benchmarks.fuzzing.target import Target
from node.competition import store as runs
from node.competition.records import Batch, Entry, Improvement, PricePoint, Refusal, Results, results_to_json
from sim.recording.record import Claim, RunRecord, VariantRecord
from sim.recording.rows import TABLES
from sim.recording.store import about_run, read_run
from sim.recording.tables import columns, write_parquet
from sim.sweep.summary import summarised
from sim.sweep.sweeping import write_summary
from sim.sweep.task import RESULT, done

_TABLE: Final = "fills"


def recorded_targets(folder: Path) -> tuple[Target, ...]:
    """``folder`` is written to: all of these read files."""
    return (
        Target("run", documents(_about()), _run_in(folder / "run"), share=0.2),
        Target("run's table", _tables, _run_with_table_in(folder / "tables"), share=0.002, most=2_000),
        Target("sweep's result", documents(_RESULT), _swept(folder / "sweep"), share=0.1),
        Target("competition", documents(_competition()), _competition_in(folder / "competition"), share=0.1),
    )


def _about() -> dict[str, Any]:
    """What a run says of itself."""
    claim = Claim("it holds", True, {"base:welfare": 1.5})
    variant = VariantRecord({}, "ab" * 32, {"welfare": 1.5, "none": None}, {_TABLE: 3})
    run = RunRecord(
        "honest", 5, "name = 'honest'", {"base": variant}, "Honest", (claim,), {"walras": "1"}, "linux"
    )
    return about_run(run) | {"tables": {}}


def _run_in(folder: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "scenario.toml").write_bytes(b"")
        (folder / "run.json").write_bytes(data)
        read_run(folder, ())

    return read


@cache
def sound_table() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sound.parquet"
        write_parquet(path, _TABLE, {"base": {_TABLE: [_row(number) for number in range(5)]}})
        return path.read_bytes()


def _tables(rng: Random) -> bytes:
    return spoilt(sound_table(), rng)


def _row(number: int) -> Any:
    values = {int: number, bool: True, float: 1.5, str: "x"}
    kind: Any = TABLES[_TABLE]
    return kind(*(values[column.kind] for column in columns(_TABLE)))


def _run_with_table_in(folder: Path) -> Callable[[bytes], object]:
    """Whoever changes a table can also change the digest that its run states of it. Each is read by a process."""

    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "scenario.toml").write_bytes(b"")
        (folder / f"{_TABLE}.parquet").write_bytes(data)
        about = _about() | {"tables": {_TABLE: hashlib.sha256(data).hexdigest()}}
        (folder / "run.json").write_bytes(json_bytes(about))
        read_run(folder, (_TABLE,))

    return read


_RESULT: Final[dict[str, Any]] = {
    "changes": ["chain.mechanism=greedy"], "seed": 1, "trace_root": "ab", "auctions": 5, "violations": [],
    "metrics": {"welfare": 1.5, "none": None},
}  # fmt: skip


def _swept(folder: Path) -> Callable[[bytes], object]:
    """What was done already, into the summary."""

    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / RESULT).write_bytes(data)
        found = done(folder)
        if found is not None:
            write_summary([found], folder)
            summarised([found])

    return read


def _competition() -> dict[str, Any]:
    """As a run directory has it: an auction and a solver's entry."""
    entry = Entry("a", "s", "ok", 5, 5, 6, 1, 2, 1, 1, 0.5, None, False, 30, (Refusal(1, "code", "words"),), "")
    batch = Batch(
        *("a", "0xab", "file", 3, 2, 2, "greedy", 5, 6, 1, 2, None, 5, ("s",), 0.1, "r.json"),
        improvements=(Improvement("0x01", "s", 30, None),),
        prices=(PricePoint("A/B", 1.0, 1.1),),
    )
    return results_to_json(Results((batch,), (entry,)))


def _competition_in(folder: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "run.json").write_bytes(b"{}")
        (folder / "results.json").write_bytes(data)
        runs.load(folder)

    return read
