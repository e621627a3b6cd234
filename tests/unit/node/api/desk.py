"""A served node for tests: the embedded single node with a history, and its interface on a free port."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import trio

from benchmarks.single_node import world
from node.agreement.messages import Decision
from node.agreement.timeouts import Timeouts
from node.api.serving import serve_api
from node.api.settings import ApiSettings, Limits
from node.chain.blocks import Phase, decode_block, phase_of
from node.chain.items import item_id
from node.effects import Commit
from node.effects import Store as StoreItems
from node.embedded.answering import in_thread
from node.embedded.folder import solver_key, validator_key
from node.embedded.node import Node
from node.embedded.performing import DiskEffect
from node.embedded.recovery import recovered
from node.history.store import HistoryStore
from node.served import BlockDecided, ItemTaken, NodeEvent, NodeStatus, PeerView, Role
from node.storage.store import Store
from settlement.ledger.state import State

TOKEN = "a-token-only-tests-know"
FAST = Timeouts(window_ms=(30, 300, 30))
SLOW = Timeouts(window_ms=(3_600_000, 1000, 1000))


class ServedNode:
    """Implements ``node.served.Served`` over ``node.embedded.node.Node``; blocks pass through its history."""

    def __init__(self, store: Store, folder: Path, timeouts: Timeouts, history: HistoryStore) -> None:
        self.history = history
        self.network = world.Minter(Random(0)).network
        self.ready, self.trouble = True, ""
        self._readers: set[trio.MemorySendChannel[NodeEvent]] = set()
        self._token: trio.lowlevel.TrioToken | None = None
        found = recovered(store, timeouts, validator_key(folder), solver_key(folder))
        #: The state after the last block that was recorded, for the history's "before".
        self._recorded = store.load()
        self.node = Node(
            store,
            found,
            solving=in_thread("naive", 0.2),
            committed=self._committed,
            durable=self._durable,
        )

    @property
    def state(self) -> State:
        return self.node.machine.app.state

    def status(self) -> NodeStatus:
        status = self.node.status
        return NodeStatus(
            name="desk",
            role=Role.VALIDATOR,
            peer="12D3KooWtest",
            network=self.network,
            version="0.1.0",
            height=status.height,
            round=0,
            auction=status.auction,
            phase=phase_of(status.height + 1),
            root=status.root,
            validators=1,
            waiting=status.waiting,
            acknowledged=status.acknowledged,
            peers=0,
            ready=self.ready,
            trouble=self.trouble,
            started_ms=1_700_000_000_000,
        )

    def peers(self) -> tuple[PeerView, ...]:
        key = validator_public()
        me = PeerView("12D3KooWtest", "desk", Role.VALIDATOR, key, "", self.node.status.height, True, (), 0)
        return (me,)

    def counters(self) -> Mapping[str, int]:
        return {"frames_dropped": 3}

    def item(self, number: bytes) -> bytes | None:
        return self.node.machine.app.item(number)

    def decision(self) -> Decision | None:
        return self.node.store.decision(self.node.machine.app.height)

    async def submit(self, item: bytes) -> bytes:
        await self.node.submit(item)
        return item_id(item)

    @asynccontextmanager
    async def events(self, room: int = 1024) -> AsyncIterator[trio.MemoryReceiveChannel[NodeEvent]]:
        send, receive = trio.open_memory_channel[NodeEvent](room)
        self._readers.add(send)
        async with receive:
            try:
                yield receive
            finally:
                self._readers.discard(send)
                send.close()

    def tell(self, event: NodeEvent) -> None:
        for reader in list(self._readers):
            try:
                reader.send_nowait(event)
            except trio.WouldBlock:
                self._readers.discard(reader)
                reader.close()

    def _committed(self, commit: Commit) -> None:
        """In the writer's thread: the history before anybody hears of the block."""
        before = self._recorded
        after = before.copy()
        after.absorb(commit.applied.delta)
        self.history.record(commit, before, after, 1_700_000_000_000 + commit.height)
        self._recorded = after

    def _durable(self, effects: Sequence[DiskEffect]) -> None:
        for effect in effects:
            if isinstance(effect, StoreItems):
                for item in effect.items:
                    self.tell(ItemTaken(item_id(item), False))
            elif isinstance(effect, Commit):
                self.tell(decided(effect))


def decided(commit: Commit) -> BlockDecided:
    block = decode_block(commit.block)
    height, certificate = commit.height, commit.certificate
    return BlockDecided(
        height,
        Phase(height % 3),
        height // 3 + 1,
        certificate.block,
        certificate.round,
        b"v" * 32,
        len(block.items),
    )


def validator_public() -> bytes:
    return world.genesis().validators[0].key


@dataclass
class Desk:
    """``client`` asks without a token, ``writer`` with it."""

    node: ServedNode
    url: str
    client: httpx.AsyncClient
    writer: httpx.AsyncClient
    minter: world.Minter = field(default_factory=lambda: world.Minter(Random(1)))

    def item(self) -> bytes:
        return self.minter.item(self.node.status().auction)

    async def until(self, height: int, *, within_s: float = 60) -> None:
        with trio.fail_after(within_s):
            while self.node.status().height < height:
                await trio.sleep(0.01)


@asynccontextmanager
async def opened(timeouts: Timeouts = SLOW, limits: Limits | None = None) -> AsyncIterator[Desk]:
    """A node of its own and its interface, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "node"
        world.make(folder)
        with Store(folder / "node.sqlite", None) as store, HistoryStore(None) as history:
            node = ServedNode(store, folder, timeouts, history)
            async with trio.open_nursery() as nursery:
                await nursery.start(node.node.run)
                settings = ApiSettings(TOKEN, port=0, limits=limits or Limits())
                url: str = await nursery.start(_serve, node, settings)
                writing = {"authorization": f"Bearer {TOKEN}"}
                async with (
                    httpx.AsyncClient(base_url=url, trust_env=False) as client,
                    httpx.AsyncClient(base_url=url, trust_env=False, headers=writing) as writer,
                ):
                    yield Desk(node, url, client, writer)
                node.node.stop()
                nursery.cancel_scope.cancel()


async def _serve(node: ServedNode, settings: ApiSettings, *, task_status: trio.TaskStatus[str]) -> None:
    await serve_api(node, settings, task_status=task_status)
