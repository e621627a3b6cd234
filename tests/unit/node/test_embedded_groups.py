"""Groups of effects: what of the machine is looked at while they are collected."""

from __future__ import annotations

from pathlib import Path
from random import Random

from benchmarks.single_node import world
from node.agreement.timeouts import Timeouts
from node.chain.items import item_id
from node.embedded.folder import solver_key, validator_key
from node.embedded.node import Node
from node.embedded.recovery import recovered
from node.storage.store import Store
from tests.history_worlds import Chain


async def test_items_held_are_those_of_the_present_app(tmp_path: Path) -> None:
    """A snapshot that is taken over brings another app: what it holds when an auction ends stays on the disk."""
    world.make(tmp_path / "node")
    first, second = world.Minter(Random(1)).items(2, 1)
    chain = Chain([])
    ended = [chain.height() for _ in range(3)]
    with Store(tmp_path / "node" / "node.sqlite", None) as store:
        found = recovered(store, Timeouts(), validator_key(tmp_path / "node"), solver_key(tmp_path / "node"))
        node = Node(store, found)
        node.admit(first)
        app = node.machine.app
        node.machine.app = app.at(app.state, app.height, bytes(32))
        group = node.admit(second)
        node.event(ended[-1:])
        assert group.held == frozenset({item_id(first), item_id(second)})
