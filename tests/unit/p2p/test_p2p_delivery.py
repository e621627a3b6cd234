"""Nothing is lost: not above ten a second, not in a burst, not to a newcomer, not over a megabyte."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import trio

from p2p.base import Limits, MessageTooLarge, RequestFailed, RequestTimedOut, UnknownPeer
from p2p.libp2p.transport import open_transport
from p2p.packed import PackedPublisher
from p2p.packing import PackLimits, unpack
from tests.p2p_hosts import QUICK, TOPIC, Inbox, network, settings, until


def numbered(count: int, size: int = 500) -> list[bytes]:
    return [n.to_bytes(size, "big") for n in range(count)]


async def test_a_burst_arrives_whole_everywhere() -> None:
    """The stock library keeps ten a second per topic and drops the rest without a word."""
    async with network(3, limits=Limits(publish_queue=64)) as (nodes, boxes):
        sent = numbered(600)
        for data in sent:
            await nodes[0].publish(TOPIC, data)
        await until(lambda: all(len(box.messages) == 600 for box in boxes[1:]))
        assert all(sorted(box.messages) == sent for box in boxes[1:])


async def test_a_publisher_is_held_back_by_a_full_queue() -> None:
    """And what it publishes still arrives."""
    async with network(2, limits=Limits(publish_queue=4)) as (nodes, boxes):
        async with trio.open_nursery() as nursery:
            for data in numbered(200):
                nursery.start_soon(nodes[0].publish, TOPIC, data)
        await until(lambda: len(boxes[1].messages) == 200)
        assert nodes[0].counters()["publisher_waited"] > 0


async def test_what_a_full_queue_refused_is_offered_again() -> None:
    """Dropped from a queue is counted, and made good by IHAVE and IWANT at the next heartbeats."""
    limits = Limits(queue_messages=20, publish_queue=1_000)
    async with network(2, limits=limits, mesh=QUICK) as (nodes, boxes):
        async with trio.open_nursery() as nursery:
            for data in numbered(60):
                nursery.start_soon(nodes[0].publish, TOPIC, data)
        assert nodes[0].counters()["queue_full"] > 0
        await until(lambda: len(boxes[1].messages) == 60)


async def test_a_newcomer_is_offered_what_was_said_lately() -> None:
    """A message published while a peer was away reaches it when it is back."""
    async with open_transport(settings(1)) as first:
        Inbox(first)
        await first.publish(TOPIC, b"before you came")
        async with open_transport(settings(2, first.addresses)) as second:
            box = Inbox(second)
            await until(lambda: box.messages == [b"before you came"])


async def test_packs_carry_many_items_in_few_messages() -> None:
    """Items go out together, flushed after a few milliseconds."""
    async with network(2) as (nodes, boxes), trio.open_nursery() as nursery:
        limits = PackLimits()
        packed = PackedPublisher(nodes[0], TOPIC, limits)
        nursery.start_soon(packed.run)
        items = numbered(300, 100)
        for item in items:
            await packed.publish(item)
        await until(lambda: sum(len(unpack(m, limits)) for m in boxes[1].messages) == 300)
        assert sorted(item for m in boxes[1].messages for item in unpack(m, limits)) == items
        assert len(boxes[1].messages) < 10
        nursery.cancel_scope.cancel()


async def test_a_response_over_a_megabyte_comes_whole() -> None:
    """The stock library gives up after 101 reads."""

    async def server(peer: str, data: bytes) -> bytes:
        return data * 9

    async with network(2) as (nodes, _):
        nodes[0].serve("/nine/1", server)
        data = bytes(range(256)) * 4_096
        assert await nodes[1].request(nodes[0].identity, "/nine/1", data) == data * 9
        assert await nodes[1].request(nodes[0].identity, "/nine/1", b"") == b""


async def test_requests_follow_one_another_on_one_stream() -> None:
    """As many at once as wanted, each with its own answer; one that was refused does not spoil the next."""
    async with network(2, limits=Limits(requests_per_peer=2)) as (nodes, _):
        here, there = nodes[0], nodes[1].identity
        going = 0

        async def echo(peer: str, data: bytes) -> bytes:
            nonlocal going
            going += 1
            await trio.sleep(0.002)
            going -= 1
            return data * 2

        nodes[1].serve("/echo/1", echo)
        opened = Counter[str]()
        inner = here._host.new_stream

        async def counted(peer: Any, protocols: list[str]) -> Any:
            opened[protocols[0]] += 1
            return await inner(peer, protocols)

        here._host.new_stream = counted
        for number in range(30):
            data = bytes([number]) * (number * 5_000)
            assert await here.request(there, "/echo/1", data) == data * 2
        assert opened["/echo/1"] == 1
        answers: list[bytes] = []

        async def ask(data: bytes) -> None:
            try:
                answers.append(await here.request(there, "/echo/1", data))
            except RequestFailed as error:
                answers.append(error.reason.encode())

        async with trio.open_nursery() as nursery:
            for number in range(8):
                nursery.start_soon(ask, bytes([number]) * 70_000)
        assert {len(answer) for answer in answers} <= {4, 140_000}
        assert sum(len(answer) == 140_000 for answer in answers) >= 2
        for number in range(8):
            assert await here.request(there, "/echo/1", bytes([number])) == bytes([number]) * 2
        assert going == 0


async def test_requests_fail_by_name() -> None:
    """Too large, too slow, nobody there, nobody serving, too many at once."""

    async def slow(peer: str, data: bytes) -> bytes:
        await trio.sleep(0.5)
        return b"late"

    async def much(peer: str, data: bytes) -> bytes:
        return bytes(2_000)

    limits = Limits(request_bytes=1_000, response_bytes=1_000, requests_per_peer=1)
    async with network(2, limits=limits) as (nodes, _):
        here, there = nodes[1], nodes[0].identity
        nodes[0].serve("/slow/1", slow)
        nodes[0].serve("/much/1", much)
        with pytest.raises(MessageTooLarge):
            await here.request(there, "/slow/1", bytes(1_001))
        with pytest.raises(RequestFailed, match="too-large"):
            await here.request(there, "/much/1", b"")
        with pytest.raises(RequestFailed, match="hung-up"):
            await here.request(there, "/nothing/1", b"")
        with pytest.raises(UnknownPeer):
            await here.request(here.identity, "/slow/1", b"")
        with pytest.raises(RequestTimedOut):
            await here.request(there, "/slow/1", b"", timeout_ms=50)
        await until(lambda: not nodes[0]._requests._serving)
        answers: list[str] = []

        async def ask() -> None:
            try:
                answers.append((await here.request(there, "/slow/1", b"")).decode())
            except RequestFailed as error:
                answers.append(error.reason)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            nursery.start_soon(ask)
        assert sorted(answers) == ["busy", "late"]
