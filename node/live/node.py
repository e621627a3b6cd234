"""A live node as those inside its process see it: it takes items in, decides, and says how it is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import trio

from intents.errors import WalrasError
from node.agreement.effects import Persist
from node.agreement.messages import Decision
from node.catchup.heads import head_checkpoint
from node.catchup.messages import Checkpoint, Install
from node.catchup.wire import MAX_LINKS
from node.chain.blocks import Phase, phase_of
from node.chain.items import item_id
from node.chain.tables import chain_of, validators_of
from node.effects import Commit, Effect
from node.effects import Store as StoreItems
from node.embedded.errors import Stopped
from node.embedded.node import Node
from node.embedded.performing import DiskEffect, held_items
from node.embedded.recovery import Recovered
from node.history.base import History
from node.history.store import HistoryStore
from node.live.feed import Feed
from node.live.health import Sight, trouble
from node.live.identity import Self
from node.live.intake import Intake
from node.live.marks import Marks
from node.live.network import Network
from node.live.settings import LiveSettings
from node.live.submitting import Submitting
from node.served import BlockDecided, ItemsTaken, NodeEvent, NodeStatus, PeerView
from node.storage.store import Store
from p2p.base import Transport
from settlement.ledger.state import State

#: How often a node says where it is: usually, and while it is behind.
STATUS_S: Final = 0.5
HURRY_S: Final = 0.05
#: Items that waited through a whole auction and are gossiped again, at most.
MAX_REMINDED: Final = 512


class LiveNode:
    """Implements ``node.served.Served``; made and run by ``node.live.opening.open_live``."""

    def __init__(
        self,
        settings: LiveSettings,
        me: Self,
        store: Store,
        history: HistoryStore,
        recovered: Recovered,
        marks: Marks | None,
        transport: Transport | None,
    ) -> None:
        self._settings, self._me, self._store, self._history = settings, me, store, history
        self._marks, self._transport = marks, transport
        self._counts: Counter[str] = Counter()
        self._feed = Feed()
        self.machine = recovered.machine
        self._state, self._height = self.machine.app.state, self.machine.app.height
        self._decision = store.decision(self._height) if self._height >= 0 else None
        self._decided_s = trio.current_time()
        self._started_ms = _unix_ms()
        # What the disk kept may never have left this node: the first auction that ends has it gossiped again.
        self._waited = held_items(self.machine.app)
        self._intake = Intake(
            me.network,
            settings.rates,
            self._count,
            lambda item, number: self.machine.app.welcome(item, number),
        )
        self._node = Node(
            store,
            recovered,
            solving=settings.solving,
            outside=self._outside,
            durable=self._durable,
            committed=self._record,
            told=self._recorded,
            acted=self._acted,
            group_ms=settings.group_ms,
            aside=True,
        )
        self._network = (
            None
            if transport is None
            else Network(transport, self._node, me, self._intake, settings.announce, self._count, self._feed.tell)
        )
        self._submitting = Submitting(
            self._node, self._network, self._intake, self.item, settings.rates.owner_per_s
        )
        self._ended, self._hurry = trio.Event(), trio.Event()

    # As ``Served``

    @property
    def network(self) -> bytes:
        return self._me.network

    @property
    def state(self) -> State:
        return self._state

    @property
    def history(self) -> History:
        return self._history

    def status(self) -> NodeStatus:
        agreement, app = self.machine.agreement, self.machine.app
        why = trouble(self._sight(), self._settings.timeouts)
        return NodeStatus(
            name=self._me.name,
            role=self._me.role,
            peer=self._me.peer,
            network=self._me.network,
            version=_version(),
            height=self._height,
            round=agreement.round,
            auction=chain_of(self._state).auction,
            phase=phase_of(self._height + 1),
            root=self._state.root,
            validators=len(validators_of(self._state)),
            waiting=len(app.waiting[Phase.BATCH]),
            acknowledged=self._counts["items_submitted"],
            peers=0 if self._network is None else len(self._network.directory),
            ready=not why,
            trouble=why,
            started_ms=self._started_ms,
        )

    def peers(self) -> tuple[PeerView, ...]:
        addresses = () if self._network is None else self._network.addresses
        met = () if self._network is None else tuple(found.peer for found in self._network.directory.all())
        own = PeerView(
            self._me.peer,
            self._me.name,
            self._me.role,
            self._me.key,
            addresses[0] if addresses else "",
            self._height,
            True,
            met,
            _unix_ms(),
        )
        return (own,) if self._network is None else (own, *self._network.views())

    def counters(self) -> Mapping[str, int]:
        counts = dict(self._counts)
        if self._transport is not None:
            counts.update({f"p2p_{name}": count for name, count in self._transport.counters().items()})
        if self._network is not None:
            counts["words_waiting"] = self._network.sending.waiting
        status = self._node.status
        counts |= {"groups": status.groups, "commits": status.commits}
        counts["history_damaged_rows"] = self._history.damaged
        counts |= {f"own_solver_{ending}": count for ending, count in self._node.answers.items()}
        return dict(sorted(counts.items()))

    def item(self, number: bytes) -> bytes | None:
        for waiting in tuple(self.machine.app.waiting.values()):
            if (found := waiting.get(number)) is not None:
                return found
        return None

    def decision(self) -> Decision | None:
        return self._decision

    def checkpoints(self, after: int) -> tuple[Checkpoint, ...]:
        found = self.machine.past.library.links(after).checkpoints
        head = head_checkpoint(self._decision, self._state)
        last = found[-1].certificate.height if found else after
        if len(found) >= MAX_LINKS or head is None or head.certificate.height <= last:
            return found
        return (*found, head)

    async def submit(self, item: bytes) -> bytes:
        """See ``Served``; besides, raises ``TooFast`` where the owner has sent more than its share."""
        (found,) = await self.submit_all((item,))
        if isinstance(found, WalrasError):
            raise found
        return found

    async def submit_all(self, items: Sequence[bytes]) -> Sequence[bytes | WalrasError]:
        """See ``Served``."""
        return await self._submitting.submit(items)

    def events(self, room: int = 1024) -> AbstractAsyncContextManager[trio.MemoryReceiveChannel[NodeEvent]]:
        return self._feed.events(room)

    # Besides

    def stop(self) -> None:
        """End in good order: what is under way is written, nothing new is taken."""
        self._node.stop()

    def abandon(self) -> None:
        """It has had its time to end: work under way, of which nothing is written yet, is not waited for."""
        self._node.abandon()

    async def wait(self) -> None:
        """Until the node has ended."""
        await self._ended.wait()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until ``stop``. Raises ``DiskFailed``, or whatever else the store finds wrong."""
        try:
            async with trio.open_nursery() as nursery:
                if self._network is not None:
                    await nursery.start(self._network.run)
                nursery.start_soon(self._say_status)
                task_status.started()
                await self._node.run()
                nursery.cancel_scope.cancel()
        finally:
            self._feed.close()
            self._ended.set()

    # What the loop calls

    def _outside(self, effect: Effect) -> None:
        if self._network is not None:
            self._network.perform(effect)

    def _acted(self) -> None:
        if self._network is not None:
            self._network.acted()

    def _record(self, commit: Commit) -> None:
        """In a thread."""
        self._history.record(commit, commit.applied.before, commit.applied.after, _unix_ms())

    def _durable(self, effects: Sequence[DiskEffect]) -> None:
        stored: list[bytes] = []
        for effect in effects:
            match effect:
                case Commit():
                    self._decided(effect)
                case StoreItems():
                    stored += effect.items
                case Persist() if effect.records and self._marks is not None:
                    self._marks.spoke()
                    self._marks = None
                case Install():
                    # The machine may be further already.
                    self._state, self._height, self._decision = effect.state, effect.height, None
                case _:
                    pass
        self._taken(stored)

    def _decided(self, commit: Commit) -> None:
        """It is on disk."""
        self._decided_s = trio.current_time()
        self._count("decisions")
        if self._network is not None:
            self._network.decided(commit)
            if self._network.directory.best(validators_of(commit.applied.after)) > commit.height:
                self._hurry.set()
            if phase_of(commit.height) is Phase.SETTLE:
                self._remind()

    def _recorded(self, commit: Commit) -> None:
        """It is in the history, too: from here on readers are told of it."""
        applied, header = commit.applied, commit.applied.block.header
        if commit.height > self._height:
            # A snapshot may have been put in its place meanwhile.
            self._state, self._height = applied.after, commit.height
            self._decision = Decision(commit.height, commit.block, commit.certificate)
        self._feed.tell(
            BlockDecided(
                commit.height,
                phase_of(commit.height),
                chain_of(applied.before).auction,
                commit.certificate.block,
                header.round,
                validators_of(applied.before).members[header.proposer].key,
                len(applied.block.items),
            )
        )

    def _taken(self, items: Sequence[bytes]) -> None:
        numbers = dict.fromkeys(item_id(item) for item in items)
        own = tuple(number for number in numbers if number in self._submitting.own)
        gossiped = tuple(number for number in numbers if number not in self._submitting.own)
        self._submitting.own.difference_update(own)
        self._count("items_submitted", len(own))
        self._count("items_gossiped", len(gossiped))
        for taken in (ItemsTaken(own, gossiped=False), ItemsTaken(gossiped, gossiped=True)):
            if taken.items:
                self._feed.tell(taken)

    def _remind(self) -> None:
        """What has waited through a whole auction, not everybody has: gossip it again."""
        assert self._network is not None
        held = held_items(self.machine.app)
        again = [self.item(number) for number in sorted(held & self._waited)[:MAX_REMINDED]]
        items = [item for item in again if item is not None]
        self._network.items.remind(items)
        self._count("items_repeated", len(items))
        self._waited = held

    # Inside

    async def _say_status(self) -> None:
        try:
            while True:
                with trio.move_on_after(STATUS_S):
                    await trio.sleep(HURRY_S)
                    await self._hurry.wait()
                self._hurry = trio.Event()
                await self._node.act(self.machine.status, short=True)
        except Stopped:
            return

    def _sight(self) -> Sight:
        validators = validators_of(self._state)
        key = self.machine.key
        votes = key is not None and validators.position(key) is not None
        others = 0 if self._network is None else self._network.present(votes)
        best = -1 if self._network is None else self._network.directory.best(validators)
        return Sight(
            stopping=self._node.stopping,
            networked=self._network is not None,
            votes=votes,
            observing=votes and self.machine.past.amnesia is not None,
            validators=len(validators),
            quorum=validators.quorum,
            connected=others,
            waited_ms=int((trio.current_time() - self._decided_s) * 1_000),
            ahead=best - self._height,
            doubled=self._network is not None and self._network.doubled,
        )

    def _count(self, name: str, by: int = 1) -> None:
        self._counts[name] += by


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000


@cache
def _version() -> str:
    try:
        return version("walras")
    except PackageNotFoundError:
        return "unknown"
