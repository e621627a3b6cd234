"""Metrics on tables small enough to work by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sim.metrics import spreads
from sim.metrics.liquidity import rebalancing_loss
from sim.metrics.registry import METRICS, measure, metric_of
from sim.recording.rows import (
    TABLES,
    AuctionRow,
    EventRow,
    FillRow,
    HeightRow,
    IntentRow,
    NodeRow,
    PriceRow,
    PropagationRow,
    Row,
    SolutionRow,
    UnfilledRow,
    VenueRow,
    WealthRow,
)
from tests.shared import shared
from tests.synthetic_run import synthetic_rows

S = 1_000_000
INTENT = IntentRow("i", "ann", "retail", 0, "", 0, 0, 1, "USD", "100", "ETH", "1", False, 1.0, 10.0, 100.0, "")
FILL = FillRow(1, "i", "ann", 4 * S, "USD", "100", "ETH", "10", "0", 1.0, 10.0, 100.0, 99.0, 20.0, 5.0, False)
AUCTION = AuctionRow(1, 2, 0, 1 * S, 3 * S, 4 * S, 3, 0, 2, 1, 1, 8.0, 10.0, 0.5, 1, 0, 0)
SOLUTION = SolutionRow(1, "x", "honest", "won", 8.0, 1.0, 0.0, 100)
VENUE = VenueRow(1, "p", "ConstantProduct", 4 * S, 1_000.0, 995.0, 300.0, 1.0, 6.0)


def of(*rows: Row) -> dict[str, float | None]:
    """The metrics of a run with these rows only."""
    names = {kind: name for name, kind in TABLES.items()}
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(names[type(row)], []).append(row)
    return measure(tables)


def family(found: Mapping[str, float | None], name: str) -> dict[str, float | None]:
    """The figures of a family by key."""
    return {key.partition(".")[2]: value for key, value in found.items() if key.startswith(f"{name}.")}


def test_an_empty_run_has_no_figure_that_is_made_up() -> None:
    """Counts and sums are 0, everything else is undefined, nothing fails."""
    found = of()
    assert found.keys() == {name for name, metric in METRICS.items() if not metric.per}
    assert {value for value in found.values() if value is not None} == {0.0}


def test_every_figure_belongs_to_a_metric_that_is_explained() -> None:
    """Names, units, directions and one paragraph at least for each."""
    for name in measure(synthetic_rows(3, auctions=4).rows):
        assert metric_of(name) is not None, name
    for metric in METRICS.values():
        assert metric.unit
        assert metric.better in ("higher", "lower", "neither")
        assert len(metric.doc) > 20, metric.name
    assert metric_of("welfare.x") is None
    assert metric_of("surplus") is None
    assert metric_of("no_such") is None


def test_prices_are_weighed_by_value() -> None:
    """20 bps on 100 and 50 bps on 300 are 42.5 bps; one of two fills was worse than a route."""
    found = of(
        INTENT, FILL, FILL._replace(value=300.0, improvement_bps=50.0, best_route_bps=1.0, ebbo_violation=True)
    )
    assert found["price_improvement_bps"] == pytest.approx(42.5)
    assert found["route_improvement_bps"] == pytest.approx(2.0)
    assert found["ebbo_violation_rate"] == 0.5
    assert found["surplus.retail"] == pytest.approx(100 * 20e-4 + 300 * 50e-4)


def test_fairness_counts_owners_not_fills() -> None:
    """Two owners gain 0.2 and 0.6: Jain 0.64 / (2 · 0.4) = 0.8, Gini (0.6 − 0.2) / (2 · 0.8) = 0.25."""
    other = INTENT._replace(intent="j", owner=1)
    found = of(
        INTENT, other, FILL, FILL._replace(intent="j"), FILL._replace(intent="j", improvement_bps=40.0), AUCTION,
        AUCTION._replace(auction=2, jain=0.9, envy=2), AUCTION._replace(auction=3, jain=0.0, envy=0, filled=0),
    )  # fmt: skip
    assert found["jain_owners"] == pytest.approx(0.8)
    assert found["improvement_gini"] == pytest.approx(0.25)
    assert found["jain_mean"] == pytest.approx(0.7)
    assert found["envy_per_auction"] == pytest.approx(1.0)


def test_fill_rates_leave_out_what_came_too_late_or_was_refused() -> None:
    """Four handed in, one refused, one for an auction that never came; of the other two one traded half."""
    found = of(
        AUCTION,
        INTENT,
        INTENT._replace(intent="j", value=300.0),
        INTENT._replace(intent="k", refused="nonce"),
        INTENT._replace(intent="l", auction=2),
        FILL._replace(gave_units="50"),
        UnfilledRow(1, "j", "ann", True, "fill-or-kill"),
        UnfilledRow(1, "i", "ann", False, "price"),
        UnfilledRow(1, "m", "ann", False, "price"),
    )
    assert found["fill_rate"] == 0.5
    assert found["fill_rate_value"] == pytest.approx(50 / 400)
    assert found["refused_rate"] == 0.25
    assert family(found, "unfilled_reason") == {
        "price": pytest.approx(2 / 3),
        "fill-or-kill": pytest.approx(1 / 3),
    }
    assert found["in_the_money_unfilled"] == pytest.approx(1 / 3)


def test_the_gap_is_over_auctions_with_a_bound() -> None:
    """8 of 10 and 9 of 10; the third has no bound and only counts for welfare."""
    found = of(AUCTION, AUCTION._replace(auction=2, score=9.0), AUCTION._replace(auction=3, bound=0.0))
    assert found["welfare"] == 25.0
    assert found["welfare_bound"] == 20.0
    assert found["welfare_gap_bps"] == pytest.approx(1500.0)


def test_solvers_profit_and_concentration() -> None:
    """x wins three of four, y one: HHI 9/16 + 1/16, one holds a majority, Gini 1/4."""
    rows = [SOLUTION._replace(auction=n) for n in (1, 2, 3)]
    rows += [SolutionRow(n, "y", "withholding", "no_reveal", 0.0, 0.0, 0.5, 1) for n in (1, 2)]
    rows += [SolutionRow(4, "y", "withholding", "won", 5.0, 1.5, 0.0, 1)]
    auctions = [AUCTION._replace(auction=n) for n in (1, 2)] + [
        AUCTION._replace(auction=n, score=9.5) for n in (3, 4)
    ]
    found = of(*auctions, *rows)
    assert family(found, "solver_profit") == {"x": 3.0, "y": 0.5}
    assert family(found, "wins") == {"x": 0.75, "y": 0.25}
    assert found["win_hhi"] == pytest.approx(0.625)
    assert found["win_nakamoto"] == 1.0
    assert found["win_gini"] == pytest.approx(0.25)
    assert found["penalties"] == 1.0
    assert found["withheld_rate"] == pytest.approx(2 / 6)
    assert found["withheld_loss_bps"] == pytest.approx(1500.0)
    assert family(found, "bid_share") == {"honest": pytest.approx(0.8), "withholding": pytest.approx(0.5)}


def test_loss_against_rebalancing_of_a_pool_by_hand() -> None:
    """A pool of 10 X and 1,000 Y without fees, price 100 → 121, is arbitraged to 1000/110 X and 1,100 Y.

    At 121 that is 2,200, and what it held before would be 2,210: it lost 10, and the arbitrageur made as much.
    """
    before, after = 10 * 121 + 1_000, 1000 / 110 * 121 + 1_100
    assert rebalancing_loss(before, after, 0.0) == pytest.approx(10.0)
    assert rebalancing_loss(before, after, 0.0) == pytest.approx((10 - 1000 / 110) * 121 - 100)
    assert rebalancing_loss(before, after + 3.0, 3.0) == pytest.approx(10.0)


def test_liquidity_figures_are_of_pools() -> None:
    """Two auctions of one pool: profit (1 − 6) + (4 − 0) = −1 on 1,000, 10 bps; the book does not count."""
    book = VENUE._replace(venue="b", kind="OrderBook", lvr=-50.0, volume=100.0)
    found = of(
        VENUE, book, VENUE._replace(auction=2, fees=4.0, lvr=0.0, volume=700.0), FILL._replace(value=1_375.0)
    )
    assert found["lvr"] == 6.0
    assert found["lp_fees"] == 5.0
    assert found["lp_profit"] == -1.0
    assert found["lp_return_bps"] == pytest.approx(-10.0)
    assert found["lvr_bps_of_volume"] == pytest.approx(60.0)
    assert found["venue_share"] == pytest.approx(0.8)
    assert family(found, "venue_volume") == {"ConstantProduct": 1_000.0, "OrderBook": 100.0}


def test_execution_quality_is_rule_605s() -> None:
    """Effective and realised spread, price improvement and E/Q of the hand-worked orders."""
    path = shared("vectors/derivatives/span_adl_execution_quality.json")
    rows: list[dict[str, Any]] = json.loads(path.read_text())["execution_quality"]["rows"]
    assert len(rows) == 3
    for row in rows:
        side, price, bid, ask = 1 if row["side"] == "buy" else -1, row["price"], row["best_bid"], row["best_ask"]
        mid = row["mid_at_receipt"]
        assert spreads.effective_spread(side, price, mid) == pytest.approx(row["effective_spread"])
        assert spreads.realized_spread(side, price, row["mid_after"]) == pytest.approx(row["realized_spread"])
        assert spreads.price_improvement(side, price, bid, ask) == pytest.approx(row["price_improvement"])
        assert spreads.effective_over_quoted(side, price, mid, bid, ask) == pytest.approx(row["e_over_q"])


def test_shortfall_and_markouts_against_outside_prices() -> None:
    """100 USD buy 9.9 ETH at an outside 10 when handed in and settled: 1 % lost, spread 2 %.

    Five seconds on ETH is worth 10.2 USD: what was given would buy 9.804 ETH, so the trader is 0.96 % ahead.
    """
    prices = [
        PriceRow(1, "ETH", at * S, price, 0.0, 0.0) for at, price in ((0, 10.0), (4, 10.0), (8, 10.2), (10, 9.0))
    ]
    found = of(INTENT, FILL, *prices)
    assert found["shortfall_bps"] == pytest.approx(100.0)
    assert found["shortfall_value.retail"] == pytest.approx(1.0)
    assert found["effective_spread_bps"] == pytest.approx(200.0)
    assert found["realized_spread_1s_bps"] == pytest.approx(200.0)
    later = 10 / 10.2
    assert found["markout_5s_bps"] == pytest.approx(1e4 * (0.99 - later))
    assert found["realized_spread_5s_bps"] == pytest.approx(2e4 * (later - 0.99))
    assert found["adverse_selection_5s_bps"] == pytest.approx(2e4 * (1 - later))
    assert found["markout_30s_bps"] is None, "prices are not recorded that long"


def test_shortfall_is_measured_at_the_prices_of_submission() -> None:
    """ETH went from 10 to 11 while the intent waited: its 9.9 ETH were worth 99 when it was handed in."""
    found = of(INTENT, FILL._replace(outside_want=11.0, got_value=9.9 * 11.0))
    assert found["shortfall_bps"] == pytest.approx(100.0)


def test_profits_attackers_and_their_victims() -> None:
    """Others lose 4 of 200 where an attacker trades and 1 of 100 elsewhere, 2 too many; the last wealth counts."""
    thief = INTENT._replace(intent="t", agent="eve", kind="sandwich")
    later = INTENT._replace(intent="j", auction=2)
    found = of(
        INTENT, thief, later,
        FILL._replace(value=100.0, got_value=98.0),
        FILL._replace(value=100.0, got_value=98.0),
        FILL._replace(intent="t", agent="eve", got_value=103.0),
        FILL._replace(auction=2, intent="j"),
        WealthRow(1, "eve", "sandwich", S, 50.0, 40.0),
        WealthRow(2, "eve", "sandwich", 2 * S, 47.0, 40.0),
        WealthRow(2, "ann", "retail", 2 * S, 90.0, 95.0),
    )  # fmt: skip
    assert found["attacker_profit"] == 7.0
    assert family(found, "kind_profit") == {"sandwich": 7.0, "retail": -5.0}
    assert found["victim_loss"] == pytest.approx(2.0)


def test_an_edge_is_what_is_gained_in_a_second() -> None:
    """1 lost in the 4 s of an auction by one kind, 3 gained by another: 0.25 and 0.75 a second."""
    quick = INTENT._replace(intent="q", kind="stale-arbitrageur")
    found = of(AUCTION, INTENT, quick, FILL, FILL._replace(intent="q", got_value=103.0))
    assert family(found, "edge_per_s") == {"retail": -0.25, "stale-arbitrageur": 0.75}


def test_times_of_batches_and_intents() -> None:
    """Phases of 1, 2 and 1 s; quantiles are times that occurred."""
    found = of(
        INTENT,
        INTENT._replace(intent="j", at_us=3 * S),
        FILL,
        FILL._replace(intent="j", at_us=12 * S),
        FILL._replace(intent="j", at_us=20 * S),
        AUCTION,
        AUCTION._replace(auction=2, begun_us=4 * S, batch_us=6 * S, seal_us=8 * S, settle_us=12 * S, rounds=6),
        HeightRow(0, "batch", 1, S, S + 40_000, 0, 0, 4, 1, 1, 2),
    )
    assert found["batch_time_p50_s"] == 4.0
    assert found["batch_time_p99_s"] == 8.0
    assert family(found, "phase_time_s") == {"batch": 1.5, "seal": 2.0, "settle": 2.5}
    assert found["rounds_per_height"] == 1.5
    assert (found["settle_time_p50_s"], found["settle_time_p99_s"]) == (4.0, 9.0)
    assert found["decision_spread_p99_ms"] == 40.0
    assert found["longest_gap_s"] == 8.0


def test_traffic_and_propagation() -> None:
    """Per node and per intent that traded; shares of what was sent and received."""
    found = of(
        INTENT,
        FILL,
        NodeRow(0, True, 3, 100, 90, 1_000, 900, 10, 9, 0, "aa"),
        NodeRow(1, False, 3, 300, 110, 3_000, 1_100, 30, 11, 2, "aa"),
        *(PropagationRow(str(n), 0, 0, 2, n * 1_000, n * 2_000, n * 3_000) for n in range(1, 101)),
        PropagationRow("x", 0, 0, 1, 1, 1, 1),
    )
    assert (found["messages_per_node"], found["bytes_per_node"]) == (200.0, 2_000.0)
    assert (found["messages_per_intent"], found["bytes_per_intent"]) == (400.0, 4_000.0)
    assert found["busiest_node_bytes"] == 4_100.0
    assert (found["dropped_rate"], found["duplicate_rate"]) == (0.1, 0.1)
    assert (found["propagation_p50_ms"], found["propagation_p99_ms"]) == (50.0, 100.0)
    assert (found["propagation_worst_p99_ms"], found["propagation_max_ms"]) == (198.0, 300.0)
    assert found["reach"] == pytest.approx((100 + 0.5) / 101)


def test_censorship_is_the_victims_delay() -> None:
    """The victim's intent waits two auctions, the other none; both trade in the end, another of hers does not."""
    victim = INTENT._replace(intent="v", agent="vic")
    found = of(
        *(AUCTION._replace(auction=n) for n in (1, 2, 3)),
        INTENT,
        FILL,
        victim,
        victim._replace(intent="w"),
        FILL._replace(auction=3, intent="v", agent="vic"),
        EventRow(0, "censor", 2, "vic"),
        EventRow(S, "omitted", 2, "v"),
    )
    assert found["omitted_items"] == 1.0
    assert found["censored_delay_auctions"] == 2.0
    assert found["censored_fill_rate"] == 0.5


