"""The fault campaign: worlds hold, equal seeds give equal worlds, and what is broken is found and told."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from node.agreement.validators import ValidatorSet
from node.chain.tables import _set_of
from node.cli.main import main
from sim.campaign import campaign, run_world


def test_worlds_hold() -> None:
    """No fork, no stall, nothing lost or made, nobody accused who did not lie."""
    worlds = list(campaign(range(40), 1, lambda: None))
    assert [world.violations for world in worlds] == [()] * 40
    assert sum(world.crashes for world in worlds) > 0
    assert all(world.heights > 20 for world in worlds)


def test_a_seed_is_a_world_whatever_the_process_and_its_hash_seed() -> None:
    """Events, messages and the last block are the same."""
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


def test_a_broken_rule_is_found_and_its_seed_shows_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With half a quorum worlds fork; the command names seeds, and each seed fails alone in the same way."""
    sound = ValidatorSet.__post_init__

    def careless(self: ValidatorSet) -> None:
        sound(self)
        object.__setattr__(self, "quorum", max(1, self.power // 2 - 1))

    monkeypatch.setattr(ValidatorSet, "__post_init__", careless)
    _set_of.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            main(["sim", "campaign", "--seeds", "20", "--processes", "1", "--json"])
        assert ended.value.code == 1
        report = json.loads(capsys.readouterr().out)
        told = report["told"][0]
        assert sum(report["violations"].values()) > 0
        with pytest.raises(SystemExit):
            main(["sim", "campaign", "--seeds", "1", "--first-seed", str(told["seed"]), "--json"])
        assert json.loads(capsys.readouterr().out)["told"][0] == told
    finally:
        _set_of.cache_clear()


def test_a_campaign_on_two_processes_is_the_same_campaign() -> None:
    """Only the time differs."""
    assert list(campaign(range(100, 134), 2, lambda: None)) == [run_world(seed) for seed in range(100, 134)]
