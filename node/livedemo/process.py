"""Child processes that leave nothing behind: each in a group of its own, told to end, then made to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from node.livedemo.lifeline import GRACE_S

#: Of a log, when somebody has to be told why a process ended.
TAIL_BYTES: Final = 2_000


@dataclass(eq=False)
class Child:
    """A running process; what it writes goes to ``log``."""

    name: str
    process: trio.Process
    log: Path

    @property
    def status(self) -> int | None:
        """Its exit status; ``None`` while it runs."""
        return self.process.returncode

    def signal(self, number: signal.Signals) -> None:
        """To the whole group; nothing where it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def tell(self) -> None:
        """Ask the process itself, which ends its own children, to end; a stopped one has to go on for it."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)

    async def ended(self) -> int:
        """Wait for its end; its exit status."""
        status = await self.process.wait()
        if self.process.stdin is not None:
            await self.process.stdin.aclose()
        return status

    def last_line(self) -> str:
        """The last thing it wrote."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
                lines = file.read(TAIL_BYTES).decode("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:300] if lines else ""


async def start(name: str, command: Sequence[str], log: Path) -> Child:
    """Start it. Its standard input says nothing and ends when this process does, however. Appends to ``log``."""
    with log.open("ab") as file:
        process = await trio.lowlevel.open_process(
            list(command), stdin=subprocess.PIPE, stdout=file, stderr=file, start_new_session=True
        )
    return Child(name, process, log)


async def stop_all(children: Sequence[Child], grace_s: float = GRACE_S) -> list[str]:
    """End them all, at once; the names of those that had to be killed. Not to be cancelled; ends in seconds."""
    with trio.CancelScope(shield=True):
        for child in children:
            child.tell()
        with trio.move_on_after(grace_s):
            for child in children:
                await child.ended()
        killed = [child.name for child in children if child.status is None]
        for child in children:
            child.signal(signal.SIGKILL)  # what is left of a group whose leader has gone, too
        for child in children:
            await child.ended()
    return killed
