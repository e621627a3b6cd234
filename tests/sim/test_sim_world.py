"""Whole simulations: the same again from the same seed, faults that do as they say, strategies that do not pay."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from node.agreement.effects import Persist
from node.machine import Effect, Store
from settlement.ledger.execute import NONCES
from settlement.ledger.transactions import Transfer
from sim.disk import Disk
from sim.metrics.registry import measure
from sim.recording.events import EventKind
from sim.scenario.catalog import find
from sim.scenario.override import changed
from sim.scenario.simulation import simulation_from
from sim.world.running import Outcome, World
from tests.packaging.float_sums import refusing

#: Small enough for a test: one quick solver, two auctions.
QUICK = ("solvers.beta =", "solvers.gamma =", "auctions = 2")


@lru_cache(maxsize=32)
def run(name: str, *changes: str, seed: int = 1) -> Outcome:
    source = find(name)
    return World(simulation_from(changed(source.document, changes), source.where), seed).run()


def figures(outcome: Outcome) -> dict[str, float | None]:
    return measure(outcome.recorder.rows)


def events(outcome: Outcome, kind: EventKind) -> list[Any]:
    rows: Any = outcome.recorder.rows["events"]
    return [row for row in rows if row.kind == kind]


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    """Down to the last row."""
    first = run("honest-4", *QUICK)
    source = find("honest-4")
    again = World(simulation_from(changed(source.document, QUICK), source.where), 1).run()
    assert again.trace_root == first.trace_root
    assert again.recorder.rows == first.recorder.rows
    assert run("honest-4", *QUICK, seed=2).trace_root != first.trace_root


@pytest.mark.parametrize("shape", ["full", "random-regular", "small-world", "scale-free", "regions"])
@pytest.mark.parametrize("fidelity", ["hop", "path"])
def test_auctions_settle_on_every_network(shape: str, fidelity: str) -> None:
    """Whatever nodes are linked like, at both fidelities."""
    changes = (
        f"network.shape = {shape}",
        f"network.fidelity = {fidelity}",
        "network.nodes = 12",
        "network.degree = 4",
    )
    outcome = run("honest-4", *QUICK, *changes)
    assert (outcome.auctions, outcome.violations) == (2, ())
    assert figures(outcome)["reach"] == 1.0


def test_people_trade_and_every_row_is_consistent() -> None:
    """Fills are of recorded intents, wealth is of everybody, each auction has a row per solver."""
    rows: Any = run("honest-4", *QUICK).recorder.rows
    intents = {row.intent: row for row in rows["intents"]}
    assert rows["fills"]
    assert all(intents[row.intent].agent == row.agent for row in rows["fills"])
    assert {row.agent for row in rows["wealth"]} == {"oracles", "people", "arbitrage"}
    assert [row.solver for row in rows["solutions"]] == ["alpha", "alpha"]
    assert {row.nodes for row in rows["heights"]} == {5}


@pytest.mark.parametrize("name", ["partition-heal", "crash-storm"])
def test_faults_halt_nobody_for_good(name: str) -> None:
    """The chain goes on, without a fork."""
    changes = (
        ("faults.0.at_s = 2.0", "faults.0.for_s = 4.0")
        if name == "partition-heal"
        else ("faults.0.from_s = 0.5", "faults.0.until_s = 8.0", "faults.0.rate = 0.01")
    )
    outcome = run(name, *QUICK, *changes, "auctions = 3")
    assert (outcome.auctions, outcome.violations) == (3, ())
    assert events(outcome, EventKind.CUT if name == "partition-heal" else EventKind.CRASH)


def test_a_storm_tears_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a write under way nothing, a first part or all is on the disk; the chain goes on all the same."""
    kept: list[tuple[bool, int]] = []
    tear = Disk.tear

    def told(disk: Disk, effect: Effect, count: int) -> None:
        kept.append((isinstance(effect, Persist | Store), count))
        tear(disk, effect, count)

    monkeypatch.setattr(Disk, "tear", told)
    source = find("crash-storm")
    changes = (*QUICK, "faults.0.from_s = 0.5", "faults.0.until_s = 8.0", "faults.0.rate = 0.05")
    outcome = World(simulation_from(changed(source.document, changes), source.where), 1).run()
    assert (outcome.auctions, outcome.violations) == (2, ())
    assert {count > 0 for write, count in kept if write} == {True, False}
    assert {count for write, count in kept if not write} == {0}


