"""A node's own solver: a built-in one in a thread, or any in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

from intents.auction import Auction
from intents.auction_codec import encode_auction
from node.embedded.node import Solving
from settlement.solution import Solution
from solver.host import HostedSolver, host
from solver.outcome import OutcomeKind, SolverRun
from solver.protocol import Deadline
from solver.registry import built_in
from solver.spec import SolverSpec

_UNFINISHED: Final = frozenset({OutcomeKind.TIMEOUT, OutcomeKind.CRASH})


async def answered(hosted: HostedSolver, auction: Auction, seconds: float) -> SolverRun:
    """Of a solver in a process of its own. ``seconds`` include handing the auction over, which of a large one
    takes long: a window does not wait for it."""
    # What is in a batch has been admitted: its signatures hold.
    return await hosted.solve(encode_auction(auction), seconds, all_in=True, checked=True)


def answer_of(run: SolverRun) -> Sequence[Solution] | None:
    """``None`` of a solver that has failed or was stopped: it has not got through the auction."""
    return None if run.kind in _UNFINISHED else run.solutions


def in_thread(name: str, seconds: float) -> Solving:
    """The built-in solver ``name``, imported when first asked; it stops by itself within ``seconds`` or so."""

    def answer(auction: Auction) -> Sequence[Solution] | None:
        deadline = Deadline.after(seconds)
        found = {item.id: item for item in built_in(name).solve(auction, deadline)}
        if not found and not deadline.remaining_s:
            return None
        return [found[number] for number in sorted(found)]

    async def solving(auction: Auction) -> Sequence[Solution] | None:
        return await trio.to_thread.run_sync(answer, auction, abandon_on_cancel=True)

    return solving


@asynccontextmanager
async def in_process(spec: SolverSpec, seconds: float, scratch: Path | None = None) -> AsyncIterator[Solving]:
    """Any solver, behind the boundary of a process. ``scratch``: the folder it works in, as ``host`` has it."""
    async with host(spec, scratch=scratch) as hosted:

        async def solving(auction: Auction) -> Sequence[Solution] | None:
            return answer_of(await answered(hosted, auction, seconds))

        yield solving
