"""The child process a solver runs in: ``python -m solver.worker SPEC LIMITS`` over its stdin and stdout.

The solver's own prints go to stderr, so that nothing it writes can be taken for a frame.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from intents.auction_codec import decode_auction
from settlement.solution_codec import encode_solution

from intents.auction import Auction
from solver.frames import HEADER, MEMORY, TIMES, FrameKind, frame
from solver.load import load_solver
from solver.protocol import Deadline, Solver
from solver.spec import SolverSpec, SpecKind


def main() -> None:
    """Load the solver, then answer auctions until stdin ends."""
    spec, memory_mb, processes = json.loads(sys.argv[1])
    _restrict(memory_mb, processes)
    # Keep the pipe for ourselves and point file descriptor 1 at stderr for the solver's prints.
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        solver = load_solver(SolverSpec(spec[0], SpecKind(spec[1]), spec[2]))
    except BaseException as error:
        pipe.write(frame(FrameKind.FAILED, _line(error)))
        return
    pipe.write(frame(FrameKind.READY))
    _serve(solver, spec[0], sys.stdin.buffer, pipe)


def _restrict(memory_mb: int, processes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_processes(processes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the host decides when we stop


def _limit_processes(extra: int) -> None:
    """Allow ``extra`` more processes and threads; the kernel's limit counts all of this user's."""
    wanted = _tasks_of_user() + extra
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard == resource.RLIM_INFINITY or hard > wanted:
        resource.setrlimit(resource.RLIMIT_NPROC, (wanted, wanted))


def _tasks_of_user() -> int:
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == os.getuid():
                count += sum(1 for _ in (process / "task").iterdir())
        except OSError:
            continue  # it ended while we looked
    return count


def _serve(solver: Solver, name: str, source: BinaryIO, pipe: BinaryIO) -> None:
    auction: Auction | None = None
    while True:
        header = source.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        kind, length = HEADER.unpack(header)
        payload = source.read(length)
        if kind == FrameKind.AUCTION:
            auction = decode_auction(payload)
            pipe.write(frame(FrameKind.LOADED))
        elif kind == FrameKind.SOLVE and auction is not None:
            seconds, seed = TIMES.unpack(payload)
            _solve(solver, name, auction, Deadline.after(seconds, seed=seed), pipe)


def _solve(solver: Solver, name: str, auction: Auction, deadline: Deadline, pipe: BinaryIO) -> None:
    try:
        for solution in solver.solve(auction, deadline):
            pipe.write(frame(FrameKind.SOLUTION, encode_solution(solution)))
            if deadline.passed:
                break
    except BaseException as error:
        pipe.write(frame(FrameKind.FAILED, _line(error)))
        return
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    pipe.write(frame(FrameKind.DONE, MEMORY.pack(peak_mb)))


def _line(error: BaseException) -> bytes:
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:500].encode("utf-8", "replace")


if __name__ == "__main__":
    main()
