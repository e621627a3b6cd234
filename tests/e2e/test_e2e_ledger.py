"""``walras ledger`` on a store that a chain wrote."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from intents.assets import AssetId
from node.cli.main import main
from node.storage.store import Store
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from tests.ledgers import OWNERS, WHOLE, holder, ledger
from tests.unit.node.test_node_store import run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "node.sqlite"
    with Store(path, ledger()) as opened:
        run(opened)
    return path


def walras(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(["ledger", *arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_balances_are_shown_and_sum_to_zero(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, or one holder's of one asset."""
    code, out, _ = walras(capsys, "show", str(store), "--json")
    shown = json.loads(out)
    assert (code, shown["height"]) == (0, 3)
    assert sum(int(row["amount"]) for row in shown["balances"] if row["asset"] == "AAA") == 0
    one = holder(OWNERS[0]).hex()
    _, out, _ = walras(capsys, "show", str(store), "--asset", "AAA", "--holder", one, "--json")
    assert [row["amount"] for row in json.loads(out)["balances"]] == [str(1000 * WHOLE - 14)]


def test_any_table_is_shown(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Entries in the order of their keys, as JSON; an unknown table is named with those there are."""
    code, out, _ = walras(capsys, "rows", str(store), "orders", "--json")
    shown = json.loads(out)
    assert (code, shown["table"], shown["height"]) == (0, "orders", 3)
    assert [row["value"]["state"] for row in shown["rows"]] == ["batched", "batched"]
    assert [row["key"] for row in shown["rows"]] == sorted(row["key"] for row in shown["rows"])
    _, out, _ = walras(capsys, "rows", str(store), "positions")
    assert out.strip() == "nothing"
    code, _, err = walras(capsys, "rows", str(store), "order")
    assert (code, "orders" in err) == (2, True)


def test_a_proof_is_checked_by_the_script_that_stands_alone(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds for its root, and for nothing else."""
    _, out, _ = walras(capsys, "prove", str(store), f"owner:{holder(OWNERS[1]).hex()}", "AAA", "--json")
    proof = json.loads(out)
    file = tmp_path / "proof.json"

    def check(document: dict[str, object], root: str) -> int:
        file.write_text(json.dumps(document))
        script = [sys.executable, str(ROOT / "docs" / "check_proof.py"), str(file), root]
        return subprocess.run(script, capture_output=True, check=False).returncode

    assert check(proof, proof["root"]) == check(proof, "0x" + proof["root"]) == 0
    assert check(proof, "00" * 32) == 1
    assert check({**proof, "value": proof["value"][:-2] + "ff"}, proof["root"]) == 1
    assert check({**proof, "index": proof["index"] + 1}, proof["root"]) == 1
    nowhere = {**proof, "key": "00", "size": 0, "in_bucket": []}
    assert check(nowhere, proof["root"]) == 1
    alone = [sys.executable, str(ROOT / "docs" / "check_proof.py")]
    said = subprocess.run(alone, capture_output=True, check=False)
    assert (said.returncode, b"python check_proof.py PROOF.json ROOT" in said.stderr) == (1, True)
    assert len((ROOT / "docs" / "check_proof.py").read_text().splitlines()) <= 50


def test_that_somebody_holds_nothing_can_be_shown(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For holders in empty and in full buckets; for one who does hold something it is refused."""
    file = tmp_path / "proof.json"

    def check(document: dict[str, object], root: str) -> int:
        file.write_text(json.dumps(document))
        script = [sys.executable, str(ROOT / "docs" / "check_proof.py"), str(file), root]
        return subprocess.run(script, capture_output=True, check=False).returncode

    with Store(store, None) as opened:
        tree = opened.load().tree
    keys = [(Account(AccountKind.OWNER, number.to_bytes(2, "big")), AssetId("AAA")) for number in range(999)]
    sizes = [found.size for key in keys if (found := tree.prove_absent(BALANCES.key_bytes(key))) is not None]
    for number in (sizes.index(0), next(n for n, size in enumerate(sizes) if size)):
        code, out, _ = walras(capsys, "prove", str(store), f"owner:{number:04x}", "AAA", "--absent", "--json")
        proof = json.loads(out)
        assert (code, check(proof, proof["root"])) == (0, 0)
        assert check(proof, "00" * 32) == 1
    assert proof["size"] > 0
    assert check({**proof, "place": proof["place"] + 1}, proof["root"]) == 1
    assert check({**proof, "neighbours": []}, proof["root"]) == 1
    one = f"owner:{holder(OWNERS[1]).hex()}"
    code, _, err = walras(capsys, "prove", str(store), one, "AAA", "--absent")
    assert (code, err.startswith("error[ledger.entry-there]")) == (5, True)
    _, out, _ = walras(capsys, "prove", str(store), one, "AAA", "--json")
    there = json.loads(out)
    assert check({**proof, "key": there["key"]}, proof["root"]) == 1


def test_reconciling_locates_one_unit(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to find, then one unit of one balance."""
    code, out, _ = walras(capsys, "reconcile", str(store))
    assert (code, out.strip()) == (0, "4 blocks, no difference")
    database = sqlite3.connect(store)
    rows = database.execute("SELECT key, value FROM state ORDER BY key").fetchall()
    key, value = next(row for row in rows if row[0][:2] == b"\x92\x01")
    database.execute("UPDATE state SET value = ? WHERE key = ?", (value[:-1] + bytes([value[-1] ^ 1]), key))
    database.commit()
    database.close()
    code, out, _ = walras(capsys, "reconcile", str(store), "--json")
    (fault,) = json.loads(out)["faults"]
    assert code == 5
    assert abs(int(fault["journal"]) - int(fault["kept"])) == 1
    code, _, err = walras(capsys, "show", str(store))
    assert (code, err.startswith("error[storage.corrupt]")) == (5, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "none.sqlite"), 5, "error[storage.not-ours]"),
        (("prove", "STORE", "nobody:00", "AAA"), 3, "error["),
        (("prove", "STORE", "owner:xyz", "AAA"), 3, "error["),
        (("prove", "STORE", "owner:00", "AAA"), 5, "error[ledger.no-such-entry]"),
        (("prove", "owner:00"), 2, "error[usage]"),
        (("prove", "STORE", "owner:00", "AAA", "--table", "balances"), 2, "error[usage]"),
    ],
)
def test_bad_input_is_named(
    store: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    """One line, an exit code, no traceback."""
    ended, out, err = walras(capsys, *(str(store) if word == "STORE" else word for word in arguments))
    assert (ended, out) == (code, "")
    assert err.startswith(said)
    assert "Traceback" not in err
