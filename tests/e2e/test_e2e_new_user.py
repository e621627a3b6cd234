"""A new user's path, with the installed command and a real node: run, trade, look, cancel, prove, come back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.command_line import Ended, refused, walras
from tests.e2e.running_node import BOBS_SALE, RunningNode, running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development home whose batches are short."""
    path = tmp_path_factory.mktemp("user") / "home"
    made = walras("init", "--home", path, "--windows", "100,400,100", "--solver", "baseline", "--json")
    assert made.document["homes"] == [str(path)]
    return path


@pytest.fixture(scope="module")
def node(home: Path) -> Iterator[RunningNode]:
    with running(home) as started:
        yield started


def intent(home: Path, *arguments: object) -> Ended:
    return walras("intent", *arguments, "--home", home)


def test_user_trades_and_checks_the_receipt(home: Path, node: RunningNode, tmp_path: Path) -> None:
    """An intent is signed, settles, and its receipt verifies offline; the trade keeps the limit."""
    receipt = tmp_path / "receipt.json"
    wait = ("--wait", "--valid-batches", "9999", "--receipt", receipt, "--json")
    done = intent(home, "submit", "1", "ETH", "for", "2900", "USDC", "--dev", "alice", *wait)
    assert done.code == 0, done.err
    found = done.document
    assert (found["state"], found["gave"]) == ("settled", str(10**18))
    assert int(found["got"]) >= 2_900 * 10**6
    assert found["trades"][0]["over_limit_bps"] > 0
    assert "settled" in done.err
    assert walras("auction", "verify", receipt).code == 0
    shown = intent(home, "show", found["intent"], "--json")
    assert shown.document["trades"] == found["trades"]
    assert "it was filled whole" in intent(home, "explain", found["intent"]).out


def test_user_signs_with_a_wallet(home: Path, node: RunningNode, tmp_path: Path) -> None:
    """A wallet signs under its password; under another it does not, and nothing is sent."""
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    for path in (right, wrong):
        path.write_text(path.name + "\n")
        path.chmod(0o600)
    made = walras("keys", "import", "mine", "--dev", "bob", "--home", home, "--password-file", right)
    assert made.code == 0, made.err
    asked = ("submit", "ETH", "for", "300", "USDC", "--from", "mine", "--password-file")
    refused(intent(home, *asked, wrong), "wallet.password")
    done = intent(home, *asked, right, "--wait", "--valid-batches", "9999", "--json")
    assert (done.code, done.document["got"]) == (0, str(300 * 10**6)), done.err
    assert done.document["owner"] == "0x00" + made.out.split("0x", 1)[1].splitlines()[0]
    moved = walras(
        "ledger",
        "transfer",
        "1.5",
        "UNI",
        "to",
        "ed25519:" + "ab" * 32,
        *("--from", "mine"),
        *("--password-file", right, "--home", home, "--json"),
    )
    assert moved.document["balances"] == [{"asset": "UNI", "amount": str(15 * 10**17)}]
    held = walras("ledger", "account", "mine", "--home", home, "--json").document["balances"]
    assert {row["asset"]: row["amount"] for row in held}["UNI"] == str(30_000 * 10**18 - 15 * 10**17)


def test_user_quotes_explains_and_cancels(home: Path, node: RunningNode) -> None:
    """A limit beyond the quote rests; the node says how far it is, and its owner alone can cancel it."""
    quote = intent(home, "quote", "1", "ETH", "for", "USDC", "--json").document
    assert int(quote["limit"]) < int(quote["amount_out"])
    high = ("submit", "1", "ETH", "for", "9000", "USDC", "--fok", "--valid-batches", "1000")
    number = intent(home, *high, "--dev", "carol", "--json").document["id"]
    while intent(home, "show", number, "--json").document["state"] == "received":
        pass  # the next block takes it
    explained = intent(home, "explain", number, "--json").document
    assert explained["now"]["distance_bps"] > 5_000
    message = refused(intent(home, "cancel", number, "--dev", "dave", "--json"), "usage", 2)
    assert message.startswith("signer: only its owner may cancel it: 0x")
    assert intent(home, "show", number, "--json").document["state"] != "cancelled"
    done = intent(home, "cancel", number, "--dev", "carol", "--json")
    assert (done.code, done.document["state"]) == (0, "cancelled"), done.err
    assert intent(home, "cancel", number, "--dev", "carol").out.startswith("it was cancelled already")


def test_user_is_told_of_denied_intents(home: Path, node: RunningNode) -> None:
    """What the ledger denies is not waited for in vain."""
    ask = ("submit", "1000", "ETH", "for", "1", "USDC", "--fok", "--dev", "erin")
    done = intent(home, *ask, "--wait", "--valid-batches", "9999", "--timeout", "30")
    assert done.code == 1


def test_user_cannot_give_away_what_is_not_there(home: Path, node: RunningNode) -> None:
    """Told at once, with what the account holds; a block would refuse it without a word."""
    for command in (
        ("ledger", "transfer", "999999", "ETH", "to", "bob"),
        ("solver", "bond", "999999", "--name", "n"),
    ):
        done = walras(*command, "--dev", "grace", "--home", home)
        assert "ETH, not 999999 ETH" in refused(done, "client.not-enough")


