"""A libp2p peer in JavaScript, installed from npm once and driven by JSON lines; tests skip where it cannot be.

What is installed lies in the user's cache folder, by the hash of the lock file, never in the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

SOURCE = Path(__file__).parent / "e2e" / "js"
_PROGRAM = ("canonical.mjs", "wire.mjs", "peer.mjs")
_LOCKED = ("package.json", "package-lock.json")
_LEAST_NODE = 20
_INSTALL_S, _ANSWER_S = 120, 15


def installed() -> Path:
    """The folder of the program and its packages; the test is skipped, with a notice, where there can be none."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js is not installed: nothing was tested against js-libp2p")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < _LEAST_NODE:
        pytest.skip(f"Node.js {version.strip()} is too old for js-libp2p")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "walras-tests"
    key = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = cache / f"js-{key}"
    if not (folder / "installed").exists():
        _install(folder)
    for name in _PROGRAM:
        shutil.copy(SOURCE / name, folder / name)
    return folder


def _install(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LOCKED:
        shutil.copy(SOURCE / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=_INSTALL_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"js-libp2p cannot be installed here: {error}: {str(error.stderr)[-300:]}")
    (folder / "installed").touch()


class JsPeer:
    """The program, running. ``events`` are what it told unasked, in order."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._answers: dict[int, dict[str, Any]] = {}
        self._changed = trio.Condition()
        self._count = 0
        self.events: list[dict[str, Any]] = []

    async def ask(self, do: str, **args: Any) -> Any:
        """What the command answers; an ``AssertionError`` with its error."""
        self._count += 1
        number = self._count
        assert self._process.stdin is not None
        await self._process.stdin.send_all(json.dumps({"n": number, "do": do, **args}).encode() + b"\n")
        await self._until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return answer.get("ok")

    async def event(self, holds: Callable[[dict[str, Any]], bool], seconds: float = _ANSWER_S) -> dict[str, Any]:
        """The first event that fits, told already or yet to come."""
        await self._until(lambda: any(map(holds, self.events)), seconds)
        return next(event for event in self.events if holds(event))

    async def _until(self, holds: Callable[[], bool], seconds: float = _ANSWER_S) -> None:
        with trio.fail_after(seconds):
            async with self._changed:
                while not holds():
                    await self._changed.wait()

    async def read(self) -> None:
        held = b""
        assert self._process.stdout is not None
        async for part in self._process.stdout:
            *lines, held = (held + part).split(b"\n")
            async with self._changed:
                for line in map(json.loads, lines):
                    if "n" in line:
                        self._answers[line["n"]] = line
                    else:
                        self.events.append(line)
                self._changed.notify_all()


@asynccontextmanager
async def js_peer(where: str, seed: bytes) -> AsyncIterator[JsPeer]:
    """A running peer: of the network with that hash in hex, or on a topic of that name."""
    folder = await trio.to_thread.run_sync(installed)
    async with trio.open_nursery() as nursery:
        start = partial(
            trio.run_process,
            ["node", "peer.mjs", where, seed.hex()],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        process: trio.Process = await nursery.start(start)
        peer = JsPeer(process)
        nursery.start_soon(peer.read)
        await peer.event(lambda event: event["event"] == "ready")
        yield peer
        nursery.cancel_scope.cancel()
