"""Fuzzing one decoder: so many inputs or so much processor time, and what it had read, raised, cost and kept."""

from __future__ import annotations

import gc
import math
import multiprocessing
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.fuzzing.target import Target

_PAGE_KIB: Final = 4
_SHOWN: Final = 5
#: Fewer inputs say nothing of growth, and a look at it takes as long as a thousand of them.
_TELLING: Final = 10_000
#: The part of a run after which what the code remembers of sound inputs is full.
_EARLY: Final = 0.1
_TRIED: Final = 20


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds: resident memory, and objects that the collector knows."""

    kib: int
    objects: int


@dataclass(frozen=True, slots=True)
class Row:
    """``inputs`` is how many there were. ``accepted`` were read to the end; ``findings`` are inputs in hex with
    what they raised. ``early`` is what the process held after a tenth of the run, ``late`` at its end; ``None``
    where there were too few inputs to tell. ``cpu_s`` is of making and reading them."""

    name: str
    inputs: int
    accepted: int
    findings: tuple[tuple[str, str], ...]
    failures: int
    early: Held | None
    late: Held | None
    slowest_ms: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.inputs / self.cpu_s if self.cpu_s else 0.0


def run(target: Target, inputs: int, seed: int, limit_s: float = math.inf) -> Row:
    """That many inputs, one after the other, in this process; fewer where they take more than ``limit_s``."""
    rng = Random(f"{seed}/{target.name}")
    number = accepted = failures = 0
    findings: list[tuple[str, str]] = []
    slowest_s, spent_s = 0.0, 0.0
    early: Held | None = None
    while number < inputs and spent_s < limit_s:
        if early is None and number >= _TELLING * _EARLY and max(number / inputs, spent_s / limit_s) >= _EARLY:
            early = _held()
        began_s = time.thread_time()
        data = target.make(rng)
        made_s = time.thread_time()
        try:
            target.read(data)
            accepted += 1
        except target.declared:
            pass
        except Exception as error:
            failures += 1
            if len(findings) < _SHOWN:
                findings.append((data[:2_000].hex(), f"{type(error).__name__}: {error}"[:200]))
        ended_s = time.thread_time()
        slowest_s = max(slowest_s, ended_s - made_s)
        spent_s += ended_s - began_s
        number += 1
    telling = early if number >= _TELLING else None
    late = _held() if telling else None
    return Row(target.name, number, accepted, tuple(findings), failures, telling, late, 1_000 * slowest_s, spent_s)


def run_apart(target: Target, inputs: int, seed: int, limit_s: float = math.inf) -> Row:
    """The same in a process of its own: what others leave behind is no growth, and its death is a finding."""
    row, status = _apart(lambda: _warmed(target, inputs, seed, limit_s))
    if row is not None:
        return row
    return Row(target.name, 0, 0, (("", f"the process ended with {status}"),), 1, None, None, 0.0, 0.0)


def cheapest_first(targets: Iterable[Target]) -> list[Target]:
    """By what a few inputs of each take, so that a run cut short has left out the fewest."""

    def cost_s(target: Target) -> float:
        row, _ = _apart(lambda: _tried(target))
        return math.inf if row is None else row.cpu_s * target.most

    return sorted(targets, key=cost_s)


def _tried(target: Target) -> Row:
    """Of the second time: the first also imports and remembers."""
    run(target, _TRIED, seed=0)
    return run(target, _TRIED, seed=0)


def _warmed(target: Target, inputs: int, seed: int, limit_s: float) -> Row:
    target.warm()
    return run(target, inputs, seed, limit_s)


def _apart(job: Callable[[], Row]) -> tuple[Row | None, int | None]:
    """What ``job`` returns in a forked process, nothing where that died; and how the process ended."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_told, args=(job, there))
    process.start()
    there.close()
    try:
        found: Row | None = here.recv()
    except EOFError:
        found = None
    here.close()
    process.join()
    return found, process.exitcode


def _told(job: Callable[[], Row], to: Connection) -> None:
    to.send(job())


def _held() -> Held:
    gc.collect()
    objects = len(gc.get_objects())  # first: the list of them takes a mebibyte itself, each time
    return Held(int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KIB, objects)