def test_user_submits_a_file(home: Path, node: RunningNode, tmp_path: Path) -> None:
    """An intent written as JSON is completed, signed and taken; the same again is the same intent."""
    path = tmp_path / "intent.json"
    legs = {"give": [{"asset": "ETH", "amount": "1000"}], "want": [{"asset": "USDC", "amount": "1000000"}]}
    path.write_text(json.dumps({**legs, "nonce": 77, "valid_to": 10_000}))
    first = intent(home, "submit", "--file", path, "--dev", "frank", "--json").document["id"]
    again = intent(home, "submit", "--file", path, "--dev", "frank", "--json").document["id"]
    assert first == again
    path.write_text(json.dumps({**legs, "gives": []}))
    assert "gives" in refused(intent(home, "submit", "--file", path, "--dev", "frank"), "input.unknown-field")


def test_user_proves_a_balance(home: Path, node: RunningNode, tmp_path: Path) -> None:
    """A proof from the home's running node holds for the stand-alone checker, and for no other root."""
    with httpx.Client(trust_env=False) as client:
        solver = client.get(f"{node.url}/v1/network").json()["solvers"][0]["account"].removeprefix("0x")
    proof = walras("ledger", "prove", f"bond:{solver}", "ETH", "--home", home, "--json")
    path = tmp_path / "proof.json"
    path.write_text(proof.out)
    checker = [sys.executable, str(ROOT / "docs/check_proof.py"), str(path)]
    assert subprocess.run([*checker, proof.document["root"]], capture_output=True).returncode == 0
    assert subprocess.run([*checker, "00" * 32], capture_output=True).returncode == 1
    absent = ("ledger", "prove", "owner:00ff", "ETH", "--node", node.url)
    refused(walras(*absent), "ledger.no-such-entry", 5)
    assert walras(*absent, "--absent", "--json").document["format"] == "walras-absence/1"


def test_user_looks_at_the_node(home: Path, node: RunningNode) -> None:
    """Status and peers tell of the node that runs, found by its home."""
    status = walras("node", "status", "--home", home, "--json")
    assert (status.code, status.document["ready"]) == (0, True)
    assert status.document["network"] == node.ready["network"]
    peers = walras("node", "peers", "--home", home, "--json").document["peers"]
    assert [peer["peer"] for peer in peers] == [node.ready["peer"]]


def test_user_cannot_run_it_twice(home: Path, node: RunningNode) -> None:
    """A home has one node, and a port has one listener."""
    refused(walras("node", "run", "--home", home, "--api-port", "0"), "node.in-use", 5)
    port = node.url.rsplit(":", 1)[1]
    second = walras("node", "run", "--home", home.parent / "second", "--api-port", port)
    assert f":{port}" in refused(second, "node.cannot-listen")
    third = ("node", "run", "--home", home.parent / "third", "--api-port", "0")
    assert walras("init", "--home", third[3], "--host", "127.0.0.1").code == 0
    assert f"/{port}" in refused(walras(*third, "--listen", f"/ip4/127.0.0.1/tcp/{port}"), "node.cannot-listen")


def test_user_comes_back_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a node acknowledged is there after a kill, and it goes on from there; its home holds all it left."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    assert walras("init", "--home", home, "--windows", "100,300,100", "--solver", "baseline").code == 0
    with running(home) as node:
        resting = intent(
            home, "submit", "1", "ETH", "for", "9000", "USDC", "--dev", "alice", "--valid-batches", "9999"
        )
        traded = intent(home, *BOBS_SALE, "--json")
        assert traded.code == 0, traded.err
        height = walras("node", "status", "--home", home, "--json").document["height"]
        node.kill()
    assert not list(temporary.iterdir())
    away = walras("node", "status", "--home", home)
    assert node.url in refused(away, "peer.unreachable", 4)
    with running(home) as node:
        assert intent(home, "show", resting.out.strip(), "--json").document["state"] in ("checked", "batched")
        assert intent(home, "show", traded.document["intent"], "--json").document["state"] == "settled"
        again = intent(home, *BOBS_SALE, "--json")
        assert again.code == 0, again.err
        assert walras("node", "status", "--home", home, "--json").document["height"] > height
        assert node.stop() == 0
    assert not (home / "solver.scratch").exists()
    assert not (home / "api.url").exists()
    assert walras("ledger", "reconcile", home / "node.sqlite").code == 0


def test_user_errs(home: Path, tmp_path: Path) -> None:
    """Mistakes in files and arguments are named, each by one line and its exit code."""
    bad = tmp_path / "bad.toml"
    bad.write_text("[api]\nprot = 1\n")
    run = ("node", "run", "--home", home)
    assert 'did you mean "port"' in refused(walras(*run, "--config", bad), "input.unknown-field")
    assert "--api-port" in refused(walras(*run, "--api-port", "x"), "input.wrong-type")
    keys = tmp_path / "keys"
    assert walras("init", "--key-only", "--home", keys, "--name", "k").code == 0
    assert "--join" in refused(walras("node", "run", "--home", keys), "home.missing")
    refused(walras("init", "--home", home), "home.exists")
    nobody = ("--node", "http://127.0.0.1:1")
    refused(walras("intent", "quote", "1", "ETH", "for", "USDC", *nobody), "peer.unreachable", 4)
    refused(walras("intent", "show", "0x12", *nobody), "usage", 2)
    refused(walras("intent", "submit", "1", "ETH", *nobody), "usage", 2)
