"""The leaderboard adds up what was verified, and says how sure it is."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from node.competition.leaderboard import bootstrap_interval, standings, standings_to_json
from node.competition.records import (
    Batch,
    Entry,
    Improvement,
    PricePoint,
    Refusal,
    Results,
    results_from_json,
    results_to_json,
)
from node.competition.tables import tables, write_parquet, write_sqlite

WHOLE = 10**18


def entry(auction: str, solver: str, solo: int, *, won: int = 0, kind: str = "ok") -> Entry:
    """An entry with the fields the leaderboard counts."""
    refusals = (Refusal(1, "law.limit", "1 < 2"),) if kind == "invalid" else ()
    return Entry(
        auction,
        solver,
        kind,
        solo,
        won,
        won,
        won // 2,
        won // 4,
        1,
        int(won > 0),
        0.5,
        0.1,
        False,
        100,
        refusals,
        "",
    )


def batch(auction: str, best: int) -> Batch:
    """A settled batch with something for every plot."""
    bound = best + WHOLE if best else None
    return Batch(
        auction, "00", "test", 3, 2, 2, "greedy", best, best, 0, 2, bound, best, ("a",), 0.01, "r.json",
        (Improvement("01", "a", 12, -3), Improvement("02", "a", 40, None)), (PricePoint("x/y", 1.01, 1.0),),
    )  # fmt: skip


def example() -> Results:
    """Two auctions: a wins both, b is half as good once and crashes once."""
    return Results(
        (batch("one", 10 * WHOLE), batch("two", 4 * WHOLE)),
        (
            entry("one", "a", 10 * WHOLE, won=10 * WHOLE),
            entry("one", "b", 5 * WHOLE),
            entry("two", "a", 4 * WHOLE, won=4 * WHOLE),
            entry("two", "b", 0, kind="invalid"),
        ),
    )


def test_standings_add_up_and_order_by_verified_score() -> None:
    """Sums, shares, wins and failures are those of the entries."""
    first, second = standings(example())
    assert (first.solver, first.rank, first.wins, first.auctions) == ("a", 1, 2, 2)
    assert first.verified == 14 * WHOLE
    assert first.share == (10 / 11 + 4 / 5) / 2
    assert (second.solver, second.share) == ("b", (5 / 11 + 0) / 2)
    assert second.behind == (5 / 11 + 4 / 5) / 2
    assert second.behind_low <= second.behind <= second.behind_high
    assert first.gap_bps == pytest.approx((1 / 11 + 1 / 5) / 2 * 10_000)
    unproven = replace(example(), batches=tuple(replace(item, bound=None) for item in example().batches))
    assert [row.gap_bps for row in standings(unproven)] == [None, None]
    assert second.failures == {"invalid": 1}
    assert second.refused_bids == 1


def test_ratings_separate_the_better_from_the_worse() -> None:
    """Winning every game lifts the rating above the loser's, and games reduce uncertainty."""
    first, second = standings(example())
    assert first.rating > 25.0 > second.rating
    assert first.uncertainty < 25.0 / 3.0


def test_equal_scores_tie() -> None:
    """Two solvers that always reach the same score keep the same rating."""
    results = Results((batch("one", WHOLE),), (entry("one", "a", WHOLE), entry("one", "b", WHOLE)))
    first, second = standings(results)
    assert abs(first.rating - second.rating) < 1e-9


def test_an_auction_with_nothing_to_win_counts_as_solved() -> None:
    """When nothing could be won nobody is behind."""
    results = Results((batch("one", 0),), (entry("one", "a", 0), entry("one", "b", 0)))
    assert all(row.share == 1.0 for row in standings(results))


def test_the_interval_is_seeded_and_covers_the_mean() -> None:
    """The bootstrap gives the same interval again, around the mean."""
    values = [0.1, 0.2, 0.3, 0.9]
    low, high = bootstrap_interval(values)
    assert (low, high) == bootstrap_interval(values)
    assert low < sum(values) / 4 < high
    assert bootstrap_interval([]) == (0.0, 0.0)


def test_results_survive_json_exactly() -> None:
    """Scores beyond 53 bits come back to the unit."""
    results = example()
    assert results_from_json(json.loads(json.dumps(results_to_json(results)))) == results
    assert standings_to_json(standings(results))[0]["verified"] == str(14 * WHOLE)


def test_tables_reach_parquet_and_sqlite(tmp_path: Path) -> None:
    """Both forms hold the same exact scores."""
    results = example()
    parts = tables(results, standings(results))
    write_parquet(tmp_path, parts)
    assert pl.read_parquet(tmp_path / "leaderboard.parquet")["verified_units"][0] == str(14 * WHOLE)
    write_sqlite(tmp_path / "run.sqlite", parts)
    connection = sqlite3.connect(tmp_path / "run.sqlite")
    try:
        rows = connection.execute("SELECT solver, verified_units FROM leaderboard ORDER BY rank").fetchall()
        assert rows[0] == ("a", str(14 * WHOLE))
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (4,)
    finally:
        connection.close()
