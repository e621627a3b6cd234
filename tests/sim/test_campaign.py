"""The fault campaign: worlds hold, equal seeds give equal worlds, and what is broken is found and told."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from node.agreement.validators import ValidatorSet
from node.chain import app as chain_app
from node.chain.tables import _set_of
from node.cli.main import main
from settlement.ledger import bonds
from settlement.penalties import penalty
from sim import cluster as sim_cluster
from sim.campaign import World, campaign, run_world
from sim.disk import Disk
from sim.tracing import Recent


def test_worlds_hold() -> None:
    """No fork, no stall, nothing lost or made, nobody accused who did not lie; and much did happen."""
    worlds = list(campaign(range(120), 1, lambda: None))
    assert [world.violations for world in worlds] == [()] * 120
    assert sum(world.crashes for world in worlds) > 50
    assert sum(world.trades for world in worlds) > 300
    assert all(world.heights > 20 for world in worlds)


def test_a_world_that_has_ended_is_gone() -> None:
    """Nothing of it waits to be found as garbage, which would cost a tenth of a campaign's time."""
    run_world(5)
    gc.collect()
    gc.disable()
    try:
        assert run_world(5).trades
        assert not [thing for thing in gc.get_objects() if isinstance(thing, sim_cluster.Cluster | Disk)]
        assert gc.collect() < 100
    finally:
        gc.enable()


#: What once failed: a lost log and two crashes; a liar that passed on another's broken block.
ONCE_FAILED = (4971, 6202, 6209, 6717, 25614)


@pytest.mark.parametrize("seed", ONCE_FAILED)
def test_seeds_that_once_failed_hold(seed: int) -> None:
    """Each was found by a long campaign, and is kept."""
    world = run_world(seed)
    assert world.violations == ()
    assert world.heights > 20


def test_a_seed_is_a_world_whatever_the_process_and_its_hash_seed() -> None:
    """Events, messages and every decision with its time are the same."""
    here = repr([run_world(seed) for seed in (3, 4)])
    script = "from sim.campaign import run_world; print(repr([run_world(seed) for seed in (3, 4)]))"
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == here


def test_what_nodes_share_changes_nothing() -> None:
    """Each node working everything out itself decides the same at the same times; so does one that is watched."""
    for seed in range(1, 13):
        alone = run_world(seed, plain=True)
        assert run_world(seed, plain=False) == alone
    assert run_world(12, recent=Recent(10)) == alone


@pytest.fixture
def half_a_quorum(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Too few votes decide."""
    sound = ValidatorSet.__post_init__

    def careless(self: ValidatorSet) -> None:
        sound(self)
        object.__setattr__(self, "quorum", max(1, self.power // 2 - 1))

    monkeypatch.setattr(ValidatorSet, "__post_init__", careless)
    _set_of.cache_clear()
    yield
    _set_of.cache_clear()


@pytest.mark.usefixtures("half_a_quorum")
def test_a_broken_rule_is_found_and_its_seed_shows_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The command names seeds, each fails alone in the same way, and what led there can be read."""
    with pytest.raises(SystemExit) as ended:
        main(["sim", "campaign", "--seeds", "20", "--processes", "1", "--json"])
    assert ended.value.code == 1
    report = json.loads(capsys.readouterr().out)
    told = report["told"][0]
    assert sum(report["violations"].values()) > 0
    assert "trace" not in report
    with pytest.raises(SystemExit):
        main(["sim", "campaign", "--seeds", "1", "--first-seed", str(told["seed"]), "--trace", "30", "--json"])
    again = json.loads(capsys.readouterr().out)
    assert again["told"][0] == told
    assert len(again["trace"]) == 30
    assert any("receive" in line for line in again["trace"])


def first_violation(seeds: int) -> World | None:
    return next((world for world in map(run_world, range(seeds)) if world.violations), None)


def no_item_must_be_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_app, "must_include", lambda seen, validators, previous, cap: [])


def disks_that_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim_cluster, "Disk", partial(Disk, honest=False))


def penalties_one_too_high(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bonds, "penalty", lambda fault, bond, rates: penalty(fault, bond, rates) + 1)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (no_item_must_be_in, "inclusion"),
        (disks_that_lie, "false-evidence"),
        (penalties_one_too_high, "penalty"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_check_has_something_to_find(
    spoil: Callable[[pytest.MonkeyPatch], None], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only this check can see is seen within a few worlds."""
    spoil(monkeypatch)
    world = first_violation(150)
    assert world is not None
    assert kind in {found.kind for found in world.violations}


def test_a_campaign_on_two_processes_is_the_same_campaign() -> None:
    """Only the time differs."""
    assert list(campaign(range(200, 234), 2, lambda: None)) == [run_world(seed) for seed in range(200, 234)]
