"""A served node for tests: a live node of its own without a network, and its interface on a free port."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import httpx
import trio

from benchmarks.single_node import world
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.api.serving import serve_api
from node.api.settings import ApiSettings, Limits
from node.embedded.answering import in_thread
from node.live.node import LiveNode
from node.live.opening import open_live
from node.live.settings import LiveSettings
from node.served import NodeEvent, Role
from node.solving import SolverKey

TOKEN = "a-token-only-tests-know"
FAST = Timeouts(window_ms=(30, 300, 30))
SLOW = Timeouts(window_ms=(3_600_000, 1000, 1000), early=False)


@dataclass
class Desk:
    """``client`` asks without a token, ``writer`` with it."""

    node: LiveNode
    url: str
    client: httpx.AsyncClient
    writer: httpx.AsyncClient
    minter: world.Minter = field(default_factory=lambda: world.Minter(Random(1)))

    def item(self) -> bytes:
        return self.minter.item(self.node.status().auction)

    def stored(self) -> list[bytes]:
        """The items on disk that wait for a block."""
        return list(self.node._store.items())

    def tell(self, event: NodeEvent) -> None:
        """What happens to a node with peers, of which this one has none."""
        self.node._feed.tell(event)

    async def until(self, height: int, *, within_s: float = 60) -> None:
        with trio.fail_after(within_s):
            while self.node.status().height < height:
                await trio.sleep(0.01)


@asynccontextmanager
async def opened(timeouts: Timeouts = SLOW, limits: Limits | None = None) -> AsyncIterator[Desk]:
    """A node of its own and its interface, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as place:
        async with open_live(_settings(Path(place), timeouts)) as node, trio.open_nursery() as nursery:
            settings = ApiSettings(TOKEN, port=0, limits=limits or Limits())
            url: str = await nursery.start(partial(serve_api, node, settings))
            writing = {"authorization": f"Bearer {TOKEN}"}
            async with (
                httpx.AsyncClient(base_url=url, trust_env=False) as client,
                httpx.AsyncClient(base_url=url, trust_env=False, headers=writing) as writer,
            ):
                yield Desk(node, url, client, writer)
            nursery.cancel_scope.cancel()


def _settings(place: Path, timeouts: Timeouts) -> LiveSettings:
    key = SigningKey.from_seed(world.SOLVER)
    return LiveSettings(
        store=place / "node.sqlite",
        history=None,
        first=world.first(),
        timeouts=timeouts,
        role=Role.VALIDATOR,
        seed=bytes(32),
        name="desk",
        key=SigningKey.from_seed(world.VALIDATOR),
        solver=SolverKey(key.public, world.SOLVER, key.sign),
        solving=in_thread("naive", 0.2),
    )
