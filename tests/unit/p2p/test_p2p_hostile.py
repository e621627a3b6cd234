"""Every defect known of the library at this level, met with a raw peer: the host lives, and counts it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import trio
from libp2p.pubsub.pb import rpc_pb2

from p2p.base import EventKind, Limits, MessageTooLarge, RequestFailed, UnknownTopic, Verdict
from p2p.framing import varint
from p2p.libp2p import rpc as codec
from p2p.libp2p.transport import Libp2pTransport, open_transport
from p2p.messages import Rpc
from tests.p2p_hosts import GOSSIP, QUICK, TOPIC, Inbox, accept, network, raw_peer, settings, until


def framed(body: bytes) -> bytes:
    return varint(len(body)) + body


async def still_works(node: Libp2pTransport) -> None:
    """A newcomer joins and is heard."""
    async with open_transport(settings(99, node.addresses)) as other:
        Inbox(other)
        accepted = node.counters().get("accepted", 0)
        await until(lambda: node.mesh.mesh(TOPIC) != () and other.identity in node.mesh.mesh(TOPIC))
        await other.publish(TOPIC, b"after the storm")
        await until(lambda: node.counters().get("accepted", 0) > accepted)


async def test_an_rpc_that_is_not_protobuf_costs_its_sender_the_connection() -> None:
    """The stock library dies of it."""
    async with open_transport(settings(1)) as node:
        Inbox(node)
        async with raw_peer(node) as raw:
            await until(lambda: raw.name in node.peers())
            await raw.say(GOSSIP, framed(b"\xff" * 40))
            await until(lambda: node.counters().get("malformed_rpc") == 1)
            await until(lambda: raw.name not in node.peers())
        await still_works(node)


async def test_a_garbage_key_field_is_malformed() -> None:
    """The stock library dies of it; here no message carries a key at all."""
    message = rpc_pb2.Message(data=b"x", topicIDs=[TOPIC], from_id=b"me", key=b"garbage", signature=b"s")
    async with open_transport(settings(1)) as node:
        Inbox(node)
        async with raw_peer(node) as raw:
            await raw.say(GOSSIP, framed(rpc_pb2.RPC(publish=[message]).SerializeToString()))
            await until(lambda: node.counters().get("malformed_rpc") == 1)
        await still_works(node)


async def test_an_oversize_rpc_is_refused_at_its_length() -> None:
    """And two such ban the peer, which is told by an event and not let in again."""
    told = trio.Event()

    async def listen(node: Libp2pTransport) -> None:
        async for event in node.events():
            if event.kind is EventKind.BANNED:
                told.set()

    async with open_transport(settings(1)) as node, trio.open_nursery() as nursery:
        Inbox(node)
        nursery.start_soon(listen, node)
        for times in (1, 2):
            async with raw_peer(node) as raw:
                await raw.say(GOSSIP, varint(Limits().frame_bytes + 1))
                await until(partial(lambda n: node.counters().get("oversize_rpc") == n, times))
        await until(lambda: node.counters().get("banned") == 1)
        async with raw_peer(node):
            await until(lambda: node.counters().get("gated", 0) >= 1)
        await until(told.is_set)
        nursery.cancel_scope.cancel()


async def test_a_raising_validator_and_a_raising_handler_are_counted_and_go_on() -> None:
    """What the node's own code does wrong is held against nobody and stops nothing."""

    async def validate(sender: str, data: bytes) -> Verdict:
        if data == b"validator":
            raise RuntimeError(data)
        return Verdict.ACCEPT

    taken: list[bytes] = []

    async def handle(sender: str, data: bytes) -> None:
        taken.append(data)
        if data == b"handler":
            raise RuntimeError(data)

    async with open_transport(settings(1, mesh=QUICK)) as node:
        node.subscribe(TOPIC, validate, handle)
        async with raw_peer(node) as raw:
            said = [codec.encode(Rpc(messages=((TOPIC, data),))) for data in (b"validator", b"handler", b"good")]
            await raw.say(GOSSIP, b"".join(said))
            await until(lambda: b"good" in taken and b"handler" in taken)
            counted = node.counters()
            assert (counted["validator_failed"], counted["handler_failed"]) == (1, 1)
            assert not any(name.startswith("offence") for name in counted)


async def test_a_raising_server_answers_that_it_failed() -> None:
    """An exception in a stream handler ends the stock host."""

    async def server(peer: str, data: bytes) -> bytes:
        raise RuntimeError("no")

    async with network(2) as (nodes, _):
        nodes[0].serve("/fails/1", server)
        for _ in range(2):
            with pytest.raises(RequestFailed, match="failed"):
                await nodes[1].request(nodes[0].identity, "/fails/1", b"")
        assert nodes[0].counters()["server_failed"] == 2


async def test_a_stream_of_no_known_protocol_and_one_cut_off_are_survived() -> None:
    """So are streams of garbage where the protocol should be named."""
    async with open_transport(settings(1)) as node:
        Inbox(node)
        async with raw_peer(node) as raw:
            muxed = await raw.host.get_network().new_stream(raw._target)
            await muxed.write(b"\xff" * 200)
            with pytest.raises(Exception, match="stream"):
                await raw.stream("/nobody/1")
            cut = await raw.say(GOSSIP, varint(1_000) + b"half")
            await cut.reset()
        await still_works(node)


