"""Live nodes on loopback in one process: a small world of several validators, its keys, and waiting for things."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio

from benchmarks.single_node import world
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.chain.genesis import Genesis, build, network_of
from node.embedded.answering import in_thread
from node.live.node import LiveNode
from node.live.opening import open_live
from node.live.settings import LiveSettings
from node.served import Role
from node.solving import SolverKey
from p2p.libp2p.transport import Settings

FAST = Timeouts(window_ms=(100, 250, 100), propose_ms=1500, vote_ms=1000, propose_step_ms=500, vote_step_ms=500)


def validator(number: int) -> SigningKey:
    return SigningKey.from_seed(bytes([100 + number]) * 32)


def genesis(validators: int, name: str = "live") -> Genesis:
    members = tuple(Validator(validator(number).public) for number in range(validators))
    return replace(world.genesis(), name=name, validators=members)


class Minter(world.Minter):
    """Signed intents of a network of these validators."""

    def __init__(self, made: Genesis, **more: Any) -> None:
        from random import Random

        super().__init__(Random(1), **more)
        self.network = network_of(made)


def solver_key() -> SolverKey:
    key = SigningKey.from_seed(world.SOLVER)
    return SolverKey(key.public, world.SOLVER, key.sign)


def settings(folder: Path, made: Genesis, number: int, bootstrap: Sequence[str] = (), **more: Any) -> LiveSettings:
    """Validator ``number``, or whatever ``more`` makes of it; the first one solves."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = bytes([number + 1]) * 32
    values: dict[str, Any] = {
        "store": folder / "node.sqlite",
        "history": None,
        "first": build(made),
        "timeouts": FAST,
        "role": Role.VALIDATOR,
        "seed": seed,
        "name": f"node-{number}",
        "key": validator(number),
        "transport": Settings(seed, bootstrap=tuple(bootstrap)),
    }
    if number == 0:
        values |= {"solver": solver_key(), "solving": in_thread("naive", 0.15)}
    return LiveSettings(**(values | more))


def follower(folder: Path, made: Genesis, number: int, bootstrap: Sequence[str], **more: Any) -> LiveSettings:
    return settings(folder, made, number, bootstrap, **({"role": Role.FULL, "key": None} | more))


@asynccontextmanager
async def network(folder: Path, made: Genesis, but: int = 0, **more: Any) -> AsyncIterator[list[LiveNode]]:
    """All validators ``but`` so many, each told of those before it."""
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        nodes: list[LiveNode] = []
        for number in range(len(made.validators) - but):
            known = addresses(*nodes)
            opened = open_live(settings(folder / str(number), made, number, known, **more))
            nodes.append(await stack.enter_async_context(opened))
        yield nodes


def addresses(*nodes: LiveNode) -> list[str]:
    return [node.peers()[0].address for node in nodes]


def same_root(*nodes: LiveNode) -> bool:
    return len({(node.status().height, node.state.root) for node in nodes}) == 1


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something to become true; the test fails if it does not."""
    with trio.fail_after(seconds):
        while not holds():
            await trio.sleep(0.01)
