"""A node's log executed again: equal to the last root, spoiled ones found out, and with something changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from intents.errors import UsageError
from node.chain.app import ChainApp
from node.chain.genesis import build
from node.storage.errors import StorageError
from node.storage.store import Store
from sim.cluster import mac_holds
from sim.replay.log import Change, Replayed, change_of, replay
from sim.scenario.catalog import find
from sim.scenario.override import changed
from sim.scenario.simulation import simulation_from
from sim.world.running import World


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a node that lived through three auctions with two solvers."""
    source = find("honest-1")
    document = changed(source.document, ["auctions = 3", "solvers.beta.solver = naive"])
    world = World(simulation_from(document, "log"), 1)
    world.run()
    first = build(world.cluster.genesis)
    app = ChainApp(build(world.cluster.genesis), mac_holds)
    path = tmp_path_factory.mktemp("log") / "node.sqlite"
    with Store(path, first) as store:
        for decision in world.cluster.members[0].disk.decisions:
            applied = app.apply(decision.height, decision.block)
            store.decide(decision.height, decision.block, decision.certificate, applied, app.state.root)
    return path


def played(path: Path, change: Change) -> list[Replayed]:
    return list(replay(path, change, lambda done, total: None))


def test_a_log_comes_out_as_recorded(log: Path) -> None:
    """Every root, every auction."""
    found = played(log, Change())
    assert [item.auction for item in found] == [1, 2, 3]
    assert all(item.score == item.other > 0 for item in found[1:])


def test_without_a_solver_or_with_another_mechanism_it_is_a_counterfactual(log: Path) -> None:
    """One thing changed, everything else as recorded."""
    winners = {name for item in played(log, Change()) for name in item.winners}
    for name in winners:
        found = played(log, change_of((f"solvers.{name} =",)))
        assert all(name not in item.other_winners for item in found)
    greedy = played(log, change_of(("chain.mechanism = greedy", "chain.max_winners = 1")))
    assert all(item.other <= item.score and len(item.other_winners) <= 1 for item in greedy)


def test_a_spoiled_log_is_found_out(log: Path, tmp_path: Path) -> None:
    """A block of another height in place of one."""
    path = tmp_path / "spoiled.sqlite"
    path.write_bytes(log.read_bytes())
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE decision SET data = (SELECT data FROM decision WHERE height = 1) WHERE height = 2"
        )
    with pytest.raises(StorageError):
        played(path, Change())


@pytest.mark.parametrize("text", ["chain.mechanism", "chain.validators = 3", "chain.max_winners = none", "x"])
def test_what_a_log_cannot_have_changed_is_refused(text: str) -> None:
    """By its words."""
    with pytest.raises(UsageError, match="of a log only this can be changed"):
        change_of((text,))
