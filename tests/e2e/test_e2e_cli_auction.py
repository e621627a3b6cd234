"""The auction commands on a good auction: solve, verify, tamper, explain, rank, import and export."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from intents.formats import load_auction
from settlement.mechanism import mechanism
from settlement.receipt import receipt_of
from settlement.receipt_codec import encode_receipt
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle
from settlement.solution_codec import solution_from_json
from tests.e2e.command_line import cow_auction, refused, uid, walras, write
from tests.shared import shared


@dataclass(frozen=True, slots=True)
class Solved:
    """One auction, the report on a solver's run, and the files it left."""

    auction: Path
    report: dict[str, Any]
    solution: Path
    cow: Path
    receipt: Path


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Solved:
    """The small auction solved by ``naive`` in both forms, and settled into a receipt."""
    folder = tmp_path_factory.mktemp("solved")
    auction = write(folder / "auction.json", cow_auction())
    files = [folder / "solution.json", folder / "cow.json", folder / "receipt.json"]
    first = walras("auction", "solve", auction, "--solver", "naive", "--out", files[0], "--json")
    second = walras("auction", "solve", auction, "-s", "naive", "--all", "--format", "cow", "--out", files[1])
    assert (first.code, second.code) == (0, 0), first.err + second.err
    imported = load_auction(auction.read_bytes(), "auction").auction
    rule = mechanism("greedy")
    settlement = settle(imported, [solution_from_json(json.loads(files[0].read_bytes()), "s")], rule)
    write(files[2], receipt_of(settlement, rule, 20, DEFAULT_CAPS))
    return Solved(auction, first.document, *files)


def test_the_report_tells_what_was_verified(solved: Solved) -> None:
    """Score, fills, improvement over the limit and times are those of two orders that cross at one to one."""
    report = solved.report
    assert (report["outcome"], report["solver"], report["orders_filled"]) == ("ok", "naive", 2)
    assert report["score"] == report["surplus"] == str(2 * 10**17)
    assert [fill["over_limit_bps"] for fill in report["fills"]] == [1111, 1111]
    assert [fill["order"] for fill in report["fills"]] == [uid(1), uid(2)]
    assert 0 <= report["first_answer_seconds"] <= report["seconds"]
    assert (report["refused"], report["written"]) == ([], str(solved.solution))


def test_both_forms_of_a_solution_verify_alike(solved: Solved) -> None:
    """What solve writes, verify accepts with the same score, natively and as an engine's answer."""
    for file in (solved.solution, solved.cow):
        ended = walras("auction", "verify", solved.auction, file, "--json")
        assert ended.code == 0, ended.err
        (found,) = ended.document["solutions"]
        assert (found["ok"], found["score"]) == (True, solved.report["score"])
    assert json.loads(solved.cow.read_bytes())["solutions"][0]["trades"][0]["order"] == uid(1)


def test_without_a_file_the_solution_goes_to_stdout(solved: Solved) -> None:
    """--format alone prints the engine's answer; with --json it joins the report in the one document."""
    plain, both = (
        walras("auction", "solve", solved.auction, "-s", "naive", "--format", "cow", *options)
        for options in ((), ("--json",))
    )
    assert (plain.code, both.code) == (0, 0)
    assert plain.document == {"solutions": both.document["solutions"]} == json.loads(solved.cow.read_bytes())
    assert both.document["score"] == solved.report["score"]
    assert "score" in plain.err


def test_a_solution_with_one_amount_changed_is_refused(solved: Solved, tmp_path: Path) -> None:
    """One unit more than an order has is exit code 5, with the rule and both values."""
    document = json.loads(solved.solution.read_bytes())
    document["fills"][0]["executed"] = str(10**18 + 1)
    file = write(tmp_path / "changed.json", document)
    ended = walras("auction", "verify", solved.auction, file)
    message = refused(ended, "law.exceeds-remaining", 5)
    assert message.startswith(f"{file}: naive/")
    assert {str(10**18 + 1), str(10**18)} <= set(message.replace(",", "").split())


def test_of_several_solutions_each_is_judged(solved: Solved, tmp_path: Path) -> None:
    """In a list the good one is ok, the bad one is named, and the exit code is 5."""
    good = json.loads(solved.solution.read_bytes())
    bad = copy.deepcopy(good)
    bad["id"] = 77
    bad["fills"] *= 2
    ended = walras("auction", "verify", solved.auction, write(tmp_path / "two.json", [good, bad]), "--json")
    assert (ended.code, ended.error[0]) == (5, "law.duplicate-fill")
    assert [row["ok"] for row in ended.document["solutions"]] == [True, False]


def test_a_receipt_verifies_in_both_forms(solved: Solved, tmp_path: Path) -> None:
    """JSON and compact receipts are the same receipt."""
    compact = tmp_path / "receipt.bin"
    compact.write_bytes(encode_receipt(json.loads(solved.receipt.read_bytes())))
    one, other = (walras("auction", "verify", file, "--json") for file in (solved.receipt, compact))
    assert (one.code, other.code) == (0, 0), one.err + other.err
    assert one.document == other.document
    assert (one.document["ok"], one.document["score"]) == (True, solved.report["score"])