def test_a_late_node_reaches_the_head() -> None:
    """It begins from genesis and ends with everybody's root."""
    document = changed(find("honest-4").document, QUICK)
    document["network"] |= {"followers": 1, "nodes": 5}
    document["faults"] = [{"kind": "late", "at_s": 5.0, "nodes": [4]}]
    outcome = World(simulation_from(document, "late"), 1).run()
    rows: Any = outcome.recorder.rows
    assert len({row.root for row in rows["nodes"]}) == 1
    assert [row.node for row in events(outcome, EventKind.JOIN)] == [4]


def test_clocks_that_differ_and_jump_only_delay() -> None:
    """No fork, no violation: time is an input, never an argument."""
    document = changed(find("honest-4").document, QUICK)
    document["network"] |= {"skew": 0.2, "reorder": 0.1, "duplication": 0.1, "loss": 0.02}
    jumps = [{"at_s": 1.5, "by_ms": 3_600_000, "nodes": [0, 1]}, {"at_s": 3.0, "by_ms": -2_000, "nodes": [2]}]
    document["faults"] = [{"kind": "clock-jump", **jump} for jump in jumps]
    outcome = World(simulation_from(document, "clocks"), 1).run()
    assert (outcome.auctions, outcome.violations) == (2, ())


def test_a_liar_is_proven_and_put_out() -> None:
    """Two votes for one place are evidence in a block; it makes no block from then on, its three neighbours do."""
    outcome = run("equivocating-validator", *QUICK, "faults.0.from_s = 0.0", "auctions = 4")
    assert [row.node for row in events(outcome, EventKind.EVIDENCE)] == [2]
    (ban,) = events(outcome, EventKind.BAN)
    heights: list[Any] = list(outcome.recorder.rows["heights"])
    assert ban.node == 2
    assert {row.proposer for row in heights if row.first_us > ban.at_us} == {0, 1, 3}
    assert outcome.violations == ()


@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [
        ("withholding", "no_reveal"),
        ("lying", "invalid"),
        ("false-quote", "invalid"),
        ("late", "none"),
        ("copying", "no_reveal"),
    ],
)
def test_strategies_other_than_honesty_do_not_pay(strategy: str, outcome: str) -> None:
    """They win nothing, and all but being late costs the bond."""
    rival = ("solvers.beta.solver = baseline", f"solvers.beta.strategy = {strategy}", "solvers.beta.share = 1.0")
    found = run("honest-4", "solvers.gamma =", "auctions = 2", *rival, "chain.reward_cap = 1.0")
    rows: Any = found.recorder.rows
    mine = [row for row in rows["solutions"] if row.solver == "beta"]
    assert all(row.reward == 0.0 for row in mine)
    assert any(row.outcome.startswith(outcome) for row in mine), [row.outcome for row in mine]
    assert any(row.penalty > 0.0 for row in mine) == (strategy != "late")


def test_shading_answers_with_less() -> None:
    """It leaves orders out, so it scores no more than it could."""
    honest, shading = (
        run("honest-4", *QUICK, f"solvers.alpha.strategy = {strategy}", "solvers.alpha.share = 0.5")
        for strategy in ("honest", "shading")
    )
    assert figures(shading)["intents_settled"] < figures(honest)["intents_settled"]  # type: ignore[operator]


def test_a_refused_transaction_holds_up_none_after_it() -> None:
    """Its nonce is used again; the nonce of one that came too late for a block is not."""
    source = find("honest-4")
    world = World(simulation_from(changed(source.document, (*QUICK, "auctions = 3")), source.where), 1)
    desk = world.desks[1]
    fail, pay = (Transfer(desk.holders[1], desk.numeraire, amount) for amount in (1 << 100, 1))
    # Refused; too late for the first block; while that auction is sealed; while the next collects.
    for at_us, action in ((100_000, fail), (1_040_000, pay), (2_000_000, pay), (3_900_000, pay)):
        world.kernel.at(at_us, desk.transact, action)
    done: list[int] = []
    app = world.app(desk.anchor)
    world.run(lambda auction: done.append(app.state.get(NONCES, desk.holders[0]) or 0))
    assert done == [0, 3, 3]


def test_an_agreed_price_follows_the_outside_one() -> None:
    """Oracles report, the ledger takes the median."""
    rows: Any = run("honest-4", *QUICK, "auctions = 3").recorder.rows
    last = [row for row in rows["prices"] if row.auction == 3 and row.agreed]
    assert all(row.agreed == pytest.approx(row.outside, rel=0.01) for row in last)


def test_no_world_adds_floats_up_with_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every built-in solver and all metrics: traces would differ between Python 3.11 and 3.12."""
    monkeypatch.setattr("builtins.sum", refusing)
    source = find("market")
    simulation = simulation_from(changed(source.document, ("auctions = 2",)), source.where)
    assert figures(World(simulation, 1).run())["auctions_settled"] == 2
