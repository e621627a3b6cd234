"""A worker as its host has it: a live process of its own group, its frames over pipes, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import trio

from intents.errors import WalrasError
from solver.frames import HEADER, FrameKind
from solver.limits import MAX_SOLUTION_BYTES, STDERR_TAIL_BYTES, Limits
from solver.spec import SolverSpec

_READ = 1 << 16
_KINDS = frozenset(int(kind) for kind in FrameKind)


@dataclass(eq=False)
class WorkerLost(WalrasError):
    """The worker ended, failed or broke the protocol; a host makes an outcome of it."""

    code: ClassVar[str] = "solver.worker-lost"
    text: ClassVar[str] = "{reason}"

    reason: str


class WorkerProcess:
    """One live child process, its pipe, and the lifeline: a descriptor whose closing kills its group."""

    def __init__(self, process: trio.Process, lifeline: int) -> None:
        self.process = process
        self.lifeline = lifeline
        self.buffer = bytearray()
        self.stderr = bytearray()

    async def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        try:
            await self.process.stdin.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise WorkerLost("", await self.last_words()) from error

    async def receive(self) -> tuple[FrameKind, bytes]:
        header = await self._take(HEADER.size)
        kind, length = HEADER.unpack(header)
        if length > MAX_SOLUTION_BYTES or kind not in _KINDS:
            raise WorkerLost("", f"broke the pipe's protocol (kind {kind}, {length} bytes)")
        payload = await self._take(length)
        if kind == FrameKind.FAILED:
            raise WorkerLost("", payload.decode("utf-8", "replace"))
        return FrameKind(kind), payload

    async def _take(self, count: int) -> bytes:
        assert self.process.stdout is not None
        while len(self.buffer) < count:
            chunk = await self.process.stdout.receive_some(_READ)
            if not chunk:
                raise WorkerLost("", await self.last_words())
            self.buffer += chunk
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    async def drain_stderr(self) -> None:
        assert self.process.stderr is not None
        with contextlib.suppress(trio.ClosedResourceError, trio.BrokenResourceError):
            async for chunk in self.process.stderr:
                self.stderr += chunk
                del self.stderr[:-STDERR_TAIL_BYTES]

    async def last_words(self) -> str:
        """Why it ended: its exit status and the last line it wrote to stderr."""
        with trio.move_on_after(1.0):
            await self.process.wait()
        status = self.process.returncode
        if status is None:
            how = "closed its pipe and went on"
        else:
            how = f"died with signal {-status}" if status < 0 else f"died with exit status {status}"
        lines = bytes(self.stderr).decode("utf-8", "replace").strip().splitlines()
        return how + (f": {lines[-1][:200]}" if lines else "")

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        os.close(self.lifeline)
        with trio.CancelScope(shield=True):
            await self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream is not None:
                    await stream.aclose()


async def spawn(spec: SolverSpec, limits: Limits, folder: str) -> WorkerProcess:
    """The process, holding one end of a pipe whose other end only we hold, so that it cannot outlive us."""
    try:
        theirs, ours = os.pipe()
    except OSError as error:
        raise _not_started(error) from error
    arguments = json.dumps([[spec.name, spec.kind.value, spec.target], limits.memory_mb, limits.processes, theirs])
    try:
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", "solver.worker", arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            start_new_session=True,
            pass_fds=(theirs,),
        )
    except BaseException as error:
        os.close(ours)
        if isinstance(error, OSError):
            raise _not_started(error) from error
        raise
    finally:
        os.close(theirs)
    return WorkerProcess(process, ours)


def _not_started(error: OSError) -> WorkerLost:
    return WorkerLost("", f"could not be started: {error.strerror or error}")
