"""What a peer may have a node hold, how long it is waited for, and that nobody is heard who was not let in."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from libp2p.stream_muxer.yamux.yamux import DEFAULT_WINDOW_SIZE
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from p2p.base import Limits, RequestFailed, Verdict
from p2p.libp2p import rpc as codec
from p2p.libp2p.bounds import STREAMS
from p2p.libp2p.host import build_host
from p2p.libp2p.outbox import Outbox
from p2p.libp2p.patience import Patience
from p2p.libp2p.peerstore import PeerStore
from p2p.libp2p.transport import open_transport
from p2p.mesh import Mesh, MeshParams
from p2p.messages import Rpc, message_id
from tests.p2p_hosts import GOSSIP, TOPIC, Inbox, RawPeer, network, raw_peer, settings, until


def yamux(host: Any) -> Any:
    """The only connection of a host."""
    (connection,) = host.get_network().get_connections()
    return connection.muxed_conn


async def test_a_peer_that_sends_beyond_its_window_loses_its_stream_not_our_memory() -> None:
    """The stock library warns in its log and keeps every byte."""

    async def never(sender: str, data: bytes) -> Verdict:
        await trio.sleep_forever()
        raise AssertionError

    async with open_transport(settings(1)) as node:
        node.subscribe(TOPIC, never, Inbox(node, "unused").take)
        async with raw_peer(node) as raw:
            stream = await raw.stream(GOSSIP)
            stream.muxed_stream.send_window = 1 << 40
            said = [codec.encode(Rpc(messages=((TOPIC, bytes([n]) * 50_000),))) for n in range(200)]
            with trio.move_on_after(5):
                await stream.write(b"".join(said))
            await until(lambda: node.counters().get("window_overrun", 0) > 0)
            held = yamux(node._host).stream_buffers.values()
            assert sum(map(len, held)) <= 2 * DEFAULT_WINDOW_SIZE


async def test_a_peer_may_not_open_streams_without_end() -> None:
    """Those over the bound come to nothing, and the connection goes on."""
    async with open_transport(settings(1)) as node:
        box = Inbox(node)
        async with raw_peer(node) as raw:
            await until(lambda: raw.name in node.peers())
            wire = yamux(raw.host)
            for number in range(1_001, 1_001 + 2 * (STREAMS + 20), 2):
                await wire._write_frame(struct.pack("!BBHII", 0, 1, 1, number, 0))
            await until(lambda: node.counters().get("too_many_streams", 0) >= 20)
            assert len(yamux(node._host).streams) <= STREAMS
        async with raw_peer(node, 201) as other:
            await other.say(GOSSIP, codec.encode(Rpc(messages=((TOPIC, b"heard"),))))
            await until(lambda: box.messages == [b"heard"])


async def test_of_a_stream_that_was_reset_nothing_is_kept() -> None:
    """Though the peer filled it before and goes on after."""
    async with open_transport(settings(1)) as node, raw_peer(node) as raw:
        box = Inbox(node)
        await until(lambda: raw.name in node.peers())
        ours = yamux(node._host)
        for number in range(2_001, 2_041, 2):
            head = struct.pack("!BBHII", 0, 0, 1, number, 20_000)
            await yamux(raw.host)._write_frame(head + b"\xff" * 20_000)
        await raw.say(GOSSIP, codec.encode(Rpc(messages=((TOPIC, b"after them"),))))
        await until(lambda: box.messages == [b"after them"])
        await until(lambda: not ours.streams.keys() - range(2_000))
        assert not ours.stream_buffers.keys() - range(2_000)


async def test_no_stream_is_heard_of_a_peer_that_was_not_let_in() -> None:
    """The library takes streams before it says whose the connection is."""
    heard: list[Any] = []
    counted: list[str] = []

    async def nobody(peer: str) -> bool:
        return False

    async def handle(stream: Any) -> None:
        heard.append(stream)

    host = build_host(settings(1).seed, Limits(), counted.append, nobody)
    host.set_stream_handler("/secret/1", handle)
    async with background_trio_service(host.get_network()):
        await host.get_network().listen(Multiaddr("/ip4/127.0.0.1/tcp/0"))
        other = build_host(settings(2).seed, Limits(), counted.append)
        async with background_trio_service(other.get_network()):
            await other.get_network().dial_addr(host.get_addrs()[0], host.get_id())
            with pytest.raises(Exception, match="stream"):
                await RawPeer(other, str(host.get_id())).stream("/secret/1")
            await until(lambda: "stream_refused" in counted)
            await other.close()
        await host.close()
    assert heard == []


@pytest.mark.parametrize(("ip", "refused"), [("203.0.113.5", 7), ("127.0.0.1", 0)])
async def test_a_subnet_begins_connections_at_a_rate(
    ip: str, refused: int, mock_clock: trio.testing.MockClock
) -> None:
    """A handshake costs us more than it costs who begins it, and who is refused begins another."""
    counted: list[str] = []

    class Silent:
        """A connection that ends before a word of the handshake."""

        def get_remote_address(self) -> tuple[str, int]:
            return ip, 4_001

        async def read(self, size: int | None = None) -> bytes:
            return b""

        async def write(self, data: bytes) -> None:
            await trio.lowlevel.checkpoint()

        async def close(self) -> None:
            await trio.lowlevel.checkpoint()

    limits = Limits(arrivals_per_s=1, arrivals_burst=3)
    handle = build_host(settings(1).seed, limits, counted.append).get_network()._handle_inbound_connection
    for _ in range(10):
        await handle(Silent(), None)
    assert (counted.count("inbound_too_often"), counted.count("inbound_failed")) == (refused, 10 - refused)


async def test_a_stream_of_a_stranger_makes_it_no_neighbour() -> None:
    """Its gossip would be heard, and its place in the mesh kept, though its connection was refused."""

    class Strange:
        """A stream of a peer that is not connected."""

        def __init__(self, peer: str) -> None:
            self.muxed_conn, self.muxed_stream = self, self
            self.peer_id, self.stream_id, self.conn = peer, 1, self
            self.streams: dict[int, Any] = {}
            self.stream_buffers = self.stream_events = self.streams
            self.resets = 0

        async def read(self, size: int = 0) -> bytes:
            return codec.encode(Rpc(subscriptions=((True, TOPIC),), graft=(TOPIC,)))

        async def reset(self) -> None:
            self.resets += 1

    async with open_transport(settings(1)) as node:
        Inbox(node)
        stream = Strange(str(build_host(settings(2).seed, Limits(), print).get_id()))
        with trio.move_on_after(0.5):
            await node._gossip._read(stream)
        assert stream.resets == 1
        assert (node.mesh.listeners(TOPIC), node.mesh.mesh(TOPIC)) == ((), ())


async def test_what_the_process_slept_through_is_held_against_nobody(mock_clock: trio.testing.MockClock) -> None:
    """Of a leap of the clock two ticks count; time that passes tick by tick counts whole."""
    patience, ended = Patience(), []

    async def wait() -> None:
        try:
            with patience.fail_after(4):
                await trio.sleep_forever()
        except trio.TooSlowError:
            ended.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(patience.run)
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        for _ in range(3):
            mock_clock.jump(3_600)
            await trio.testing.wait_all_tasks_blocked()
        assert ended == []
        for _ in range(30):
            mock_clock.jump(0.2)
            await trio.testing.wait_all_tasks_blocked()
        assert 10_802 <= ended[0] <= 10_804.1
        assert len(patience) == 0
        nursery.cancel_scope.cancel()


async def test_patience_ends_with_what_it_was_for() -> None:
    """Work done in time, or failed, leaves no limit behind."""
    patience = Patience()
    with patience.fail_after(1):
        assert len(patience) == 1
    with pytest.raises(KeyError), patience.fail_after(1):
        raise KeyError
    assert len(patience) == 0


def test_of_back_offs_the_first_are_forgotten() -> None:
    """A peer costs nothing to make: however many prune us, so many are remembered."""
    blamed: list[str] = []
    mesh = Mesh(
        MeshParams(), Limits(backoffs=3), random.Random(1), lambda peer: True, lambda peer, _: blamed.append(peer)
    )
    mesh.join(TOPIC)
    for number in range(9):
        mesh.add_peer(f"p{number}")
        mesh.handle(f"p{number}", Rpc(prune=((TOPIC, 3_600),)), 0)
    for number in range(9):
        mesh.handle(f"p{number}", Rpc(graft=(TOPIC,)), 1)
    assert blamed == ["p6", "p7", "p8"]


async def test_peers_made_up_do_not_keep_a_node_from_dialling_others() -> None:
    """Whoever fills its list with names that answer to nobody is forgotten first; the operator's word is not."""
    async with open_transport(settings(2)) as other, open_transport(settings(3)) as told:
        limits = Limits(known_peers=4)
        async with open_transport(settings(1, (other.addresses[0],), limits=limits)) as node:
            await until(lambda: node.peers() == (other.identity,))
            for number in range(10, 30):
                made_up = build_host(settings(number).seed, Limits(), print).get_id()
                node.want(f"/ip4/127.0.0.1/tcp/1/p2p/{made_up}")
            await until(lambda: node.counters().get("dial_failed", 0) >= 3)
            node.want(told.addresses[0])
            await until(lambda: set(node.peers()) == {other.identity, told.identity})


