"""Peers that come, go and come back, as a node among them sees it; transport and loop are the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from intents.signing import SigningKey
from node.agreement.validators import Validator, ValidatorSet
from node.effects import Ask
from node.embedded.errors import Stopped
from node.home.peer_id import peer_id
from node.live import wire
from node.live.identity import Self
from node.live.intake import Intake
from node.live.items import MAX_UNTAKEN
from node.live.network import Network
from node.live.settings import Rates
from node.served import Role
from p2p.base import EventKind, PeerEvent, UnknownPeer, Verdict
from p2p.packing import unpack

NETWORK = bytes(range(32))
OWN, OTHER = SigningKey.from_seed(bytes(32)), SigningKey.from_seed(b"o" * 32)
PEER = peer_id(OTHER.public)


class Line:
    """Whoever is connected says hello and takes all words; ``heard`` are the requests of words, ``published`` what
    was gossiped.

    Requests of the protocols in ``gone`` find nobody, once each.
    """

    def __init__(self, *gone: str) -> None:
        self.gone = list(gone)
        self.connected: tuple[str, ...] = (PEER,)
        self.heard: list[bytes] = []
        self.published: list[bytes] = []
        self.addresses: tuple[str, ...] = ()

    def peers(self) -> tuple[str, ...]:
        return self.connected

    def serve(self, protocol: str, server: object) -> None: ...

    def subscribe(self, topic: str, validator: object, handler: object) -> None: ...

    async def publish(self, topic: str, data: bytes) -> int:
        await trio.lowlevel.checkpoint()
        self.published.append(data)
        return 0

    async def ban(self, peer: str, reason: str, for_ms: int | None = None) -> None:
        raise AssertionError(reason)

    async def events(self) -> AsyncIterator[PeerEvent]:
        while True:
            await trio.sleep(60)
            yield PeerEvent(EventKind.CONNECTED, PEER)

    async def request(self, peer: str, protocol: str, data: bytes, timeout_ms: int | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        if protocol in self.gone:
            self.gone.remove(protocol)
            raise UnknownPeer(peer)
        if protocol == wire.HELLO:
            return wire.encode_welcome(wire.Hello(1, NETWORK, Role.FULL, "other", b"", b"", 3, ()))
        self.heard.append(data)
        return wire.TAKEN


def node_of(act: Callable[..., Any]) -> Any:
    """A node whose machine is at work as long as ``act`` takes."""
    validators = ValidatorSet((Validator(OTHER.public),))
    app = SimpleNamespace(validators=validators, height=0, auction=0, missing=set())
    machine = SimpleNamespace(app=app, status=list)
    return SimpleNamespace(act=act, machine=machine, store=SimpleNamespace(height=lambda: 0))


def network_of(line: Line, act: Callable[..., Any]) -> Network:
    def count(name: str, by: int = 1) -> None: ...

    me = Self(NETWORK, Role.FULL, "me", OWN, peer_id(OWN.public), b"", b"")
    intake = Intake(NETWORK, Rates(), count)
    return Network(line, node_of(act), me, intake, (), count, lambda event: None)  # type: ignore[arg-type]


async def test_a_peer_that_is_back_before_it_was_gone_is_heard_and_told(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Work begun for its first connection ends after the second has begun: the second stands."""
    line, done, working = Line(), trio.Event(), []

    async def act(work: object, **more: object) -> None:
        working.append(1)
        if len(working) == 1:
            with trio.CancelScope(shield=True):
                await done.wait()

    found = network_of(line, act)
    async with trio.open_nursery() as nursery:
        await nursery.start(found.run)
        await trio.sleep(1)
        assert len(working) == 1
        line.connected = ()
        await trio.sleep(1)
        line.connected = (PEER,)
        await trio.sleep(1)
        assert len(working) == 2
        done.set()
        await trio.sleep(1)
        assert [view.peer for view in found.views()] == [PEER]
        found.sending.ask([bytes(32)])
        await trio.sleep(1)
        assert len(line.heard) == 1
        line.connected = ()
        await trio.sleep(1)
        assert not found.views()
        nursery.cancel_scope.cancel()


