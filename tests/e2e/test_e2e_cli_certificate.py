"""Certificates on the command line: what ``auction verify`` says about bounds, proven, overstated or none."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from intents.formats import load_auction
from node.cli.text import exactly
from settlement.mechanism import mechanism
from settlement.receipt import receipt_of
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle
from settlement.solution_codec import solution_from_json
from tests.e2e.command_line import cow_auction, refused, walras, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small auction, ``walras``'s solution to it and a receipt of that."""
    made = tmp_path_factory.mktemp("certified")
    auction = write(made / "auction.json", cow_auction())
    ended = walras(
        "auction", "solve", auction, "--solver", "walras", "--deadline", "3", "--out", made / "solution.json"
    )
    assert ended.code == 0, ended.err
    imported = load_auction(auction.read_bytes(), "auction").auction
    rule = mechanism("greedy")
    bid = solution_from_json(solution(made), "s")
    write(made / "receipt.json", receipt_of(settle(imported, [bid], rule), rule, 20, DEFAULT_CAPS))
    return made


def solution(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "solution.json").read_bytes())
    return found


def judged(folder: Path, change: dict[str, Any] | None) -> dict[str, Any]:
    """What verify says of the solution with its certificate changed, ``None`` taking it away."""
    claim = None if change is None else {**solution(folder)["certificate"], **change}
    file = write(folder / "changed.json", {**solution(folder), "certificate": claim})
    ended = walras("auction", "verify", folder / "auction.json", file, "--json")
    assert ended.code == 0, ended.err  # whatever its certificate, the solution is lawful
    (row,) = ended.document["solutions"]
    assert row["ok"]
    assert (ended.document["proof"] is None) == (row["certificate"] is None or "bound" not in row["certificate"])
    return dict(row)


def test_every_walras_solution_is_certified_and_verify_says_the_gap(folder: Path) -> None:
    """The bound is recomputed, at least the score, and close: two orders cross and there is nothing more."""
    row = judged(folder, {})
    proof = row["certificate"]
    assert proof["ok"]
    assert int(proof["bound"]) >= int(row["score"])
    assert 0 <= proof["gap_bps"] <= 100
    plain = walras("auction", "verify", folder / "auction.json", folder / "solution.json")
    assert f"bound {exactly(proof['bound'])} proven, gap {proof['gap_bps']} bps" in plain.out
    assert "batch: score" in plain.out


def test_a_certificate_that_proves_nothing_is_named_and_voids_nothing(folder: Path) -> None:
    """Another kind, prices that are no dual, and none at all."""
    assert judged(folder, {"kind": "trust-me"})["certificate"]["error"]["code"] == "certificate.unknown-kind"
    asset = cow_auction()["orders"][0]["buyToken"].lower()
    low = judged(folder, {"prices": {asset: "0/1"}})
    assert low["certificate"]["error"]["code"] == "certificate.price-too-low"
    assert judged(folder, None)["certificate"] is None


def test_a_bound_claimed_too_low_is_said_and_the_proven_one_counts(folder: Path) -> None:
    """The claim changes nothing about what is proven."""
    honest, told = judged(folder, {})["certificate"], judged(folder, {"bound": "1"})["certificate"]
    assert (honest["ok"], told["ok"]) == (True, False)
    assert told["error"]["code"] == "certificate.overclaimed"
    assert told["bound"] == honest["bound"]


def test_a_receipt_states_its_proof_and_verify_recomputes_it(folder: Path) -> None:
    """Refused with exit code 5 where the stated bound differs by one."""
    file = folder / "receipt.json"
    ended = walras("auction", "verify", file, "--json")
    assert ended.code == 0, ended.err
    stated = json.loads(file.read_bytes())["proof"]
    assert ended.document["proof"] == stated
    assert stated["by"] == "walras/0"
    assert [row["bid"] for row in ended.document["certificates"]] == ["walras/0"]
    assert f"gap {stated['gap_bps']} bps" in walras("auction", "verify", file).out
    tampered = copy.deepcopy(json.loads(file.read_bytes()))
    tampered["proof"]["bound"] = str(int(stated["bound"]) - 1)
    ended = walras("auction", "verify", write(folder / "tampered.json", tampered))
    assert "proof.bound" in refused(ended, "receipt.mismatch", 5)


def test_several_receipts_are_verified_one_after_the_other(folder: Path) -> None:
    """All of them hold, or the first that does not is named; other files beside a receipt are refused."""
    file = folder / "receipt.json"
    ended = walras("auction", "verify", file, file, file, "--json")
    assert ended.code == 0, ended.err
    assert len(ended.document["receipts"]) == 3
    tampered = json.loads(file.read_bytes())
    tampered["score"] = "1"
    bad = write(folder / "bad.json", tampered)
    assert "bad.json" in refused(walras("auction", "verify", file, bad), "receipt.mismatch", 5)
    assert "auction.json" in walras("auction", "verify", file, folder / "auction.json").err