async def test_a_stream_that_comes_with_the_connection_is_heard() -> None:
    """The stock library crashes on a stream that is there before its service; here none can be."""
    async with open_transport(settings(1)) as node:
        box = Inbox(node)
        async with raw_peer(node) as raw:
            await raw.say(GOSSIP, codec.encode(Rpc(messages=((TOPIC, b"early"),))))
            await until(lambda: box.messages == [b"early"])


async def test_raw_bytes_on_the_port_do_nothing() -> None:
    """Neither a web browser, nor silence, nor noise."""
    async with open_transport(settings(1)) as node:
        Inbox(node)
        port = int(node.addresses[0].split("/")[4])
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 4_096, b""):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            if data:
                await stream.send_all(data)
            await stream.aclose()
        await still_works(node)


async def test_copies_that_come_while_a_validator_waits_are_delivered_once() -> None:
    """The stock library marks a message seen only after its validator, so all copies pass."""
    calls: list[bytes] = []

    async def slow(sender: str, data: bytes) -> Verdict:
        calls.append(data)
        await trio.sleep(0.05)
        return Verdict.ACCEPT

    taken: list[bytes] = []

    async def take(sender: str, data: bytes) -> None:
        taken.append(data)

    async with open_transport(settings(1)) as node:
        node.subscribe(TOPIC, slow, take)
        async with raw_peer(node) as raw:
            await raw.say(GOSSIP, 5 * codec.encode(Rpc(messages=((TOPIC, b"one"),))))
            await until(lambda: node.counters().get("duplicates") == 4 and taken == [b"one"])
            assert calls == [b"one"]


async def test_invalid_messages_ban_their_sender_and_ignored_ones_do_not() -> None:
    """Ten rejections are a ban; what is ignored may come again."""

    async def judge(sender: str, data: bytes) -> Verdict:
        return Verdict.IGNORE if data == b"later" else Verdict.REJECT

    async with open_transport(settings(1)) as node:
        node.subscribe(TOPIC, judge, accept)  # type: ignore[arg-type]
        async with raw_peer(node) as raw:
            later = codec.encode(Rpc(messages=((TOPIC, b"later"),)))
            stream = await raw.say(GOSSIP, later)
            await until(lambda: node.counters().get("ignored") == 1)
            await stream.write(later)
            await until(lambda: node.counters().get("ignored") == 2)
            bad = [codec.encode(Rpc(messages=((TOPIC, bytes([n])),))) for n in range(11)]
            await stream.write(b"".join(bad))
            await until(lambda: node.counters().get("banned") == 1)
            await until(lambda: raw.name not in node.peers())


async def test_control_floods_are_answered_by_a_bound() -> None:
    """IHAVE, IWANT, GRAFT, IDONTWANT and subscriptions beyond a heartbeat's share are offences."""
    flood = [Rpc(graft=(TOPIC,)), Rpc(ihave=((TOPIC, (b"i" * 32,)),)), Rpc(subscriptions=((True, "other"),))]
    async with open_transport(settings(1)) as node:
        Inbox(node)
        async with raw_peer(node) as raw:
            data = b"".join(codec.encode(rpc) for rpc in flood) * 200
            await raw.say(GOSSIP, data)
            await until(lambda: node.counters().get("banned") == 1)
        await still_works(node)


async def test_a_message_over_the_limit_is_refused_at_the_publisher() -> None:
    """The stock library lets it vanish; and a topic nobody here reads is an error too."""
    async with open_transport(settings(1)) as node:
        Inbox(node)
        with pytest.raises(MessageTooLarge):
            await node.publish(TOPIC, bytes(Limits().message_bytes + 1))
        with pytest.raises(UnknownTopic):
            await node.publish("other", b"x")


async def test_the_largest_message_arrives() -> None:
    """One network-wide limit: what the publisher lets through, the receiver takes."""
    async with network(2) as (nodes, boxes):
        await nodes[0].publish(TOPIC, bytes(Limits().message_bytes))
        await until(lambda: len(boxes[1].messages) == 1)
        assert "oversize_rpc" not in nodes[1].counters()


async def test_a_peer_that_ends_our_stream_now_and_then_keeps_its_connection() -> None:
    """Each frame over a new stream: those that fail count when they follow each other, not over days."""
    read: list[bytes] = []

    async def one_frame(stream: Any) -> None:
        read.append(await stream.read(65_536))
        await stream.reset()

    async with open_transport(settings(1)) as node:
        Inbox(node)
        async with raw_peer(node) as raw:
            raw.host.set_stream_handler(GOSSIP, one_frame)
            await until(lambda: raw.name in node.peers())
            await raw.say(GOSSIP, codec.encode(Rpc(subscriptions=((True, TOPIC),))))
            await until(lambda: node.mesh.mesh(TOPIC) == (raw.name,))
            for number in range(5):
                before = len(read)
                await node.publish(TOPIC, bytes([number]))
                await until(lambda before=before: len(read) > before)  # type: ignore[misc]
            assert node.counters()["write_failed"] >= 4
            assert raw.name in node.peers()
            assert node.counters().get("lost", 0) == 0