async def test_a_peer_answers_no_more_than_it_may_be_asked_for() -> None:
    """A short question is no invitation to fill our memory: what is longer is refused, and charged."""

    async def much(peer: str, data: bytes) -> bytes:
        return bytes(int(data))

    async with network(2, limits=Limits(responses=(("/short/1", 100),))) as (nodes, _):
        for protocol in ("/short/1", "/long/1"):
            nodes[0].serve(protocol, much)
        assert len(await nodes[1].request(nodes[0].identity, "/short/1", b"100")) == 100
        assert len(await nodes[1].request(nodes[0].identity, "/long/1", b"5000000")) == 5_000_000
        with pytest.raises(RequestFailed, match="malformed"):
            await nodes[1].request(nodes[0].identity, "/short/1", b"101")
        assert nodes[1].counters()["offence_malformed"] == 1


def test_who_is_met_again_costs_no_disk(tmp_path: Path) -> None:
    """Only a new peer or a new address is written."""
    path = tmp_path / "peers.json"
    store = PeerStore(path, 3)
    store.met("a", "/ip4/127.0.0.1/tcp/1")
    written = path.stat().st_ino
    store.met("a", "/ip4/127.0.0.1/tcp/1")
    assert path.stat().st_ino == written
    store.met("a", "/ip4/127.0.0.1/tcp/2")
    assert PeerStore(path, 3).addresses() == {"a": "/ip4/127.0.0.1/tcp/2"}


