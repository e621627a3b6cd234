"""Whether any decoder of what others send can be made to fail, loop or grow: a million spoilt inputs for each.

``python -m benchmarks.fuzz_decoders [--each N] [--minutes M] [--only NAME …] [--seed N] [--log FILE] [--json]``.
Inputs are made from the formats' own descriptions and from sound ones with a branch, a field or bytes changed; the
same seed gives the same inputs. Each decoder has a process of its own, the cheapest first. ``--minutes`` is
processor time for each: what is cut short says how many inputs it had. ``--log`` gets a line of JSON for each.

A finding is an exception a decoder does not declare, a value that encodes to other bytes than it was read from,
or a process that died. Growth is resident memory, and objects, after a tenth of the run against its end, where
there are inputs enough to tell. Targets that go through a disk, a process or a client have fewer inputs.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.fuzzing.api_targets import api_targets
from benchmarks.fuzzing.file_targets import file_targets
from benchmarks.fuzzing.history_targets import history_targets
from benchmarks.fuzzing.kept_targets import kept_targets
from benchmarks.fuzzing.light_targets import light_targets
from benchmarks.fuzzing.live_targets import live_targets
from benchmarks.fuzzing.outside_targets import outside_targets
from benchmarks.fuzzing.people_targets import people_targets
from benchmarks.fuzzing.recorded_targets import recorded_targets
from benchmarks.fuzzing.running import Row, cheapest_first, run_apart
from benchmarks.fuzzing.solver_targets import solver_targets
from benchmarks.fuzzing.store_targets import store_targets
from benchmarks.fuzzing.target import Target
from benchmarks.fuzzing.targets import peer_targets
from benchmarks.fuzzing.toml_targets import toml_targets

#: Some decoders read files. In memory they are read a hundred times as often as from a disk.
_SHARED_MEMORY = Path("/dev/shm")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None) as folder:
        known = all_targets(Path(folder))
        for name in set(asked.only) - {target.name for target in known}:
            parser.error(f"no decoder {name!r}")
        for target in cheapest_first(target for target in known if target.name in asked.only or not asked.only):
            rows.append(run_apart(target, min(asked.each, target.most), asked.seed, 60 * asked.minutes))
            if asked.log is not None:
                with asked.log.open("a") as log:
                    print(json.dumps(asdict(rows[-1])), file=log)
            if not asked.json:
                _show(rows[-1])
    if asked.json:
        print(json.dumps([asdict(row) for row in rows]))
    return 1 if any(row.failures for row in rows) else 0


def all_targets(folder: Path) -> tuple[Target, ...]:
    return (
        *peer_targets(),
        *live_targets(),
        *api_targets(),
        *light_targets(),
        *outside_targets(),
        *solver_targets(),
        *file_targets(),
        *toml_targets(folder),
        *people_targets(folder),
        *kept_targets(),
        *recorded_targets(folder),
        *store_targets(folder),
        *history_targets(folder),
    )


def _show(row: Row) -> None:
    print(
        f"{row.name:24} {row.inputs:>9,} inputs  {row.accepted:>9,} read  {row.failures:>3} findings  "
        f"{_grown(row)}  {row.slowest_ms:7.1f} ms at worst  {row.per_s:>8,.0f} a second of processor",
        flush=True,
    )
    for data, error in row.findings:
        print(f"    {error}\n    {data[:200]}", flush=True)


def _grown(row: Row) -> str:
    if row.early is None or row.late is None:
        return f"{'too few to tell growth':34}"
    kib, objects = row.late.kib - row.early.kib, row.late.objects - row.early.objects
    return f"{kib:>+7,} KiB {objects:>+7,} objects grown"


if __name__ == "__main__":
    sys.exit(main())
