"""A node as a process of its own, on a free port, in a home of its own: started, asked, ended or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.command_line import WALRAS

#: A machine with much else to do starts slowly; nothing here is timed.
PATIENCE_S = 120.0
#: What ``walras intent`` is told for a sale that settles at once on a development network.
BOBS_SALE = tuple("submit 1 ETH for 2900 USDC --dev bob --wait --valid-batches 9999".split())


@dataclass(eq=False)
class RunningNode:
    """``ready`` is what it printed once it was."""

    process: subprocess.Popen[bytes]
    ready: Any

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[RunningNode]:
    """``walras node run`` until the block ends, ready when it begins."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WALRAS_")}
    process = subprocess.Popen(
        [WALRAS, "node", "run", "--home", home, "--api-port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        text = b""
        while not text.rstrip().endswith(b"}"):
            chunk = os.read(process.stdout.fileno(), 65_536)
            if not chunk:
                raise AssertionError(process.stderr.read().decode())
            text += chunk
        yield RunningNode(process, json.loads(text))
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