def test_safety_sees_forks_roots_and_recoveries() -> None:
    """A height with two blocks, one with two roots; decisions 2 s after the heal and 1 s after the restart."""
    height = HeightRow(0, "batch", 1, S, S, 0, 0, 4, 1, 1, 2)
    node = NodeRow(0, True, 9, 0, 0, 0, 0, 0, 0, 1, "aa")
    found = of(
        height,
        height._replace(height=1, first_us=12 * S, blocks=2),
        height._replace(height=2, first_us=21 * S, roots=2),
        node,
        node._replace(node=1, root="bb"),
        node._replace(node=2, root="cc"),
        EventRow(5 * S, "cut", -1, "0"),
        EventRow(10 * S, "heal", -1, "0"),
        EventRow(20 * S, "restart", 1, ""),
        EventRow(30 * S, "calm", -1, ""),
        EventRow(31 * S, "halt", 3, "disk"),
        EventRow(32 * S, "evidence", 2, "double vote"),
        EventRow(32 * S, "evidence", 2, "double vote"),
        EventRow(32 * S, "ban", 2, "5"),
        EventRow(33 * S, "jail", 1, ""),
        EventRow(34 * S, "jail", 1, ""),
    )
    assert found["forks"] == 1.0
    assert found["roots_per_height"] == 3.0
    assert (found["recovery_p50_s"], found["recovery_max_s"]) == (1.0, 2.0)
    assert (found["halts"], found["crashes"], found["evidence"]) == (1.0, 3.0, 2.0)
    assert (found["bans"], found["jailings"]) == (1.0, 2.0)
