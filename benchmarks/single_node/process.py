"""A node's process with its pipes: fed as fast as it takes items, killed when wanted, its last words read."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from node.agreement.messages import Message
from node.agreement.wire import decode_message
from node.embedded import __main__ as program
from node.embedded.pipe import Kind, item_frame, numbers, taken

#: Items in the process's hands that it has not answered.
UNDER_WAY = 128


class NodeProcess:
    """``python -m node.embedded FOLDER OPTIONS``; ``forked``: the same program in a fork, its imports done."""

    def __init__(self, folder: Path, options: list[str], *, forked: bool) -> None:
        arguments = [str(folder), *options]
        self.items: list[bytes] = []
        self.durable: set[int] = set()
        self.refused: dict[int, str] = {}
        self.said: list[Message] = []
        self.ready: int | None = None
        self.status: int | None = None
        self.started = time.monotonic()
        self.ready_after_s = 0.0
        self._answered = 0
        self._inbox, self._outbox = bytearray(), bytearray()
        self._in, self._out, self.pid = self._fork(arguments) if forked else self._execute(arguments)
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def run(self, seconds: float, supply: Callable[[], list[bytes]]) -> bool:
        """Feed it for so long; whether it is still there."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.ready is not None and len(self.items) - self._answered < UNDER_WAY and not self._outbox:
                for item in supply():
                    self.items.append(item)
                    self._outbox += item_frame(item)
            if not self._exchange(left):
                return False
        return True

    def until(self, wanted: Callable[[], bool], seconds: float) -> bool:
        """Let it work without new items until ``wanted``; whether that came about."""
        until = time.monotonic() + seconds
        while not wanted():
            left = until - time.monotonic()
            if left <= 0 or not self._exchange(left):
                return wanted()
        return True

    def kill(self) -> None:
        """SIGKILL; what it had written by then is read."""
        os.kill(self.pid, signal.SIGKILL)
        self.end()

    def close(self) -> int:
        """End its input, read the rest, return its exit status (negative: the signal)."""
        while self._outbox and self._exchange(10.0):
            pass
        os.close(self._in)
        self._in = -1
        return self.end()

    def end(self) -> int:
        os.set_blocking(self._out, True)
        while chunk := os.read(self._out, 1 << 16):
            self._inbox += chunk
        self._read()
        if self._in >= 0:
            os.close(self._in)
        os.close(self._out)
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def _exchange(self, seconds: float) -> bool:
        writable = [self._in] if self._outbox else []
        ready, free, _ = select.select([self._out], writable, [], min(seconds, 0.02))
        if free:
            try:
                del self._outbox[: os.write(self._in, self._outbox[: 1 << 16])]
            except BrokenPipeError:
                return False
        if ready:
            chunk = os.read(self._out, 1 << 16)
            if not chunk:
                return False
            self._inbox += chunk
            self._read()
        return True

    def _read(self) -> None:
        for kind, payload in taken(self._inbox):
            match kind:
                case Kind.READY:
                    self.ready = int.from_bytes(payload, "big", signed=True)
                    self.ready_after_s = time.monotonic() - self.started
                case Kind.DURABLE:
                    self.durable.update(numbers(payload))
                case Kind.REFUSED:
                    self.refused[int.from_bytes(payload[:4], "big")] = payload[4:].decode()
                case Kind.SAID:
                    self.said.append(decode_message(payload))
        self._answered = len(self.durable) + len(self.refused)

    def _execute(self, arguments: list[str]) -> tuple[int, int, int]:
        process = subprocess.Popen(
            [sys.executable, "-m", "node.embedded", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.returncode = 0  # waited for here, not there
        with process.stdin, process.stdout:
            return os.dup(process.stdin.fileno()), os.dup(process.stdout.fileno()), process.pid

    def _fork(self, arguments: list[str]) -> tuple[int, int, int]:
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become_node(arguments, theirs_in, theirs_out, (ours_in, ours_out))
        os.close(theirs_in)
        os.close(theirs_out)
        return ours_in, ours_out, pid


def _become_node(arguments: list[str], source: int, sink: int, others: tuple[int, ...]) -> NoReturn:
    """In the child: nothing of the parent but its imports."""
    status = 70
    try:
        os.dup2(source, 0)
        os.dup2(sink, 1)
        for descriptor in (source, sink, *others):
            os.close(descriptor)
        status = program.main(arguments)
    finally:
        os._exit(status)
