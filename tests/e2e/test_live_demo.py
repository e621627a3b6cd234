"""``walras demo --live`` as a user runs it: a network comes up, trades, and is gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from node.agreement.timeouts import Timeouts
from node.livedemo.homes import walras
from node.livedemo.layout import new_layout
from tests.e2e.command_line import walras as ran

#: Small, because every process of it has to start.
SMALL = ("demo", "--live", "--validators", "2", "--solvers", "naive,engine", "--rate", "8")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        walras(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def running_in(folder: Path) -> list[int]:
    """Processes whose command line names something in this folder, other than the demonstration's own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if str(folder) in line and "--live" not in line:
                found.append(int(entry.name))
    return found


def told(process: subprocess.Popen[str], text: str) -> str:
    """The rest of the first line it writes that begins so."""
    assert process.stderr is not None
    while line := process.stderr.readline():
        if line.startswith(text):
            return line[len(text) :].strip()
    raise AssertionError(f"it ended and never said {text!r}")


def page_of(process: subprocess.Popen[str]) -> str:
    """The address it tells once all nodes are ready."""
    return told(process, "page: ")


def nothing_left(folder: Path) -> None:
    end = time.monotonic() + 30
    while running_in(folder):
        assert time.monotonic() < end, running_in(folder)
        time.sleep(0.1)


def test_it_trades_shows_a_page_and_goes_on_later(tmp_path: Path) -> None:
    """One JSON document: batches, settled intents, equal roots; the same home goes on, until Ctrl-C."""
    home = tmp_path / "home"
    first = ran(*SMALL, "--seconds", 8, "--home", home, "--json")
    assert first.code == 0, first.err
    document = first.document
    assert document["roots_equal"] is True
    assert min(document[name] for name in ("batches", "intents_acknowledged", "fills")) > 0
    nothing_left(home)
    with started("demo", "--live", "--home", str(home), "--json") as process:
        page = httpx.get(page_of(process), trust_env=False)
        assert (page.status_code, "<html" in page.text.lower()) == (200, True)
        assert len(running_in(home)) >= 4
        os.kill(running_in(home / "v1")[0], signal.SIGKILL)
        told(process, "v1 ended with status -9; it is started again")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    again = json.loads(out)
    stood = max(node["height"] for node in document["nodes"])
    left = {node["name"]: node["height"] for node in again["nodes"] if node["height"] is not None}
    assert set(left) == {"v0", "naive", "engine"}
    assert min(left.values()) >= stood
    nothing_left(home)


def test_told_to_end_while_it_starts_it_leaves_no_process(tmp_path: Path) -> None:
    """SIGTERM before anything is ready: everything started so far ends with it."""
    home = tmp_path / "home"
    with started(*SMALL, "--home", str(home)) as process:
        while len(running_in(home)) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0
    nothing_left(home)


def test_killed_it_leaves_no_process(tmp_path: Path) -> None:
    """SIGKILL, which it cannot heed: nodes and the engine end by themselves, in good order."""
    home = tmp_path / "home"
    with started(*SMALL, "--home", str(home)) as process:
        page_of(process)
        assert len(running_in(home)) >= 4
        process.kill()
        process.wait()
        nothing_left(home)
    assert not (home / "v0" / "api.url").exists()


def test_a_network_that_cannot_come_up_says_why(tmp_path: Path) -> None:
    """A node whose home was spoilt ends; so does the rest, with the node's own words and its exit code."""
    home = tmp_path / "home"
    new_layout(home, 2, ("naive",), Timeouts())
    (home / "v1" / "genesis.json").write_text(json.dumps({"format": "walras-genesis/1"}))
    again = ran("demo", "--live", "--seconds", 3, "--home", home)
    code, message = again.error
    assert (again.code, code) == (4, "demo.failed")
    assert "v1 ended with status 3" in message
    nothing_left(home)