async def test_what_waits_for_a_neighbour_goes_in_one_frame() -> None:
    """When it is released, in order, as one RPC, without what the neighbour has by then; of very many a part."""
    outbox = Outbox(Limits())
    said = [(TOPIC, bytes([number])) for number in range(100)]
    for topic, data in said:
        assert outbox.put(codec.body(Rpc(messages=((topic, data),))), message_id(topic, data), urgent=False)
    with trio.move_on_after(0) as scope:
        await outbox.take()
    assert scope.cancelled_caught
    outbox.discard(message_id(*said[0]))
    outbox.release()
    frames = [await outbox.take(), await outbox.take()]
    read = [codec.decode(frame[2:], Limits()).messages for frame in frames]
    assert [len(messages) for messages in read] == [64, 35]
    assert read[0] + read[1] == tuple(said[1:])
    outbox.close()
    assert await outbox.take() == b""


async def test_neighbours_are_forwarded_to_one_part_after_another(mock_clock: trio.testing.MockClock) -> None:
    """Were all served first by the neighbour of a flood, its own messages would be over its share with all."""
    async with open_transport(settings(1, listen=())) as node:
        gossip = node._gossip
        gossip._peers = {f"p{number}": gossip._new_peer() for number in range(8)}
        for peer in gossip._peers.values():
            peer.outbox.put(b"rpc", urgent=False)
        gossip._forwarding.set()
        released: list[int] = []
        for _ in range(4):
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(MeshParams().forward_ms / 4_000)
            await trio.testing.wait_all_tasks_blocked()
            released.append(sum(peer.outbox._due for peer in gossip._peers.values()))
        assert released == [2, 4, 6, 8]
        gossip._peers.clear()


def test_rpcs_one_after_another_are_one_with_all_their_parts() -> None:
    """As the library that reads them sees it."""
    first = Rpc(subscriptions=((True, "a"),), messages=(("a", b"1"),), ihave=(("a", (bytes(32),)),), graft=("a",))
    second = Rpc(messages=(("b", b"2"),), iwant=(b"i" * 32,), graft=("b",), prune=(("c", 60),))
    body = codec.framed([codec.body(first), codec.body(second)])
    assert codec.decode(body[1:] if len(body) < 130 else body[2:], Limits()) == Rpc(
        subscriptions=first.subscriptions,
        messages=first.messages + second.messages,
        ihave=first.ihave,
        iwant=second.iwant,
        graft=("a", "b"),
        prune=second.prune,
    )
