"""Two people on what could be two machines: one starts a network, the other joins it, trades there and solves."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.e2e.command_line import refused, walras
from tests.e2e.running_node import BOBS_SALE, running


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_two_people_form_a_network(tmp_path: Path) -> None:
    """By docs/running-a-node.md: the genesis file is all that Anna gives Ben."""
    anna, ben = tmp_path / "anna", tmp_path / "ben"
    windows = ("--windows", "150,500,150", "--solver", "baseline")
    made = walras("init", "--home", anna, "--host", "127.0.0.1", "--port", free_port(), "--name", "anna", *windows)
    assert made.code == 0, made.err
    genesis = anna / "genesis.json"
    joins = ("init", "--join", genesis, "--home", ben, "--port", free_port(), "--name", "ben", "--solver", "naive")
    joined = walras(*joins, "--json")
    with running(anna), running(ben) as node:
        assert joined.document["network"] == node.ready["network"]
        receipt = tmp_path / "receipt.json"
        ask = (*BOBS_SALE, "--receipt", receipt)
        done = walras("intent", *ask, "--home", ben, "--json")
        assert (done.code, done.document["state"]) == (0, "settled"), done.err
        assert walras("auction", "verify", receipt).code == 0
        seen = walras("intent", "show", done.document["intent"], "--home", anna, "--json")
        assert seen.document["trades"] == done.document["trades"]
        peers = walras("node", "peers", "--home", ben, "--json").document["peers"]
        assert sorted((peer["name"], peer["role"]) for peer in peers) == [("anna", "validator"), ("ben", "solver")]
        taken = walras("solver", "bond", "6", "--name", "baseline", "--dev", "alice", "--home", ben)
        assert "baseline" in refused(taken, "usage", 2)
        bonded = walras("solver", "bond", "6", "--name", "bens", "--dev", "alice", "--home", ben, "--json")
        assert bonded.document["solvers"] == [{"name": "bens", "bond": str(6 * 10**18), "free_at": 0}]


def test_several_owners_vote(tmp_path: Path) -> None:
    """Two validators make their keys apart, one writes the genesis, and they decide together."""
    homes = [tmp_path / "anna", tmp_path / "ben"]
    entries: list[Path] = []
    for home in homes:
        key = ("init", "--key-only", "--home", home, "--name", home.name, "--host", "127.0.0.1")
        entry = walras(*key, "--port", free_port(), *(("--solver", "baseline") if not entries else ()))
        assert entry.code == 0, entry.err
        entries.append(tmp_path / f"{home.name}.json")
        entries[-1].write_text(entry.out)
    genesis = tmp_path / "genesis.json"
    pairs = [part for entry in entries for part in ("--genesis-from", str(entry))]
    genesis.write_text(walras("init", *pairs, "--windows", "150,500,150").out)
    for home in homes:
        solver = ("--solver", "baseline") if home is homes[0] else ()
        joined = walras("init", "--join", genesis, "--home", home, *solver)
        assert joined.code == 0, joined.err
    with running(homes[0]), running(homes[1]):
        ask = (
            "submit",
            "ETH",
            "for",
            "300",
            "USDC",
            "--dev",
            "carol",
            "--wait",
            "--valid-batches",
            "9999",
            "--home",
            homes[1],
            "--json",
        )
        done = walras("intent", *ask)
        assert done.code == 0, done.err
        assert done.document["got"] == str(300 * 10**6)
        status = walras("node", "status", "--home", homes[0], "--json").document
        assert (status["validators"], status["ready"]) == (2, True)