def _flip(text: str) -> str:
    """``text`` with its last digit changed."""
    return text[:-1] + ("1" if text[-1] != "1" else "2")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("score",), "score"),
        (("auction_hash",), "auction_hash"),
        (("settled", 0, "trades", 1, "wants", 0, "amount"), "settled[0].trades[1].wants[0].amount"),
        (("auction", "orders", 2, "intent", "want", 0, "amount"), "auction_hash"),
    ],
)
def test_a_receipt_with_one_digit_changed_names_the_field(
    solved: Solved, tmp_path: Path, path: tuple[str | int, ...], field: str
) -> None:
    """One changed digit is exit code 5 naming the field it shows in, wherever it is."""
    document = json.loads(solved.receipt.read_bytes())
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = _flip(holder[path[-1]])
    ended = walras("auction", "verify", write(tmp_path / "receipt.json", document))
    assert f": {field}: the receipt says" in refused(ended, "receipt.mismatch", 5)


def test_verify_says_what_a_wrong_file_is(solved: Solved) -> None:
    """An auction or a solution given alone, and files in the wrong order, are told for what they are."""
    assert "is an auction" in refused(walras("auction", "verify", solved.auction), "input.malformed")
    assert "is a solution" in refused(walras("auction", "verify", solved.cow), "input.malformed")
    swapped = walras("auction", "verify", solved.cow, solved.auction)
    assert "is a solution, not an auction" in refused(swapped, "input.malformed")


def test_why_an_order_was_not_filled(solved: Solved) -> None:
    """Against a solution or its receipt the filled are filled; the third order has no market at any price."""
    for arguments in ((solved.auction, solved.solution), (solved.receipt,)):
        ended = walras("auction", "explain", *arguments, "--json")
        assert ended.code == 0, ended.err
        rows = {row["order"]: row for row in ended.document["orders"]}
        assert [rows[uid(number)]["filled"] for number in (1, 2, 3)] == [True, True, False]
    (third,) = walras("auction", "explain", solved.auction, "--order", uid(3)[:20], "--json").document["orders"]
    assert (third["order"], third["reason"], third["best_bid"]) == (uid(3), rows[uid(3)]["reason"], None)
    unknown = walras("auction", "explain", solved.auction, "--order", "0xabcdef01")
    assert "0xabcdef01" in refused(unknown, "usage", 2)


def test_a_solver_with_nothing_valid_is_exit_code_1(solved: Solved, tmp_path: Path) -> None:
    """The report is printed all the same, and the one error line gives the reason."""
    liar = tmp_path / "liar.py"
    liar.write_text(
        "from settlement.solution import Fill, Solution\n"
        "class Solver:\n"
        "    name = 'liar'\n"
        "    def solve(self, auction, deadline):\n"
        "        give, want = auction.orders[0].intent.give[0], auction.orders[0].intent.want[0]\n"
        "        fill = Fill(auction.orders[0].id, give.amount)\n"
        "        yield Solution('liar', 0, {give.asset: 1, want.asset: 1}, (fill,))\n"
    )
    ended = walras("auction", "solve", solved.auction, "-s", liar, "--out", tmp_path / "none.json", "--json")
    assert (ended.code, ended.error[0]) == (1, "solver.nothing-valid")
    assert (ended.document["outcome"], ended.document["refused"][0]["code"]) == ("invalid", "law.not-conserved")
    assert not (tmp_path / "none.json").exists()


def test_importing_a_native_auction_changes_nothing(solved: Solved) -> None:
    """Import through a pipe and import again: the same document; summaries stay on stderr."""
    first = walras("auction", "import", solved.auction)
    again = walras("auction", "import", "-", stdin=first.out.encode())
    assert first.document == again.document
    assert "read as cow" in first.err
    assert "read as native" in again.err


def test_rank_reproduces_the_recorded_cases() -> None:
    """The autopilot's cases come out as recorded, with its ten winners and with the default."""
    path = shared("vectors/cow/winner_selection_autopilot.json")
    expected = {case["name"]: case for case in json.loads(path.read_bytes())["cases"]}
    for options in ((), ("--max-winners", 10)):
        ranked = walras("auction", "rank", path, *options, "--json").document
        assert ranked.keys() == expected.keys()
        for name, found in ranked.items():
            scores = expected[name]["computed_scores"]
            assert {bid: found["scores"][bid] for bid in scores} == scores
            assert sorted(found["fair_solutions"]) == sorted(expected[name]["expected_fair_solutions"])
            assert found["winners"] == expected[name]["expected_winners"]
            assert found["reference_scores"] == expected[name]["expected_reference_scores"]


def test_exact_ranking_comes_with_a_certificate() -> None:
    """Where greedy leaves value on the table, exact says how much and that no more is to be had."""
    path = shared("vectors/cow/winner_selection_autopilot.json")
    ranked = walras("auction", "rank", path, "--mechanism", "exact", "--json").document
    case = ranked["reference_better_than_winners"]
    assert case["certificate"]["optimal"] is True
    assert case["total"] == case["certificate"]["bound"]
    assert int(case["certificate"]["greedy_loss"]) > 0
