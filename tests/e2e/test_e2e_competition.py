"""A competition end to end: real processes on a drawn world, settled, written, read back and checked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from intents.auction import Auction
from intents.auction_codec import auction_hash
from intents.errors import Unreadable, WalrasError
from node.competition.leaderboard import standings
from node.competition.records import Results
from node.competition.run import Plan, compete
from node.competition.sources import Source, scenario_sources
from node.competition.store import create, load, locate, save
from node.errors import RunNotFound
from node.inputs import read_file
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.receipt import ReceiptMismatch, verify_receipt
from settlement.receipt_codec import read_receipt
from solver.spec import SolverSpec, parse_specs
from tests.hostile import children, written

#: Ample: nothing here is about time.
DEADLINE_S = 30.0


@cache
def small_world(batch: int) -> Auction:
    """A shipped world with fewer orders."""
    world = find("deep-rings")
    return generate(replace(world, orders=replace(world.orders, count=24)), batch)


def sources(*batches: int) -> tuple[Source, ...]:
    return tuple(Source("small", lambda batch=batch: (small_world(batch), ())) for batch in batches)  # type: ignore[misc]


def competition(folder: Path, specs: tuple[SolverSpec, ...], *batches: int, **more: Any) -> Results:
    """A finished run directory in ``folder``."""
    run = create(folder)
    plan = Plan(specs, sources(*batches), more.pop("deadline_s", DEADLINE_S), receipts=run.receipts, **more)
    results = compete(plan)
    save(run, results, {"run": folder.name, "solvers": " ".join(spec.name for spec in specs)})
    return results


def documents(folder: Path, results: Results) -> list[dict[str, Any]]:
    return [read_receipt(read_file(folder / batch.receipt), batch.receipt) for batch in results.batches]


def untimed(results: Results) -> Results:
    """Without what a clock or the system measured."""
    still = {"seconds": 0.0, "first_s": None, "peak_memory_mb": 0}
    return Results(
        tuple(replace(batch, verify_s=0.0) for batch in results.batches),
        tuple(replace(entry, **still) for entry in results.entries),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """Two solvers on two batches."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    return folder, competition(folder, parse_specs(("baseline", "rings")), 1, 2)


def test_every_solver_meets_every_auction(ran: tuple[Path, Results]) -> None:
    """In the order of the plan, with what each did alone and together."""
    _, results = ran
    assert [(entry.auction, entry.solver) for entry in results.entries] == [
        (small_world(batch).name, solver) for batch in (1, 2) for solver in ("baseline", "rings")
    ]
    for batch, auction in zip(results.batches, map(small_world, (1, 2)), strict=True):
        assert batch.auction_hash == auction_hash(auction).hex()
        entries = [entry for entry in results.entries if entry.auction == batch.auction]
        assert {entry.kind for entry in entries} <= {"ok", "empty"}
        assert not any(entry.refusals or entry.detail for entry in entries)
        assert batch.score == sum(entry.won for entry in entries) > 0
        assert batch.surplus == sum(entry.surplus for entry in entries)
        assert set(batch.winners) == {entry.solver for entry in entries if entry.bids_won}
        assert batch.best_known >= max(entry.solo for entry in entries)
        assert len(batch.improvements) == batch.orders_filled > 0


