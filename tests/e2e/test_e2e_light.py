"""A light client with real processes: it joins, follows a node, tells what is proven, and says when it is
alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.e2e.command_line import walras
from tests.e2e.running_node import running

SCRIPT = Path(__file__).parents[2] / "docs" / "check_chain.py"


def test_a_light_client_follows_and_proves(tmp_path: Path) -> None:
    """Accounts and proofs are the full node's, its answers hold offline down to the genesis, and it starts again
    from the header it knew."""
    full, light = tmp_path / "full", tmp_path / "light"
    assert walras("init", "--home", full, "--windows", "150,300,150").code == 0
    with running(full) as node:
        genesis = full / "genesis.json"
        made = walras("init", "--home", light, "--join", genesis, "--role", "light", "--full-node", node.url)
        assert made.code == 0, made.err
        with running(light) as client:
            ready(client.url)
            account = walras("ledger", "account", "alice", "--home", full, "--json").document
            owner = account["owner"]
            shown = httpx.get(f"{client.url}/v1/accounts/{owner}", trust_env=False).json()
            assert shown["balances"] == account["balances"]
            told = walras("ledger", "account", "alice", "--home", light, "--json")
            assert (told.code, told.document) == (0, account), told.err
            files = {}
            for name, path in (("proof", "/v1/proofs?table=chain&key=chain"), ("page", "/v1/checkpoints")):
                # The proof through the light client, the headers from the node.
                url = (client if name == "proof" else node).url + path
                files[name] = tmp_path / f"{name}.json"
                files[name].write_bytes(httpx.get(url, trust_env=False).content)
            command = [sys.executable, SCRIPT, files["proof"], genesis, files["page"]]
            done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60)
            assert done.returncode == 0, done.stdout
            status = walras("node", "status", "--node", client.url, "--json")
            assert (status.code, status.document["role"]) == (0, "light")
            seen = status.document["height"]
    with running(light) as client:
        document = httpx.get(f"{client.url}/v1/status", trust_env=False).json()
        assert document["height"] >= seen - 3
        answer = httpx.get(f"{client.url}/v1/accounts/{owner}", trust_env=False, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (503, "light.no-full-node")
        assert json.loads((tmp_path / "proof.json").read_text())["entry"]["value"]["auction"] >= 1


def ready(url: str) -> None:
    """Wait until it has a header that it believes."""
    deadline = time.monotonic() + 30
    while httpx.get(f"{url}/health/ready", trust_env=False).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
