"""Whether any decoder of what others send can be made to fail, loop or grow: a million spoilt inputs for each.

``python -m benchmarks.fuzz_decoders [--each N] [--only NAME …] [--seed N] [--json]``. Inputs are made from the
formats' own descriptions and from sound ones with a branch, a field or bytes changed; the same seed gives the same
inputs. A finding is an exception a decoder does not declare, a value that encodes to other bytes than it was read
from, or a process that has grown after its caches were full (resident memory at half way against the end, where
there are inputs enough to tell).
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from benchmarks.fuzzing.api_targets import api_targets
from benchmarks.fuzzing.file_targets import file_targets
from benchmarks.fuzzing.kept_targets import kept_targets
from benchmarks.fuzzing.light_targets import light_targets
from benchmarks.fuzzing.live_targets import live_targets
from benchmarks.fuzzing.outside_targets import outside_targets
from benchmarks.fuzzing.people_targets import people_targets
from benchmarks.fuzzing.solver_targets import solver_targets
from benchmarks.fuzzing.target import Target
from benchmarks.fuzzing.targets import peer_targets

_PAGE_KIB = 4
_SHOWN = 5
#: Fewer inputs say nothing of growth, and a look at it takes as long as a thousand of them.
_TELLING = 10_000


@dataclass(frozen=True)
class Row:
    """``accepted`` were read to the end; ``findings`` are inputs in hex with what they raised."""

    name: str
    inputs: int
    accepted: int
    findings: tuple[tuple[str, str], ...]
    failures: int
    grown_kib: int
    slowest_ms: float
    cpu_s: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for target in all_targets(Path(folder)):
            if asked.only and target.name not in asked.only:
                continue
            target.warm()
            rows.append(run(target, asked.each, asked.seed))
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
        *file_targets(folder),
        *people_targets(folder),
        *kept_targets(folder),
    )


def run(target: Target, inputs: int, seed: int) -> Row:
    """That many inputs, one after the other, in this process."""
    rng = Random(f"{seed}/{target.name}")
    accepted = failures = half_kib = 0
    findings: list[tuple[str, str]] = []
    slowest_s, began_s = 0.0, time.process_time()
    for number in range(inputs):
        if number == inputs // 2 and inputs >= _TELLING:
            half_kib = _resident_kib()
        data = target.make(rng)
        start_s = time.thread_time()
        try:
            target.read(data)
            accepted += 1
        except target.declared:
            pass
        except Exception as error:
            failures += 1
            if len(findings) < _SHOWN:
                findings.append((data[:2_000].hex(), f"{type(error).__name__}: {error}"[:200]))
        slowest_s = max(slowest_s, time.thread_time() - start_s)
    return Row(
        target.name,
        inputs,
        accepted,
        tuple(findings),
        failures,
        _resident_kib() - half_kib if half_kib else 0,
        1_000 * slowest_s,
        time.process_time() - began_s,
    )


def _resident_kib() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KIB


def _show(row: Row) -> None:
    print(
        f"{row.name:16} {row.inputs:>9,} inputs  {row.accepted:>8,} read  {row.failures:>3} findings  "
        f"{row.grown_kib:>7,} KiB grown  {row.slowest_ms:7.1f} ms at worst  {row.cpu_s:7.1f} s",
        flush=True,
    )
    for data, error in row.findings:
        print(f"    {error}\n    {data[:200]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
