"""Hosting: each solver in its own process, under a deadline and limits, best so far counts.

A ``HostedSolver`` lives across auctions (imports are paid once); whatever misbehaves is killed with
its whole process group and started afresh for the next auction. Nothing a solver does can hold up
``solve`` beyond the deadline plus the grace of its limits and the reading of one solution; starting is
apart from that, and a solver that once did not start in time is not waited for again, or not for as long
as its limits say. A process that leaves the group on purpose (``setsid``) is out of reach: limits keep
accidents apart, not malware.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import trio

from intents.errors import WalrasError
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from settlement.solution_codec import decode_solution
from solver.frames import MEMORY, TIMES, FrameKind, frame
from solver.limits import MAX_FRAMES, MAX_RUN_BYTES, Limits
from solver.outcome import OutcomeKind, SolverRun
from solver.spec import SolverSpec
from solver.worker_process import WorkerLost, WorkerProcess, spawn

#: A larger solution is decoded in a thread, so that the pipes of other solvers are read meanwhile.
_LARGE = 1 << 16


@dataclass
class _Progress:
    """What has arrived so far, kept outside the cancelled scope so that the deadline loses nothing."""

    solutions: dict[int, Solution] = field(default_factory=dict)
    first_s: float | None = None
    done: bool = False
    peak_memory_mb: int = 0
    frames: int = 0
    bytes: int = 0
    unreadable: str = ""


class HostedSolver:
    """A solver behind a process boundary. Use ``host(spec)`` to open one."""

    def __init__(self, spec: SolverSpec, limits: Limits, nursery: trio.Nursery, folder: str) -> None:
        self.spec = spec
        self.limits = limits
        self._nursery = nursery
        self._folder = folder
        self._worker: WorkerProcess | None = None
        self._loaded: tuple[FrameKind, bytes] | None = None
        #: When it had not started in time.
        self._late_s: float | None = None

    @property
    def running(self) -> bool:
        """Whether there is a worker: one that was stopped or lost is started with the next question, or before."""
        return self._worker is not None

    async def start(self) -> None:
        """Start the worker and wait for its imports; raises ``WorkerLost`` when it does not come up."""
        if self._worker is not None:
            return
        self._check_patience()
        worker = await spawn(self.spec, self.limits, self._folder)
        self._nursery.start_soon(worker.drain_stderr)
        try:
            with trio.fail_after(self.limits.start_s):
                await worker.receive()
        except trio.TooSlowError as error:
            self._late_s = trio.current_time()
            await worker.kill()
            raise WorkerLost("", f"did not start within {self.limits.start_s:g} s") from error
        except BaseException:
            await worker.kill()
            raise
        self._worker, self._loaded, self._late_s = worker, None, None

    def _check_patience(self) -> None:
        """Raises ``WorkerLost`` for as long as no start is tried after one that took too long."""
        if self._late_s is None:
            return
        again_s = self.limits.again_s
        left_s = None if again_s is None else self._late_s + again_s - trio.current_time()
        if left_s is None or left_s > 0:
            when = "not tried again" if left_s is None else f"tried again in {left_s:.0f} s"
            raise WorkerLost("", f"did not start within {self.limits.start_s:g} s before, {when}")

    async def solve(
        self,
        auction: bytes,
        seconds: float,
        *,
        seed: int = 0,
        work: int = 0,
        all_in: bool = False,
        checked: bool = False,
    ) -> SolverRun:
        """Run on the encoded auction for at most ``seconds``; never raises for what the solver does.

        With ``work`` the solver is given that many units of work instead, and ``seconds`` only stop one that
        does not keep to them. ``all_in``: what handing the auction over takes is part of ``seconds``, of which at
        least a tenth is the solver's. ``checked``: all signatures in it are known to hold.
        """
        asked = started = trio.current_time()
        progress = _Progress()
        try:
            await self.start()
            assert self._worker is not None
            await self._load(self._worker, auction, seconds, FrameKind.CHECKED if checked else FrameKind.AUCTION)
            started = trio.current_time()
            if all_in:
                seconds = max(seconds - (started - asked), seconds / 10)
            with trio.move_on_after(seconds + self.limits.grace_s):
                await self._run(self._worker, progress, TIMES.pack(seconds, seed, work), started)
        except WorkerLost as lost:
            await self.stop()
            return self._report(progress, trio.current_time() - started, lost.reason)
        except BaseException:  # cancelled: what the worker still sends must not be read as its next answer
            await self.stop()
            raise
        elapsed = trio.current_time() - started
        if not progress.done:
            await self.stop()
        return self._report(progress, elapsed, None)

    async def _load(self, worker: WorkerProcess, auction: bytes, seconds: float, kind: FrameKind) -> None:
        """Hand over the auction before the clock starts; decoding is ours, not the solver's."""
        if self._loaded == (kind, auction):
            return
        limit = max(5.0, seconds)
        with trio.move_on_after(limit):
            await worker.send(frame(kind, auction))
            await worker.receive()
            self._loaded = kind, auction
            return
        raise WorkerLost("", f"did not take the auction within {limit:g} s")

    async def _run(self, worker: WorkerProcess, progress: _Progress, times: bytes, started: float) -> None:
        await worker.send(frame(FrameKind.SOLVE, times))
        while True:
            kind, payload = await worker.receive()
            if kind is FrameKind.DONE:
                progress.peak_memory_mb = MEMORY.unpack(payload)[0] if len(payload) == MEMORY.size else 0
                progress.done = True
                return
            progress.frames += 1
            progress.bytes += len(payload)
            if progress.frames > MAX_FRAMES or progress.bytes > MAX_RUN_BYTES:
                raise WorkerLost("", f"flooded its pipe ({progress.frames} frames, {progress.bytes} bytes)")
            if kind is FrameKind.SOLUTION:
                await self._keep(progress, payload, trio.current_time() - started)

    async def _keep(self, progress: _Progress, payload: bytes, at_s: float) -> None:
        try:
            if len(payload) > _LARGE:  # not abandoned at the deadline: it arrived in time
                solution = await trio.to_thread.run_sync(decode_solution, payload)
            else:
                solution = decode_solution(payload)
        except WalrasError as error:
            progress.unreadable = str(error)
            return
        if solution.id not in progress.solutions and len(progress.solutions) >= MAX_SOLUTIONS_PER_SOLVER:
            raise WorkerLost("", f"offered more than {MAX_SOLUTIONS_PER_SOLVER} solutions")
        progress.first_s = at_s if progress.first_s is None else progress.first_s
        # The label is ours to give: a solver cannot answer in another's name.
        progress.solutions[solution.id] = replace(solution, solver=self.spec.name)

    def _report(self, progress: _Progress, seconds: float, lost: str | None) -> SolverRun:
        if progress.solutions:
            kind = OutcomeKind.OK
        elif lost is not None:
            kind = OutcomeKind.CRASH
        elif progress.unreadable:
            kind = OutcomeKind.INVALID
        else:
            kind = OutcomeKind.EMPTY if progress.done else OutcomeKind.TIMEOUT
        return SolverRun(
            solver=self.spec.name,
            kind=kind,
            solutions=tuple(progress.solutions[i] for i in sorted(progress.solutions)),
            seconds=seconds,
            first_s=progress.first_s,
            stopped=lost is None and not progress.done,
            peak_memory_mb=progress.peak_memory_mb,
            detail=lost or progress.unreadable,
        )

    async def stop(self) -> None:
        """Kill the worker's whole process group."""
        worker, self._worker, self._loaded = self._worker, None, None
        if worker is not None:
            await worker.kill()


@contextlib.contextmanager
def _folder(own: Path | None) -> Iterator[str]:
    """Where the solver works: ``own``, without what a host that was killed left there, or a temporary one."""
    if own is None:
        with tempfile.TemporaryDirectory(prefix="walras-solver-", ignore_cleanup_errors=True) as folder:
            yield folder
        return
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700, exist_ok=True)
    try:
        yield str(own)
    finally:
        shutil.rmtree(own, ignore_errors=True)


@contextlib.asynccontextmanager
async def host(
    spec: SolverSpec, limits: Limits | None = None, scratch: Path | None = None
) -> AsyncIterator[HostedSolver]:
    """Open a hosted solver; its process, pipes and scratch folder are gone on the way out.

    ``scratch``: the folder to be this solver's, emptied first; a temporary one stays if we are killed.
    """
    with _folder(scratch) as folder:
        async with trio.open_nursery() as nursery:
            hosted = HostedSolver(spec, limits or Limits(), nursery, folder)
            try:
                yield hosted
            finally:
                with trio.CancelScope(shield=True):
                    await hosted.stop()
