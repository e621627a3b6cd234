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
from solver.host import HostedSolver, WorkerLost, host
from solver.outcome import OutcomeKind
from solver.spec import SolverSpec

_LOG: Final = logging.getLogger("walras.solver")
_BAD: Final = frozenset({OutcomeKind.CRASH, OutcomeKind.INVALID, OutcomeKind.TIMEOUT})


class WarmSolver:
    """Answers one auction at a time; one that fails answers nothing, and is started anew for the next."""

    def __init__(self, hosted: HostedSolver, seconds: float) -> None:
        self._hosted, self._seconds = hosted, seconds
        self._turn = trio.Lock()

    async def warm(self) -> None:
        """Start the process, if it is not there."""
        async with self._turn:
            try:
                await self._hosted.start()
            except WorkerLost as lost:
                _LOG.warning("%s did not start: %s", self._hosted.spec.name, lost)

    async def __call__(self, auction: Auction) -> Sequence[Solution] | None:
        async with self._turn:
            run = await answered(self._hosted, auction, self._seconds)
        if run.kind in _BAD:
            _LOG.warning("%s, auction %d: %s %s", run.solver, auction.number, run.kind.value, run.detail)
        return answer_of(run)


@asynccontextmanager
async def warm_solver(spec: SolverSpec, seconds: float, scratch: Path) -> AsyncIterator[WarmSolver]:
    """Its process and ``scratch``, the folder it works in, are gone on the way out."""
    async with host(spec, scratch=scratch) as hosted:
        yield WarmSolver(hosted, seconds)
