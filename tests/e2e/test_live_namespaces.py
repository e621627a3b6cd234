"""Four nodes on four machines, as far as network namespaces make machines: a cable pulled, and put back."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.chain.blocks import decode_block
from node.embedded.folder import STORE
from node.home.config import API_PORT
from node.home.networks import NetworkPlan, network
from node.livedemo.homes import walras
from node.storage.store import Store
from tests.e2e.namespaces import Switch, permitted, switch
from tests.e2e.network import SHORT, wait_until

HOSTS = (1, 2, 3, 4)
#: A node's interface listens on the loopback of its machine alone.
ASK = "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=5).read())"


@pytest.fixture(scope="module")
def machines() -> Iterator[Switch]:
    reason = permitted()
    if reason:
        pytest.skip(reason)
    with switch(len(HOSTS)) as made:
        yield made


@dataclass(frozen=True)
class Running:
    home: Path
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def nodes(machines: Switch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Running]]:
    """A network made for four hosts, a node of it running on each."""
    out = tmp_path_factory.mktemp("homes")
    plan = NetworkPlan(validators=4, hosts=tuple(map(machines.address, HOSTS)), specs=("naive",), timeouts=SHORT)
    running: dict[int, Running] = {}
    try:
        for host, place in zip(HOSTS, network(out, plan), strict=True):
            home = place.home.path
            command = (*machines.inside(host), *walras("node", "run", "--home", str(home)))
            with (home / "node.log").open("wb") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            running[host] = Running(home, process)
        yield running
    finally:
        for node in running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(node.process.pid, signal.SIGKILL)
            node.process.wait()


def status(machines: Switch, host: int) -> Mapping[str, Any]:
    """What the node says on its own machine's loopback; nothing where it does not answer."""
    command = (*machines.inside(host), sys.executable, "-c", ASK, f"http://127.0.0.1:{API_PORT}/v1/status")
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    try:
        found: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {}
    return found


def ready(machines: Switch, host: int) -> bool:
    return status(machines, host).get("ready") is True


def roots(home: Path) -> dict[int, bytes]:
    """What its disk has decided, by height."""
    with Store(home / STORE, None) as store:
        found = {height: store.decision(height) for height in range(store.height() + 1)}
    return {height: decode_block(one.block).header.state_root for height, one in found.items() if one is not None}


def test_a_pulled_cable_halts_one_machine_and_no_other(machines: Switch, nodes: Mapping[int, Running]) -> None:
    """It says so itself and decides nothing; plugged in again it has the others' ledger."""
    for host in HOSTS:
        wait_until(lambda host=host: ready(machines, host), 90, f"host {host} ready")  # type: ignore[misc]
    machines.unplug(4)
    wait_until(lambda: status(machines, 4).get("ready") is False, 90, "host 4 says it is in trouble")
    cut = status(machines, 4)
    assert cut["trouble"] != ""
    stood = status(machines, 1)["height"]
    wait_until(lambda: status(machines, 1)["height"] >= stood + 3, 90, "the others go on")
    assert status(machines, 4)["height"] == cut["height"]
    machines.plug(4)
    wait_until(lambda: ready(machines, 4), 90, "host 4 ready again")

    wait_until(lambda: status(machines, 4)["height"] > stood + 3, 90, "host 4 decides with them")
    for node in nodes.values():
        node.process.terminate()
    assert [node.process.wait(30) for node in nodes.values()] == [0] * len(HOSTS)
    first, *others = [roots(node.home) for node in nodes.values()]
    for other in others:
        assert {height: root for height, root in other.items() if height in first}.items() <= first.items()
    assert max(others[-1]) > stood + 3
