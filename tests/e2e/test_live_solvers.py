"""Solvers of one's own on a live network: a file beside a node, an engine behind HTTP; bonded, and in batches."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from intents.signing import SigningKey
from node.chain.items import encode_item
from node.home.config import RoleName
from node.home.development import BOND, ETH, account, holder_of, units
from node.home.secrets import read_secret
from node.livedemo.homes import NodeWanted, walras
from node.livedemo.trading import Taste
from settlement.ledger.transactions import Action, PostBond, Transaction, Transfer
from tests.e2e.network import Network, RunningNode, hand_in, join, open_network, people, wait_until


@contextmanager
def engine(name: str) -> Iterator[str]:
    """The address of a process that serves a built-in solver as an outside engine."""
    command = walras("solver", "serve", name, "--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            text = ""
            while not text.rstrip().endswith("}"):
                line = process.stdout.readline()
                assert line, "the engine ended"
                text += line
            yield json.loads(text)["url"]
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """One validator, and a solver node that asks an engine and has its bond from the beginning."""
    with engine("baseline") as url:
        wanted = [NodeWanted("v0"), NodeWanted("outside", RoleName.SOLVER, url)]
        with open_network(tmp_path_factory.mktemp("network"), wanted) as opened:
            yield opened


def transact(node: RunningNode, seed: bytes, action: Action) -> None:
    """Sign with that secret and hand it in; returns when it has had its block."""
    key = SigningKey.from_seed(seed)
    network = bytes.fromhex(node.get("/v1/network")["network"][2:])
    path = f"/v1/accounts/0x{holder_of(key.public).hex()}"
    nonce = node.get(path)["nonce"]
    bare = Transaction(key.public, nonce, action)
    signed = Transaction(key.public, nonce, action, key.sign(bare.signed(network)))
    answer = node.post("/v1/transactions", {"item": "0x" + encode_item(signed).hex()})
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    wait_until(lambda: node.get(path)["nonce"] > nonce, 30, f"{type(action).__name__} has had its block")


def takes_part(network: Network, name: str, seed: int) -> None:
    """People trade until a batch has settled in which that solver had a solution."""
    crowd, node = people(network["v0"], seed, Taste(meeting=100, slack_bps=150.0)), network["v0"]

    def done() -> bool:
        if int(node.status()["waiting"]) < 4:
            hand_in(crowd, [node], 4)
        found = [node.get(f"/v1/auctions/{row['number']}") for row in node.auctions(4) if row["solutions"]]
        return any(one["solver"] == name and one["rank"] for detail in found for one in detail["solutions"])

    wait_until(done, 90, f"{name} had a solution in a batch")


def test_an_engine_behind_http_takes_part(network: Network) -> None:
    """A process that knows only CoW's solver-engine API competes through a bonded solver node, and wins."""
    takes_part(network, "outside", 1)
    wait_until(
        lambda: any("outside" in row["winners"] for row in network["v0"].auctions()),
        60,
        "the engine has won a batch",
    )


def test_a_file_of_ones_own_joins_with_a_bond(network: Network, tmp_path: Path) -> None:
    """Written by ``solver new``, run by a node that joins late, bonded by a transaction; then it is in batches."""
    file = tmp_path / "mine.py"
    subprocess.run(walras("solver", "new", str(file)), check=True, capture_output=True)
    node = join(network, NodeWanted("mine", RoleName.SOLVER, str(file)))
    secret = read_secret(node.made.home.solver_key)
    holder = holder_of(SigningKey.from_seed(secret).public)
    transact(network["v0"], account("alice").seed, Transfer(holder, ETH, units(ETH, BOND)))
    transact(node, secret, PostBond("mine", units(ETH, BOND)))
    solvers = {row["name"]: row["bond"] for row in network["v0"].get("/v1/network")["solvers"]}
    assert solvers["mine"] == str(units(ETH, BOND))
    takes_part(network, "mine", 2)
    row = next(row for row in network["v0"].get("/v1/leaderboard")["standings"] if row["solver"] == "mine")
    assert (row["auctions"] > 0, row["slashed"]) == (True, "0")