def test_the_run_directory_holds_everything(ran: tuple[Path, Results]) -> None:
    """Results come back equal; leaderboard, tables and report say the same."""
    folder, results = ran
    found, facts = load(folder)
    assert found == results
    assert facts == {"run": "first", "solvers": "baseline rings"}
    rows = json.loads((folder / "leaderboard.json").read_bytes())
    assert [row["solver"] for row in rows] == [row.solver for row in standings(results)]
    assert {path.name for path in folder.glob("*.parquet")} >= {"leaderboard.parquet", "entries.parquet"}
    entries = pl.read_parquet(folder / "entries.parquet")
    assert entries["won_units"].to_list() == [str(entry.won) for entry in results.entries]
    page = (folder / "report.html").read_text()
    assert all(text in page for text in ("baseline", "rings", *(batch.auction for batch in results.batches)))
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|url\(["']?(https?:)?//|<script|@import""", page)
    assert locate(str(folder)) == folder
    assert locate("first", folder.parent) == locate(None, folder.parent) == folder


def test_receipts_hold_from_their_files(ran: tuple[Path, Results]) -> None:
    """Each batch's receipt says what the results say, and is verified from the file alone."""
    folder, results = ran
    for batch, document in zip(results.batches, documents(folder, results), strict=True):
        report = verify_receipt(document, batch.receipt)
        assert report.settlement.score == batch.score
        assert report.settlement.auction == small_world(results.batches.index(batch) + 1)
        rewards = {entry.solver: entry.reward for entry in results.entries if entry.auction == batch.auction}
        assert {solver: rewards[solver] for solver in report.settlement.rewards} == report.settlement.rewards


def at(document: Any, *path: str | int) -> Any:
    for step in path:
        document = document[step]
    return document


def one_more(text: str) -> str:
    return str(int(text) + 1)


def tamperings() -> dict[str, tuple[tuple[str | int, ...], Any]]:
    """Where to change a receipt, and into what (of the value that was there)."""
    trade = ("settled", 0, "trades", 0)
    return {
        "a score by one": (("settled", 0, "score", "net"), one_more),
        "the batch's score": (("score",), one_more),
        "a traded amount": ((*trade, "wants", 0, "amount"), one_more),
        "a trade's order": ((*trade, "order"), lambda order: order[:-1] + ("0" if order[-1] != "0" else "1")),
        "a trade left out": (("settled", 0, "trades"), lambda trades: trades[1:]),
        "a trade twice": (("settled", 0, "trades"), lambda trades: [trades[0], *trades]),
        "another winner": (("outcome", "winners", 0), lambda name: "nobody/0"),
        "a settled solver": (("settled", 0, "solver"), lambda name: "nobody"),
        "a reference score": (
            ("outcome", "reference_scores"),
            lambda scores: {k: one_more(scores[k]) for k in scores},
        ),
        "a reward": (("rewards",), lambda rewards: {name: one_more(rewards[name]) for name in rewards}),
        "an improvement": (("fairness", "improvements", 0, "over_limit_bps"), lambda bps: bps + 1),
        "an order left out unmentioned": (("fairness", "jain"), lambda index: "1/7"),
        "a refusal made up": (
            ("refused",),
            lambda found: [*found, {"solver": "x", "id": 0, "code": "law.x", "reason": "x"}],
        ),
        "a venue after": (("venues_after",), lambda venues: [*venues, {}]),
        "an order of the auction": (("auction", "orders", 0, "remaining"), one_more),
        "the auction's hash": (("auction_hash",), lambda text: text[:-1] + ("0" if text[-1] != "0" else "1")),
        "the mechanism": (("mechanism", "name"), lambda name: "exact"),
        "the room for winners": (("mechanism", "max_winners"), lambda count: count - 1),
        "a losing solution left out": (("solutions",), lambda solutions: solutions[:-1]),
        "a solution twice": (("solutions",), lambda solutions: [*solutions, solutions[0]]),
        "a field too many": ((), lambda receipt: {**receipt, "note": "trust me"}),
        "a field too few": ((), lambda receipt: {k: receipt[k] for k in receipt if k != "rewards"}),
    }


NAMED = {
    "an order of the auction": "auction",
    "the mechanism": "id",
    "the room for winners": "id",
    "a losing solution left out": "solutions_hash",
    "a solution twice": "solutions",
    "a field too many": "note",
    "a field too few": "rewards",
}


@pytest.mark.parametrize("name", tamperings())
def test_a_tampered_file_is_refused_by_the_field(name: str, ran: tuple[Path, Results], tmp_path: Path) -> None:
    """A single change anywhere in a real receipt is found, and the error says where."""
    folder, results = ran
    path, change = tamperings()[name]
    document = documents(folder, results)[0]
    if path:
        holder = at(document, *path[:-1])
        holder[path[-1]] = change(holder[path[-1]])
    else:
        document = change(document)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(document))
    with pytest.raises(WalrasError) as caught:
        verify_receipt(read_receipt(read_file(file), "receipt.json"), "receipt.json")
    assert NAMED.get(name, str(path[0]) if path else "") in str(caught.value)
    if name not in ("an order of the auction", "a solution twice", "a field too many", "a field too few"):
        assert isinstance(caught.value, ReceiptMismatch)


def test_the_same_again(ran: tuple[Path, Results], tmp_path: Path) -> None:
    """Another run of the plan, solvers side by side, gives equal results and the same receipts byte for byte."""
    folder, results = ran
    again = competition(tmp_path / "again", parse_specs(("baseline", "rings")), 1, 2, jobs=2)
    assert untimed(again) == untimed(results)
    for batch in results.batches:
        assert (tmp_path / "again" / batch.receipt).read_bytes() == (folder / batch.receipt).read_bytes()


