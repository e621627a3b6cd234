"""What one node asks of its disk over a few auctions, step by step, and what must be there after each.

The steps are recorded once from a node that runs; what must be there is worked out apart from the store, with
plain sets and lists.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.single_node import world
from intents.signing import SigningKey
from node.agreement.effects import Persist, Record, SetTimer
from node.agreement.timeouts import Timeouts
from node.chain.items import item_id
from node.effects import Commit, Effect, Solve, Store
from node.embedded.performing import DiskEffect, Performer, divided, in_order, stale_items
from node.embedded.recovery import recovered
from node.machine import Machine
from node.solving import SolverKey
from node.storage import store as storage
from solver.protocol import Deadline
from solver.registry import built_in


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds."""

    height: int
    root: bytes
    items: frozenset[bytes]
    log: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction, and what is there after it. ``stale``: see ``Performer.write``."""

    effects: Sequence[DiskEffect]
    stale: Sequence[bytes]
    after: Kept


def kept(store: storage.Store) -> Kept:
    """What this store holds, every row of it read."""
    height = store.height()
    return Kept(height, store.load().root, frozenset(map(item_id, store.items())), tuple(store.log(height + 1)))


def recorded(auctions: int, seed: int, intents: int = 12) -> list[Step]:
    """The steps of so many auctions; the first is that a new store is there."""
    rng = Random(seed)
    first = world.first()
    steps = [Step((), (), Kept(-1, first.root, frozenset(), ()))]
    secret = world.SOLVER
    solver_key = SigningKey.from_seed(secret)
    solver = SolverKey(solver_key.public, secret, solver_key.sign)
    with tempfile.TemporaryDirectory() as folder, storage.Store(Path(folder) / "node.sqlite", first) as store:
        # Windows run to their ends: what comes within them is what an auction leaves behind.
        found = recovered(store, Timeouts(early=False), SigningKey.from_seed(world.VALIDATOR), solver)
        minter, machine, pending = world.Minter(rng), found.machine, list(found.effects)
        while machine.app.height < 3 * auctions - 1:
            performed = _performed(steps, machine, store, pending, rng)
            pending = []
            for effect in performed:
                if isinstance(effect, SetTimer) and effect.timer.height == machine.agreement.height:
                    for _ in range(rng.randrange(1, 4)):
                        for item in minter.items(rng.randrange(1, intents), machine.app.auction):
                            pending += machine.submit(item)
                        pending = list(_performed(steps, machine, store, pending, rng))
                    pending += machine.timed_out(effect.timer)
                elif isinstance(effect, Solve):
                    solutions = list(built_in("naive").solve(effect.auction, Deadline.work(100_000)))
                    pending += machine.solved(effect.auction.number, solutions)
    return steps


def _performed(
    steps: list[Step], machine: Machine, store: storage.Store, effects: Sequence[Effect], rng: Random
) -> list[Effect]:
    """Do what the disk is asked for and add it to the steps; returns the rest."""
    stale = stale_items(effects, store, machine.app)
    others: list[Effect] = []
    parts = [divided(effects)] if rng.random() < 0.3 else in_order(effects)
    for number, (disk, rest) in enumerate(parts, 1):
        if disk:
            gone = stale if number == len(parts) else []
            Performer(store).write(disk, gone)
            steps.append(Step(disk, gone, _after(steps[-1].after, disk, gone)))
        others += rest
    return others


def _after(before: Kept, effects: Sequence[DiskEffect], stale: Sequence[bytes]) -> Kept:
    now = before
    for effect in effects:
        if isinstance(effect, Store):
            now = replace(now, items=now.items | set(map(item_id, effect.items)))
        elif isinstance(effect, Persist):
            if effect.height == now.height + 1:
                now = replace(now, log=now.log + effect.records)
        elif isinstance(effect, Commit):
            block = effect.applied.block
            done = frozenset(map(item_id, block.items))
            now = Kept(effect.height, block.header.state_root, now.items - done, ())
    return replace(now, items=now.items - frozenset(stale))
