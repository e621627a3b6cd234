"""The node as a process: killed under load, its disk full, told to end, asked for nonsense."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from benchmarks import kills
from benchmarks.single_node import world
from benchmarks.single_node.process import NodeProcess
from node.embedded.pipe import item_frame
from node.storage.store import Store

ROOT = Path(__file__).parents[2]


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "node.embedded", str(folder), *options]


def ended(folder: Path, data: bytes, *options: str, limit: int = 0) -> subprocess.CompletedProcess[bytes]:
    """Run it on that input; ``limit``: no file may be larger, as on a disk that is full."""

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        command(folder, *options),
        input=data,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        preexec_fn=restrict if limit else None,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world.make(tmp_path / "node")
    return tmp_path / "node"


def test_kills_under_load_lose_nothing(tmp_path: Path) -> None:
    """Twenty of them; ``python -m benchmarks.kills`` does a thousand."""
    result = kills.campaign(20, 3, tmp_path, fresh_every=10)
    assert (dict(result.problems), result.told, result.died_by_themselves) == ({}, [], 0)
    assert (result.kills, result.nodes) == (20, 1)


def test_told_to_end_it_answers_what_it_read_first(folder: Path) -> None:
    """SIGTERM, and exit code 0; what was acknowledged is there."""
    process = NodeProcess(folder, ["--windows", "60000,100,100"], forked=False)
    assert process.until(lambda: process.ready is not None, 60)
    supply = [world.Minter(Random(1)).items(40, 1)]
    process.run(0.3, lambda: supply.pop() if supply else [])
    os.kill(process.pid, signal.SIGTERM)
    assert process.end() == 0
    with Store(folder / "node.sqlite", None) as store:
        assert len(store.items()) == len(process.durable)


def test_what_is_refused_is_answered_too(folder: Path) -> None:
    """By number and reason, and the rest goes on; a frame beyond bounds ends the node with a word."""
    good = world.Minter(Random(1)).item(1)
    done = ended(folder, item_frame(b"nonsense") + item_frame(good), "--windows", "60000,100,100")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"error[input" in done.stdout
    done = ended(folder, b"\xff\xff\xff\xff")
    assert (done.returncode, done.stderr[:17]) == (3, b"error[node.frame]")


def test_a_full_disk_ends_it_with_a_clear_word_and_loses_nothing(folder: Path) -> None:
    """Exit code 5; what was acknowledged before is there afterwards."""
    size = (folder / "node.sqlite").stat().st_size
    minter = world.Minter(Random(1))
    data = b"".join(map(item_frame, minter.items(2000, 1)))
    done = ended(folder, data, "--windows", "60000,100,100", limit=size + 200_000)
    assert done.returncode == 5
    assert done.stderr.startswith(b"error[storage.disk]")
    assert b"Traceback" not in done.stderr
    process = NodeProcess(folder, ["--windows", "60000,100,100"], forked=True)
    process.until(lambda: process.ready is not None, 60)
    assert process.close() == 0


def test_what_it_cannot_be_is_said_in_a_line(folder: Path, tmp_path: Path) -> None:
    """No folder, no store, readable keys, bad options, a folder in use: an error each, no traceback."""
    with subprocess.Popen(command(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as running:
        assert running.stdout is not None
        running.stdout.read(1)
        assert ended(folder, b"").stderr.startswith(b"error[node.in-use]")
    assert ended(folder, b"", "--windows", "1,2").stderr.startswith(b"error[usage]")
    (folder / "validator.key").chmod(0o644)
    assert ended(folder, b"").stderr.startswith(b"error[node.key-file]")
    (folder / "validator.key").chmod(0o600)
    (folder / "node.sqlite").unlink()
    assert ended(folder, b"").stderr.startswith(b"error[storage.not-ours]")
    assert ended(tmp_path / "none", b"").stderr.startswith(b"error[node.folder]")
