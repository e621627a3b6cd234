"""The node among its peers: who is met, what is said to them, where everybody is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import trio

from node.effects import Ask, Commit, Effect, Gossip
from node.embedded.errors import Stopped
from node.embedded.node import Node
from node.live import wire
from node.live.directory import Directory
from node.live.greeting import Greeting
from node.live.health import DOUBLED
from node.live.hearing import Hearing
from node.live.identity import Self
from node.live.intake import Intake
from node.live.items import Items
from node.live.post import Post
from node.live.presence import EVERY_MS, Neighbourhood
from node.live.sending import Sending
from node.live.views import heard_view, met_view
from node.served import NodeEvent, PeerChanged, PeerView, Role
from p2p.base import EventKind, P2PError, Transport, UnknownPeer, Verdict
from p2p.buckets import KeyedBuckets
from p2p.clock import monotonic_ms

_log = logging.getLogger(__name__)

#: How often this node compares whom it has met with whom it is connected with, and dials whom it misses.
_LOOK_S: Final = 0.25
#: Between a refusal and its consequence.
_LAST_WORD_S: Final = 0.2
#: A node that knows fewer peers than this dials those it hears of.
ENOUGH: Final = 4
#: Until whoever runs the node is told again that its identity is another's, too.
_DOUBT_AGAIN_S: Final = 600.0
#: Bytes of long words for one peer.
FETCHED_PER_S: Final = 16 << 20
FETCHED_BURST: Final = 256 << 20


class Network:
    """One node's. ``run`` it; ``perform`` is what the node's loop hands effects for others to."""

    def __init__(
        self,
        transport: Transport,
        node: Node,
        me: Self,
        intake: Intake,
        announce: tuple[str, ...],
        count: Callable[..., None],
        tell: Callable[[NodeEvent], None],
    ) -> None:
        self._transport, self._node, self._me = transport, node, me
        self._announce, self._count, self._tell = announce, count, tell
        self.directory = Directory()
        self.neighbourhood = Neighbourhood(me.network, me.identity.public)
        validates = me.role is Role.VALIDATOR
        self.sending = Sending(self.directory, validates, lambda: node.machine.app.validators)
        self.items = Items(transport, node, me.network, self.directory, self.sending, intake, count)
        self._hearing = Hearing(transport, node, self.directory, count, self.items.take, self._ban)
        self._greeting = Greeting(transport, me, self.hello, count, self._meet, self._ban)
        self._presence = wire.presence_topic(me.network)
        self._scopes: dict[str, trio.CancelScope] = {}
        self._nursery: trio.Nursery | None = None
        self._wanted: dict[str, str] = {}
        self._doubt_s = float("-inf")
        self._banning: set[str] = set()
        self._fetched: KeyedBuckets[str] = KeyedBuckets(FETCHED_PER_S, FETCHED_BURST, 1_024)

    # For the node

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others can dial this node."""
        return (self._announce or self._transport.addresses)[: wire.MAX_ADDRESSES]

    def hello(self) -> wire.Hello:
        return self._me.hello(self._node.store.height(), self.addresses)

    def perform(self, effect: Effect) -> None:
        if type(effect) is Gossip:
            self.items.gossip(effect.item)
        elif type(effect) is Ask and effect.to is None:
            self.items.ask()
        else:
            self.sending.perform(effect)

    def decided(self, commit: Commit) -> None:
        self.sending.decided(commit)

    def acted(self) -> None:
        """The machine has worked."""
        self._hearing.acted()
        if self._node.machine.app.missing:
            self.items.ask()

    def views(self) -> tuple[PeerView, ...]:
        """The peers met first, then those only heard of."""
        known = {found.peer: found for found in self.neighbourhood.all(monotonic_ms())}
        met = [met_view(found, known.get(found.peer), _unix_ms()) for found in self.directory.all()]
        heard = [heard_view(known[peer]) for peer in sorted(known) if self.directory.of(peer) is None]
        return (*met, *heard)

    def present(self, votes: bool) -> int:
        """For a node that votes: how many others of those who vote now are met; for another: how many peers."""
        if not votes:
            return len(self.directory)
        keys = [member.key for member in self._node.machine.app.validators.members]
        return len({found.hello.key for found in self.directory.with_keys(keys)})

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled."""
        self._transport.serve(wire.HELLO, self._greeting.serve)
        self._transport.serve(wire.WORDS, self._hearing.words)
        self._transport.serve(wire.FETCH, self._fetch)
        self.items.subscribe()
        self._transport.subscribe(self._presence, self._judge_presence, _nothing)
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for task in (self._follow, self._look, self.items.publish, self._tell_presence):
                nursery.start_soon(task)
            task_status.started()

    # Peers come and go

    async def _follow(self) -> None:
        async for event in self._transport.events():
            if event.kind is not EventKind.CONNECTED:
                self._tell(PeerChanged(event.kind.value, event.peer, event.reason))
            self._compare()

    async def _look(self) -> None:
        """Events may be missed; what is connected is what counts."""
        while True:
            self._compare()
            self._dial()
            self.sending.shelf.expire(monotonic_ms())
            await trio.sleep(_LOOK_S)

    def _compare(self) -> None:
        assert self._nursery is not None
        connected = set(self._transport.peers())
        for peer in [*self._scopes]:
            if peer not in connected:
                self._scopes.pop(peer).cancel()
        for peer in connected - set(self._scopes):
            self._scopes[peer] = scope = trio.CancelScope()
            self._nursery.start_soon(self._converse, peer, scope)

    async def _converse(self, peer: str, scope: trio.CancelScope) -> None:
        """All there is to do with one peer, from hello until it is gone."""
        silent = False
        with scope:
            try:
                await self._greeting.greet(peer)
                posts = [Post(self._transport, peer, self._count, self._greeting.greet) for _ in range(2)]
                self._hearing.opened(peer)
                self.sending.opened(peer, *posts)
                self._tell(PeerChanged("connected", peer, ""))
                async with trio.open_nursery() as nursery:
                    for post in posts:
                        nursery.start_soon(_until_gone, post, nursery.cancel_scope)
                    nursery.start_soon(self._hearing.fetch_from, peer)
                    with suppress(Stopped):
                        await self._node.act(self._node.machine.status, short=True)
            except UnknownPeer:
                _log.info("%s is gone", peer)
            except P2PError as error:
                _log.info("%s: %r", peer, error)
                silent = True
            finally:
                # It may be back, and met again, before what it said last is done with.
                if self._scopes.get(peer, scope) is scope:
                    self.sending.closed(peer)
                    self._hearing.closed(peer)
                    self.directory.lost(peer)
        if self._scopes.get(peer) is not scope:
            return
        if silent:
            # Connected, and does not say who it is: not for long.
            self._ban(peer, "no hello", 5_000)
        else:
            # Should it be back already, unnoticed, the next look begins anew.
            del self._scopes[peer]

    def _meet(self, peer: str, hello: wire.Hello) -> None:
        self.directory.met(peer, hello)

    def _ban(self, peer: str, reason: str, for_ms: int | None = None) -> None:
        """Soon: what it is to be told has a moment to reach it."""
        if self._nursery is not None and peer not in self._banning:
            self._banning.add(peer)
            self._nursery.start_soon(self._ban_soon, peer, reason, for_ms)

    async def _ban_soon(self, peer: str, reason: str, for_ms: int | None) -> None:
        await trio.sleep(_LAST_WORD_S)
        self._banning.discard(peer)
        await self._transport.ban(peer, reason, for_ms)
        self._compare()

    def _dial(self) -> None:
        """Validators stay connected with all validators they hear of, everybody with a few."""
        keys = {member.key for member in self._node.machine.app.validators.members}
        few = len(self.directory) < ENOUGH and len(self._wanted) < 2 * ENOUGH
        heard = self.neighbourhood.all(monotonic_ms())
        around = {known.peer for known in heard}
        self._wanted = {peer: address for peer, address in self._wanted.items() if peer in around}
        for known in heard:
            said = known.presence
            fellow = self._me.role is Role.VALIDATOR and said.role is Role.VALIDATOR and said.key in keys
            if not (fellow or few) or known.peer in self._scopes or not said.addresses:
                continue
            address = said.addresses[0]
            if self._wanted.get(known.peer) != address and address.endswith(f"/p2p/{known.peer}"):
                self._wanted[known.peer] = address
                try:
                    self._transport.want(address)
                except P2PError:
                    self._count("bad_addresses")

    # Presence

    async def _tell_presence(self) -> None:
        at_ms = 0
        while True:
            app = self._node.machine.app
            at_ms = max(at_ms + 1, _unix_ms())
            self.neighbourhood.said(at_ms)
            presence = wire.Presence(
                self._me.identity.public,
                self._me.name,
                self._me.role,
                self._me.key,
                self._me.proof,
                self.addresses,
                app.height,
                app.auction,
                self.directory.identities()[: wire.MAX_NEIGHBOURS],
                at_ms,
            )
            signature = self._me.identity.sign(wire.presence_digest(self._me.network, presence))
            await self._transport.publish(self._presence, wire.encode_presence(presence, signature))
            await trio.sleep(EVERY_MS / 1_000)

    async def _judge_presence(self, sender: str, data: bytes) -> Verdict:
        verdict = self.neighbourhood.judge(sender, data, monotonic_ms(), _unix_ms())
        self._count(f"presence_{verdict.value}")
        if self.doubled and trio.current_time() >= self._doubt_s:
            self._doubt_s = trio.current_time() + _DOUBT_AGAIN_S
            _log.warning("%s: stop one of the two; a validator that votes twice is banned", DOUBLED)
        return verdict

    @property
    def doubled(self) -> bool:
        """Whether another node runs with this one's identity."""
        return self.neighbourhood.doubled(monotonic_ms())

    async def _fetch(self, peer: str, digest: bytes) -> bytes:
        word = self.sending.shelf.get(digest) if self.directory.of(peer) is not None else None
        if word is None or not self._fetched.take(peer, len(word), monotonic_ms() * 1_000):
            self._count("fetches_refused")
            return b""
        return word


async def _until_gone(post: Post, conversation: trio.CancelScope) -> None:
    """Words are sent as long as the peer is there; without it there is nothing more to say or to fetch."""
    await post.run()
    conversation.cancel()


async def _nothing(sender: str, data: bytes) -> None:
    return None


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
