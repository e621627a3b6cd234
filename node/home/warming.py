"""A solver in a process of its own that starts when the node is ready, not before: imports must not delay it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

from intents.auction import Auction
from node.embedded.answering import answer_of, answered
from settlement.solution import Solution
from solver.host import HostedSolver, host
from solver.limits import Limits
from solver.outcome import OutcomeKind
from solver.spec import SolverSpec
from solver.worker_process import WorkerLost

_LOG: Final = logging.getLogger("walras.solver")
#: Seconds after a start that took too long until another is tried: a node runs for months, and a crowded machine
#: is not crowded for ever.
AGAIN_S: Final = 60.0
_BAD: Final = frozenset({OutcomeKind.CRASH, OutcomeKind.INVALID, OutcomeKind.TIMEOUT})


class WarmSolver:
    """Answers one auction at a time, the newest; one that was stopped is started anew at once, for the next."""

    def __init__(self, hosted: HostedSolver, seconds: float, nursery: trio.Nursery) -> None:
        self._hosted, self._seconds, self._nursery = hosted, seconds, nursery
        self._turn = trio.Lock()
        self._newest = -1

    @property
    def running(self) -> bool:
        return self._hosted.running

    async def warm(self) -> None:
        """Start the process, if it is not there."""
        async with self._turn:
            try:
                await self._hosted.start()
            except WorkerLost as lost:
                _LOG.warning("%s did not start: %s", self._hosted.spec.name, lost)

    async def __call__(self, auction: Auction) -> Sequence[Solution] | None:
        """``None`` also of an auction whose time went by while the solver was busy with another, or starting: what
        is late is worth nothing, and would make the next late too."""
        self._newest = max(self._newest, auction.number)
        until = trio.current_time() + self._seconds
        async with self._turn:
            left = until - trio.current_time()
            if left <= 0 or auction.number < self._newest:
                _LOG.warning(
                    "%s, auction %d: busy or starting until it was too late",
                    self._hosted.spec.name,
                    auction.number,
                )
                return None
            run = await answered(self._hosted, auction, left)
        if run.kind in _BAD:
            why = ": ".join(part for part in (run.kind.value, run.detail) if part)
            _LOG.warning("%s, auction %d: %s", run.solver, auction.number, why)
        if not self.running and run.kind is not OutcomeKind.CRASH:
            self._nursery.start_soon(self.warm)
        return answer_of(run)


@asynccontextmanager
async def warm_solver(spec: SolverSpec, seconds: float, scratch: Path) -> AsyncIterator[WarmSolver]:
    """Its process and ``scratch``, the folder it works in, are gone on the way out."""
    async with host(spec, Limits(again_s=AGAIN_S), scratch) as hosted, trio.open_nursery() as nursery:
        yield WarmSolver(hosted, seconds, nursery)
        nursery.cancel_scope.cancel()
