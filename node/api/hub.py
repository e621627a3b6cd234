"""From the node's events to messages: one task listens for all streams, numbers what happens and hands it out."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import trio

from intents.intent import IntentId
from node.api.converting import to_form, to_hex
from node.api.forms_auctions import AuctionForm
from node.api.forms_intents import IntentForm
from node.api.forms_stream import BlockEvent, Event, ItemsEvent, PeerEvent, Reset
from node.api.lives import kept_life
from node.api.metrics import Metrics
from node.api.names import Names
from node.api.ring import Ring
from node.api.settings import Limits
from node.api.waiting import Waiting
from node.chain.blocks import Phase
from node.chain.tables import chain_of
from node.embedded.errors import Stopped
from node.history.base import AuctionRow
from node.history.errors import HistoryError
from node.served import BlockDecided, ItemsTaken, NodeEvent, PeerChanged, Served
from settlement.ledger.orders import ORDERS, OrderState

_LOG: Final = logging.getLogger("walras.api")
#: Events of the node that may wait for the hub; it does nothing slow, so this is a second's worth of a flood.
ROOM: Final = 16_384
#: Ids in one event about items.
SHOWN: Final = 32
#: Intents that were watched; with more, those that nobody watches any more are forgotten before the next block.
MAX_WATCHED: Final = 8_192
#: Before listening again to a node that has hung up; how long items are gathered.
_PAUSE_S: Final = 0.1
_PREFIX: Final = "intents:"
Looks = tuple[str, int, int, int]
#: States of which each auction says something new: an intent in them was in its batch, or could have been.
_BATCHED: Final = frozenset({OrderState.BATCHED, OrderState.PART_FILLED})


class Reader(Protocol):
    """A stream: what it wants, and how it is told."""

    topics: set[str]

    def tell(self, message: bytes) -> None: ...


class Hub:
    """``run`` it in a task. ``now_ms`` is Unix time, for readers."""

    def __init__(
        self,
        node: Served,
        metrics: Metrics,
        waiting: Waiting,
        limits: Limits,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._node, self._metrics, self._waiting, self._now_ms = node, metrics, waiting, now_ms
        self._room = limits.stream_ring, limits.stream_ring_bytes
        self.ring, self.epoch = Ring(*self._room), secrets.token_hex(8)
        self.readers: set[Reader] = set()
        self.names = Names(node)
        #: The state each watched intent was last told to be in.
        self._watched: dict[str, Looks | None] = {}
        self._changed: dict[str, None] = {}
        self._wake = trio.Event()
        #: Items not told of yet, by whether they were gossiped.
        self._taken: dict[bool, list[bytes]] = {False: [], True: []}
        self._items_wake = trio.Event()
        #: Set when the interface ends: streams say good-bye.
        self.ending = trio.Event()

    async def run(self) -> None:
        """Until cancelled. A node too busy for the hub closes its channel; numbers then begin anew."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._tell_lives)
            nursery.start_soon(self._tell_items)
            await self._listen()
            nursery.cancel_scope.cancel()

    async def _listen(self) -> None:
        while not self.ending.is_set():
            try:
                async with self._node.events(ROOM) as events:
                    async for event in events:
                        self._take_safely(event)
            except Stopped:
                return
            self._begin_anew("the node was faster than its readers")
            await trio.sleep(_PAUSE_S)

    def watch(self, topic: str) -> None:
        """From now on tell when the intent that a topic is about changes."""
        if topic not in self._watched:
            if len(self._watched) >= MAX_WATCHED:
                self._forget_unwanted()
            self._watched[topic] = self._look(topic)

    # Events

    def _take_safely(self, event: NodeEvent) -> None:
        """A mistake in telling readers is no reason for a node to stop."""
        try:
            self._take(event)
        except Exception:
            _LOG.exception("an event could not be told")

    def _take(self, event: NodeEvent) -> None:
        match event:
            case BlockDecided():
                self._decided(event)
            case PeerChanged():
                self._publish("peers", to_form(PeerEvent, event))
            case ItemsTaken():
                for item in event.items:
                    self._waiting.note(item)
                self._taken[event.gossiped] += event.items
                self._items_wake.set()

    def _decided(self, event: BlockDecided) -> None:
        row = self._settled(event)
        self.names.note()
        self._metrics.block(event.phase, event.round, row.filled if row else 0, trio.current_time())
        self._publish("blocks", to_form(BlockEvent, event))
        if row is not None:
            self._publish("auctions", to_form(AuctionForm, row))
        self._look_again()

    def _settled(self, event: BlockDecided) -> AuctionRow | None:
        if event.phase is not Phase.SETTLE:
            return None
        try:
            rows = self._node.history.auctions(event.auction + 1, 1).rows
        except HistoryError:
            return None  # those who ask for the auction are told
        return rows[0] if rows and rows[0].number == event.auction else None

    async def _tell_items(self) -> None:
        """Many at a time: thousands may come in a second."""
        while True:
            await self._items_wake.wait()
            await trio.sleep(_PAUSE_S)
            self._items_wake = trio.Event()
            for gossiped, taken in self._taken.items():
                if taken:
                    shown = [to_hex(item) for item in taken[:SHOWN]]
                    self._publish("intents", ItemsEvent(len(taken), gossiped, shown))
                    taken.clear()

    # Watched intents

    def _forget_unwanted(self) -> None:
        wanted = {topic for reader in self.readers for topic in reader.topics if topic.startswith(_PREFIX)}
        self._watched = {topic: told for topic, told in self._watched.items() if topic in wanted}

    def _look_again(self) -> None:
        self._forget_unwanted()
        for topic, told in self._watched.items():
            now = self._look(topic)
            if now != told:
                self._watched[topic] = now
                self._changed[topic] = None
                self._wake.set()

    def _look(self, topic: str) -> Looks | None:
        """What changes when anything does; ``None`` before its first block and after it has left the ledger."""
        state = self._node.state
        order = state.get(ORDERS, _intent_of(topic))
        if order is None:
            return None
        auction = chain_of(state).auction if order.state in _BATCHED else 0
        return order.state.value, order.filled, order.since, auction

    async def _tell_lives(self) -> None:
        """In a task of its own: how an intent fared may have to be worked out."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while self._changed:
                topic = next(iter(self._changed))
                del self._changed[topic]
                try:
                    life = await trio.to_thread.run_sync(
                        kept_life, self._node, _intent_of(topic), abandon_on_cancel=True
                    )
                    if life is not None:
                        self._publish(topic, to_form(IntentForm, life))
                except Exception:
                    _LOG.exception("an intent's life could not be told")

    # Telling

    def _publish(self, topic: str, data: msgspec.Struct) -> None:
        seq = self.ring.next()
        message = msgspec.json.encode(Event(seq, topic, self._now_ms(), data))
        self.ring.keep(seq, topic, message)
        for reader in list(self.readers):
            if topic in reader.topics:
                reader.tell(message)

    def _begin_anew(self, why: str) -> None:
        self.ring, self.epoch = Ring(*self._room), secrets.token_hex(8)
        message = msgspec.json.encode(Reset(self.epoch, 0, why))
        for reader in list(self.readers):
            reader.tell(message)


def _intent_of(topic: str) -> IntentId:
    return IntentId(bytes.fromhex(topic.removeprefix(_PREFIX + "0x")))