def test_bad_company_changes_nothing(ran: tuple[Path, Results], tmp_path: Path) -> None:
    """A solver that crashes, one that hangs and one that lies are recorded as such; the batch is the same."""
    _, results = ran
    before = children()
    crash = written(tmp_path, "raise KeyError('lost')", "crash")
    hang = written(tmp_path, "while True: pass", "hang")
    lie = """
        from settlement.solution import Fill
        order = auction.orders[0]
        give, want = order.intent.pairs[0]
        yield Solution('rings', 0, {give: 2, want: 1}, (Fill(order.id, order.remaining),))
        yield Solution('rings', 1, {}, ())
    """
    specs = (*parse_specs(("rings",)), crash, hang, written(tmp_path, lie, "lie"))
    found = competition(tmp_path / "run", specs, 1, deadline_s=5.0, jobs=4)
    kinds = {entry.solver: entry.kind for entry in found.entries}
    assert kinds == {"rings": "ok", "crash": "crash", "hang": "timeout", "lie": "invalid"}
    by_name = {entry.solver: entry for entry in found.entries}
    assert by_name["crash"].detail == "KeyError: 'lost'"
    assert [refusal.solution for refusal in by_name["lie"].refusals] == [0, 1]
    assert all(refusal.code.startswith("law.") for refusal in by_name["lie"].refusals)
    assert (by_name["lie"].solo, by_name["lie"].won, by_name["lie"].reward) == (0, 0, 0)
    rings = next(entry for entry in results.entries if entry.solver == "rings")
    assert by_name["rings"].solo == rings.solo
    assert found.batches[0].winners == ("rings",)
    (document,) = documents(tmp_path / "run", found)
    assert len(verify_receipt(document, "r").settlement.refused) == 2
    assert "KeyError" in (tmp_path / "run" / "report.html").read_text()
    assert children() <= before


def test_nobody_at_all(tmp_path: Path) -> None:
    """An auction that no one has an answer to is settled empty, with a receipt that holds."""
    quiet = written(tmp_path, "return []", "quiet")
    found = competition(tmp_path / "run", (quiet,), 1)
    assert (found.entries[0].kind, found.batches[0].score, found.batches[0].winners) == ("empty", 0, ())
    (document,) = documents(tmp_path / "run", found)
    assert verify_receipt(document, "r").settlement.settled == ()


def test_auctions_of_one_name_keep_a_receipt_each(tmp_path: Path) -> None:
    """Two files may hold auctions that are called the same."""
    quiet = written(tmp_path, "return []", "quiet")
    found = competition(tmp_path / "run", (quiet,), 1, 1)
    assert len({batch.receipt for batch in found.batches}) == 2
    assert all((tmp_path / "run" / batch.receipt).is_file() for batch in found.batches)


def test_worlds_by_name() -> None:
    """Sources are drawn when their turn comes; the seed reaches the draw."""
    first, second = scenario_sources(["deep-rings"], batches=2, seed=5)
    assert (first.origin, second.load()[0].name) == ("deep-rings", "deep-rings-5-2")
    assert first.load()[0] == generate(find("deep-rings"), 1, seed=5)
    assert len({source.origin for source in scenario_sources([])}) >= 6


def test_run_directories_are_not_overwritten(ran: tuple[Path, Results], tmp_path: Path) -> None:
    """A place that holds something is refused, and so is what is no run, or a damaged one."""
    folder, _ = ran
    with pytest.raises(Unreadable, match="already exists"):
        create(folder)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(Unreadable):
        create(file / "run")
    with pytest.raises(RunNotFound, match="no results"):
        load(tmp_path)
    (tmp_path / "results.json").write_text('{"batches": [{}], "entries": []}')
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunNotFound, match="damaged"):
        load(tmp_path)
    damage: list[dict[str, object]] = [
        {"score": "9" * 400},
        {"score": "x"},
        {"verify_s": "long"},
        {"prices": [{}]},
    ]
    for wrong in damage:
        document = json.loads((folder / "results.json").read_text())
        document["batches"][0].update(wrong)
        (tmp_path / "results.json").write_text(json.dumps(document))
        with pytest.raises(RunNotFound, match="damaged"):
            load(tmp_path)
    (tmp_path / "results.json").write_text("[" * 100_000)
    with pytest.raises(RunNotFound, match="damaged"):
        load(tmp_path)
    with pytest.raises(RunNotFound, match="no such run"):
        locate(str(tmp_path / "nowhere"))
    with pytest.raises(RunNotFound, match="holds no run yet"):
        locate(None, tmp_path / "nowhere")
