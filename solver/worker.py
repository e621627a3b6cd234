"""The child process a solver runs in: ``python -m solver.worker SPEC LIMITS`` over its stdin and stdout.

The solver's own prints go to stderr, so that nothing it writes can be taken for a frame.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from intents.auction import Auction
from intents.auction_codec import decode_auction
from intents.errors import WalrasError
from settlement.signatures import count_as_signed
from settlement.solution import Solution
from settlement.solution_codec import encode_solution
from solver.frames import HEADER, MEMORY, TIMES, FrameKind, frame
from solver.limits import CPU_SLACK_S
from solver.load import load_solver
from solver.protocol import Deadline, Solver
from solver.spec import SolverSpec, SpecKind


def main() -> None:
    """Load the solver, then answer auctions until stdin ends."""
    spec, memory_mb, processes, lifeline = json.loads(sys.argv[1])
    _die_with(lifeline)
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


def _die_with(lifeline: int) -> None:
    """Have the kernel kill us, and the group we lead, when the host's end of the pipe closes for any reason."""
    if not hasattr(fcntl, "F_SETSIG"):
        return  # not Linux: a busy worker then ends at its CPU limit, an idle one with its stdin
    leads = os.getpgrp() == os.getpid()
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpid() if leads else os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _restrict(memory_mb: int, processes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    memory = memory_mb << 20 if hard == resource.RLIM_INFINITY else min(hard, memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
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
        if kind in (FrameKind.AUCTION, FrameKind.CHECKED):
            auction = decode_auction(payload)
            count_as_signed(auction.orders if kind == FrameKind.CHECKED else ())
            pipe.write(frame(FrameKind.LOADED))
        elif kind == FrameKind.SOLVE and auction is not None:
            seconds, seed, work = TIMES.unpack(payload)
            _limit_cpu(seconds)
            deadline = Deadline.work(work, seed=seed) if work else Deadline.after(seconds, seed=seed)
            _solve(solver, name, auction, deadline, pipe)


def _limit_cpu(seconds: float) -> None:
    """Stop this process by SIGXCPU should it run on without its host: every core until the deadline, and slack."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1) + CPU_SLACK_S
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or hard > allowed:
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(allowed), hard))


def _solve(solver: Solver, name: str, auction: Auction, deadline: Deadline, pipe: BinaryIO) -> None:
    try:
        for number, solution in enumerate(solver.solve(auction, deadline)):
            pipe.write(frame(FrameKind.SOLUTION, _encoded(solution, name, number)))
            if deadline.passed:
                break
    except BaseException as error:
        pipe.write(frame(FrameKind.FAILED, _line(error)))
        return
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    pipe.write(frame(FrameKind.DONE, MEMORY.pack(peak_mb)))


def _encoded(solution: object, name: str, number: int) -> bytes:
    """The canonical bytes of what was yielded, under the solver's label; junk is named by its place."""
    if not isinstance(solution, Solution):
        raise TypeError(f"solution {number} is a {type(solution).__name__}, not a Solution")
    try:
        return encode_solution(replace(solution, solver=name))
    except WalrasError:
        raise
    except Exception as error:
        raise TypeError(f"solution {number} holds what no solution may: {error!r}") from error


def _line(error: BaseException) -> bytes:
    try:
        text = str(error)
    except Exception:  # an exception of the solver's own that cannot print itself
        text = "(without a message)"
    return f"{type(error).__name__}: {text}".replace("\n", " ")[:500].encode("utf-8", "replace")


if __name__ == "__main__":
    main()
