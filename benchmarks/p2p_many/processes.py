"""A plan run by several processes, each with its share of the nodes, as their owners would run them.

Delays are those of the clock on the wall, ``CLOCK_MONOTONIC``, which the processes of one machine share.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import Counter
from functools import partial
from multiprocessing.connection import Connection

import trio

from benchmarks.p2p_many.fleet import Outcome, Plan, share

#: From the word that all are meshed to the first item.
_AHEAD_S = 0.5


def run_in_processes(plan: Plan, processes: int) -> Outcome:
    """The plan, node n in process n modulo ``processes``; CPU is that of all together."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    children = []
    for place in range(processes):
        here, there = context.Pipe()
        numbers = range(place, plan.nodes, processes)
        children.append(context.Process(target=_child, args=(plan, numbers, there), daemon=True))
        children[-1].start()
        there.close()
        pipes.append(here)
    known: dict[int, str] = {}
    for pipe in pipes:
        known |= pipe.recv()
    _tell(pipes, known)
    for pipe in pipes:
        pipe.recv()
    _tell(pipes, time.monotonic() + _AHEAD_S)
    for pipe in pipes:
        pipe.recv()
    _tell(pipes, "end")
    outcomes: list[Outcome] = [pipe.recv() for pipe in pipes]
    for child in children:
        child.join(10)
    return Outcome(
        sum(found.published for found in outcomes),
        [delay for found in outcomes for delay in found.delays],
        sum(found.missing for found in outcomes),
        sum(found.cpu_share for found in outcomes),
        sum(found.cpu_s for found in outcomes),
        sum((found.counters for found in outcomes), Counter[str]()),
    )


def _tell(pipes: list[Connection], what: object) -> None:
    for pipe in pipes:
        pipe.send(what)


def _child(plan: Plan, numbers: range, pipe: Connection) -> None:
    logging.disable(logging.CRITICAL)
    pipe.send(trio.run(partial(share, plan, numbers, _Piped(pipe), time.monotonic)))


class _Piped:
    """See :class:`benchmarks.p2p_many.fleet.Meeting`; the parent process answers when all have asked."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    async def addresses(self, own: dict[int, str]) -> dict[int, str]:
        self._pipe.send(own)
        known: dict[int, str] = await trio.to_thread.run_sync(self._pipe.recv)
        return known

    async def begin(self) -> float:
        self._pipe.send("meshed")
        return float(await trio.to_thread.run_sync(self._pipe.recv))

    async def end(self) -> None:
        self._pipe.send("done")
        await trio.to_thread.run_sync(self._pipe.recv)
