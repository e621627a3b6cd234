"""Items among peers: asked for, taken, gossiped and waited for, with a transport and a loop of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from node.chain.items import item_id
from node.effects import Ask, Effect, Gossip, Store
from node.live import wire
from node.live.directory import Neighbour
from node.live.items import MAX_PACKS, MAX_UNDER_WAY
from node.served import Role
from p2p.packing import unpack
from tests.unit.node.test_live_meeting import NETWORK, PEER, Line, network_of


async def test_what_is_missing_is_asked_for_as_soon_as_the_machine_has_worked(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Of everybody, once; of the one who is said to have it, whatever everybody was asked."""

    async def act(work: object, **more: object) -> None:
        await trio.lowlevel.checkpoint()

    line = Line()
    found = network_of(line, act)
    machine: Any = found._node.machine
    machine.agreement = SimpleNamespace(height=0)
    async with trio.open_nursery() as nursery:
        await nursery.start(found.run)
        await trio.sleep(1)
        found.acted()
        machine.app.missing.add(bytes(32))
        for _ in range(3):
            found.acted()
        await trio.sleep(0.1)
        assert len(line.heard) == 1
        found.perform(Ask(found.directory.number(PEER), (bytes(32),)))
        await trio.sleep(0.1)
        asked = [unpack(data, wire.WORD_PACKS) for data in line.heard]
        assert asked == [[wire.want_items((bytes(32),))]] * 2
        nursery.cancel_scope.cancel()


async def test_only_items_that_are_missed_are_taken_from_who_gives_them() -> None:
    """In parts that a machine hears at once; what nobody asked for is counted, and never looked into."""
    heard: list[tuple[int, Sequence[bytes]]] = []

    async def act(work: Callable[[], object], **more: object) -> None:
        work()

    found = network_of(Line(), act)
    machine: Any = found._node.machine
    items = [number.to_bytes(4, "big") * 8 for number in range(wire.MAX_IDS + 10)]
    machine.app.missing = {item_id(item) for item in items[5:]}
    machine.hear = lambda *told: heard.append(told)
    await found.items.take(Neighbour(7, PEER, wire.Hello(1, NETWORK, Role.FULL, "x", b"", b"", 3, ()), 0), items)
    assert heard == [(7, items[5 : 5 + wire.MAX_IDS]), (7, items[5 + wire.MAX_IDS :])]


async def test_what_was_heard_in_a_pack_is_not_gossiped_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transport passes packs on as they came: were items packed anew, each would go round for each node."""
    done: list[list[Effect]] = []

    async def act(work: Callable[[], list[Effect]], **more: object) -> Any:
        done.append(work())
        return SimpleNamespace(items=1)

    found = network_of(Line(), act)
    machine: Any = found._node.machine
    machine.hear = lambda number, items: [Store(tuple(items)), *map(Gossip, items)]
    monkeypatch.setattr(found.items._intake, "judged", lambda data: [data])
    await found.items._hear(PEER, b"item")
    assert done == [[Store((b"item",))]]


async def test_items_gossiped_again_are_in_a_pack_that_was_never_sent(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The same pack again would go nowhere: its first item is in it twice. Who hears it, hears items."""
    line, items = Line(), [bytes([number]) * 100 for number in range(70)]

    async def act(work: object, **more: object) -> None:
        await trio.lowlevel.checkpoint()

    found = network_of(line, act)
    async with trio.open_nursery() as nursery:
        await nursery.start(found.run)
        found.items.remind(items)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    first, second = [unpack(data, wire.ITEM_PACKS) for data in line.published if len(data) > 500]
    assert first == [items[0], *items[:64]]
    assert second == [items[64], *items[64:]]


async def test_packs_that_wait_are_within_a_bound(autojump_clock: trio.testing.MockClock) -> None:
    """Reminders beyond it are not made; who hands items in waits until some have left."""

    async def act(work: object, **more: object) -> None:
        await trio.lowlevel.checkpoint()

    line = Line()
    items = network_of(line, act).items
    items.remind([number.to_bytes(4, "big") for number in range(64 * (MAX_PACKS + 9))])
    assert len(items._packs) == MAX_PACKS
    with trio.move_on_after(1) as scope:
        await items.room()
        items._packs.append(items._packs[0])
        await items.room()
    assert scope.cancelled_caught
    async with trio.open_nursery() as nursery:
        nursery.start_soon(items.publish)
        with trio.fail_after(9):
            await items.room()
        nursery.cancel_scope.cancel()
    assert line.published


async def test_peers_wait_while_much_of_theirs_is_not_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the group is written that what they sent is in."""
    group, waited = SimpleNamespace(items=MAX_UNDER_WAY), list[int]()

    async def act(work: object, **more: object) -> Any:
        return group

    async def wait() -> None:
        waited.append(group.items)

    group.wait = wait
    found = network_of(Line(), act)
    monkeypatch.setattr(found.items._intake, "judged", lambda data: [data])
    await found.items._hear(PEER, b"item")
    group.items += 1
    await found.items._hear(PEER, b"item")
    assert waited == [MAX_UNDER_WAY + 1]
