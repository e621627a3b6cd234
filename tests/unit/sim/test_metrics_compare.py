"""Runs against runs: what is paired with what, and which verdicts that allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.errors import UsageError
from sim.metrics.compare import SAME, compare
from sim.metrics.series import PER_AUCTION, per_auction
from sim.metrics.tables import Tables
from sim.recording.record import RunRecord
from tests.synthetic_run import synthetic_rows, synthetic_run

WORSE = 0.97


def sides(seeds: range) -> tuple[list[RunRecord], list[RunRecord]]:
    """Runs of each seed as they are, and with everything settled a little worse."""
    return [synthetic_run(seed, auctions=8) for seed in seeds], [
        synthetic_run(seed, auctions=8, quality=WORSE) for seed in seeds
    ]


def test_runs_of_the_same_seeds_are_paired() -> None:
    """Scores three per cent lower show in five seeds; what did not change is the same in every pair."""
    found = compare(*sides(range(5)))
    by_name = {d.figure: d for d in found.differences}
    assert found.basis == "seeds"
    assert list(found.seeds) == [0, 1, 2, 3, 4]
    welfare = by_name["welfare"]
    assert welfare.n == 5
    assert welfare.verdict == "A is better"
    assert welfare.b == pytest.approx(WORSE * welfare.a)
    assert welfare.effect == pytest.approx(welfare.b - welfare.a)
    assert welfare.low is not None
    assert welfare.high is not None
    assert welfare.low < welfare.effect < welfare.high < 0
    assert by_name["welfare_gap_bps"].verdict == "A is better", "a wider gap is worse"
    assert by_name["forks"].verdict == SAME
    assert by_name["lvr"].p_all is None


def test_single_runs_are_paired_by_auction() -> None:
    """One seed on each side: auctions are the pairs, blocks of them are drawn, whole-run figures are left out."""
    found = compare(*sides(range(1)))
    by_name = {d.figure: d for d in found.differences}
    assert found.basis == "auctions"
    assert by_name.keys() <= set(PER_AUCTION)
    assert by_name["welfare_per_auction"].verdict == "A is better"
    assert (by_name["welfare_per_auction"].n, by_name["welfare_per_auction"].block) == (8, 2)
    few = compare([synthetic_run(0, auctions=7)], [synthetic_run(0, auctions=7, quality=WORSE)])
    assert {d.verdict for d in few.differences} <= {SAME, *(f"too few pairs, n = {n}" for n in range(1, 8))}


def test_a_run_against_itself_differs_in_nothing() -> None:
    """Every figure is the same in every pair."""
    runs, _ = sides(range(3))
    assert {d.verdict for d in compare(runs, runs).differences} == {SAME}


def test_noise_alone_is_no_difference() -> None:
    """Worlds of other draws under the same seeds: with Holm's correction no figure is found to differ."""
    other = [replace(synthetic_run(seed + 100, auctions=8), seed=seed) for seed in range(6)]
    found = compare(sides(range(6))[0], other)
    verdicts = {d.verdict for d in found.differences} - {SAME, "too few pairs, n = 1"}
    assert "no difference seen at n = 6" in verdicts
    assert all(verdict.startswith("no difference seen") for verdict in verdicts)


def test_seeds_on_one_side_only_are_left_out_and_named() -> None:
    """The order in which runs are given does not matter."""
    a, b = sides(range(5))
    found = compare(a[:4], b[:0:-1])
    assert (list(found.seeds), list(found.unpaired)) == ([1, 2, 3], [0, 4])
    assert found == compare(a[3::-1], b[1:])


def test_variants_of_one_run_are_compared() -> None:
    """A run against itself, another variant of it."""
    runs = [synthetic_run(seed, variants=2, auctions=6) for seed in range(3)]
    found = compare(runs, runs, ("base", "variant-1"))
    assert (found.a, found.b) == ("partition-and-heal:base", "partition-and-heal:variant-1")
    assert next(d for d in found.differences if d.figure == "welfare").verdict == "A is better"


def test_what_cannot_be_paired_is_refused() -> None:
    """No seed in common, a seed twice, a variant nobody ran."""
    a, b = sides(range(2))
    with pytest.raises(UsageError, match="no seed in common"):
        compare(a[:1], b[1:])
    with pytest.raises(UsageError, match="seed 0 twice"):
        compare([a[0], a[0]], b)
    bare = [replace(run, variants={"base": replace(run.variants["base"], rows={})}) for run in a]
    with pytest.raises(UsageError, match="2 seeds in common, and no tables"):
        compare(bare, b)
    with pytest.raises(UsageError, match="no variant fifth; it has base"):
        compare(a, b, (None, "fifth"))


def test_figures_of_single_auctions_add_up_to_the_runs() -> None:
    """Sums over auctions of scores, volumes and pools' losses are the run's."""
    tables = Tables.of(synthetic_rows(9, auctions=10).rows)
    run, series = synthetic_run(9, auctions=10).variants["base"].metrics, per_auction(tables)
    for single, whole in (("welfare_per_auction", "welfare"), ("volume", "volume"), ("lvr", "lvr")):
        assert sum(series[single].values()) == pytest.approx(run[whole])
    assert sum(series["intents_settled"].values()) == run["intents_settled"]


def test_a_comparison_is_plain_json() -> None:
    """Numbers, texts and lists only, with the level said."""
    document = compare(*sides(range(3))).to_json()
    assert document["level"] == 0.95
    assert {"figure", "effect", "low", "high", "n", "p_all", "verdict"} <= document["differences"][0].keys()