async def test_a_peer_met_while_the_node_ends_does_not_fail_it(autojump_clock: trio.testing.MockClock) -> None:
    """There is nothing more to say to it: no reason to end otherwise than in good order."""

    async def act(work: object, **more: object) -> None:
        raise Stopped("")

    found = network_of(Line(), act)
    with trio.move_on_after(2) as scope:
        await found.run()
    assert scope.cancelled_caught


@pytest.mark.parametrize("protocol", [wire.HELLO, wire.WORDS])
async def test_a_peer_that_was_gone_for_a_moment_is_met_again(
    protocol: str, autojump_clock: trio.testing.MockClock
) -> None:
    """Its connection went and came between two looks, while it was greeted or told something: nobody's offence,
    and what is said to it later is heard."""

    async def act(work: object, **more: object) -> None:
        await trio.lowlevel.checkpoint()

    line = Line(protocol)
    found = network_of(line, act)
    async with trio.open_nursery() as nursery:
        await nursery.start(found.run)
        for _ in range(3):
            await trio.sleep(1)
            found.sending.ask([bytes(32)])
        await trio.sleep(1)
        assert not line.gone
        assert [view.peer for view in found.views()] == [PEER]
        assert len(line.heard) >= 2
        nursery.cancel_scope.cancel()


async def test_what_is_missing_is_asked_for_again_ever_later(autojump_clock: trio.testing.MockClock) -> None:
    """A network too busy to give it within a fifth of a second has no use for a fifth of a second's asking; what
    else is missed is asked for at once."""

    async def act(work: object, **more: object) -> None:
        await trio.lowlevel.checkpoint()

    line, missing = Line(), {bytes([number]) * 32 for number in range(3)}
    found = network_of(line, act)
    found._node.machine.app.missing = missing
    async with trio.open_nursery() as nursery:
        await nursery.start(found.run)
        await trio.sleep(1)
        for _ in range(200):
            found.items.ask()
            found.perform(Ask(None, tuple(missing)))
            await trio.sleep(0.1)
        asked = [unpack(data, wire.WORD_PACKS) for data in line.heard]
        assert 8 <= len(asked) <= 10
        assert all(word == wire.want_items(tuple(sorted(missing))) for words in asked for word in words)
        missing.add(late := bytes([9]) * 32)
        line.heard.clear()
        for _ in range(4):
            found.items.ask()
            await trio.sleep(0.08)
        assert [wire.want_items((late,)) in unpack(data, wire.WORD_PACKS) for data in line.heard] == [True, True]
        missing.clear()
        found.items.ask()
        missing.add(bytes(32))
        line.heard.clear()
        found.items.ask()
        await trio.sleep(0.1)
        assert len(line.heard) == 1
        nursery.cancel_scope.cancel()


async def test_a_node_that_does_not_get_to_packs_puts_more_of_them_off(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """It goes on reading from its peers, who would take it for a hung one. One that gets on puts off none."""
    turns = trio.Semaphore(0)

    async def act(work: object, **more: object) -> Any:
        if more.get("items"):
            await turns.acquire()
        return SimpleNamespace(items=0)

    found = network_of(Line(), act)
    found.items._intake.judged = lambda data: (data,)  # type: ignore[method-assign]

    async def judge(sender: str, data: bytes) -> Verdict:
        return Verdict.ACCEPT

    found.items._intake.judge = judge  # type: ignore[method-assign]
    async with trio.open_nursery() as nursery:

        async def take(number: int) -> Verdict:
            verdict = await found.items._judge(PEER, bytes([number]))
            if verdict is Verdict.ACCEPT:
                nursery.start_soon(found.items._hear, PEER, bytes([number]))
            return verdict

        for number in range(2 * MAX_UNTAKEN):
            assert await take(number) is Verdict.ACCEPT
        await trio.sleep(0.9)
        turns.release()
        await trio.sleep(0.9)
        assert await take(0) is Verdict.ACCEPT
        await trio.sleep(0.2)
        assert await take(0) is Verdict.IGNORE
        turns.release()
        await trio.sleep(0.1)
        assert await take(0) is Verdict.ACCEPT
        for _ in range(2 * MAX_UNTAKEN):
            turns.release()
        await trio.sleep(5)
        assert await take(0) is Verdict.ACCEPT
        nursery.cancel_scope.cancel()
