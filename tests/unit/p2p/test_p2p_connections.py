"""Who is let in, who is kept, who is dropped and who is dialled again; and that stopping leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio
from libp2p import new_host
from libp2p.network.exceptions import SwarmException
from libp2p.peer.id import ID
from libp2p.security.insecure.transport import PLAINTEXT_PROTOCOL_ID, InsecureTransport
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from p2p.base import AddressInUse, BadAddress, Limits
from p2p.libp2p.host import address, build_host
from p2p.libp2p.identity import key_pair
from p2p.libp2p.reaching import why_not_reached
from p2p.libp2p.supervise import PING
from p2p.libp2p.transport import open_transport
from tests.p2p_hosts import TOPIC, Inbox, network, settings, until

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(number: int, port: int, *known: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A peer in another process, ready."""
    command = [sys.executable, "-m", "tests.p2p_process", str(number), str(port), *known]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            assert await trio.to_thread.run_sync(child.stdout.readline) == b"ready\n"
            yield child
        finally:
            child.kill()


async def test_a_hung_peer_is_dropped_within_ten_seconds() -> None:
    """Its process is stopped, so its sockets stay open and nothing comes of them."""
    async with open_transport(settings(1)) as node:
        Inbox(node)
        async with process(2, 0, *node.addresses) as child:
            await until(lambda: len(node.mesh.mesh(TOPIC)) == 1)
            os.kill(child.pid, signal.SIGSTOP)
            await until(lambda: node.peers() == (), 10)
            assert node.counters()["hung"] + node.counters().get("write_stalled", 0) == 1


async def test_a_killed_peer_is_missed_at_once() -> None:
    """Its kernel says so."""
    async with open_transport(settings(1)) as node:
        async with process(2, 0, *node.addresses):
            await until(lambda: len(node.peers()) == 1)
        await until(lambda: node.peers() == (), 2)


async def test_a_stream_to_a_peer_that_is_gone_dials_nobody() -> None:
    """Though the library knows where it listens, as it said so itself: whom to dial the supervisor knows."""
    async with open_transport(settings(2)) as other:
        host, listens = build_host(settings(1).seed, Limits(), lambda failure: None), Multiaddr(other.addresses[0])
        name = ID.from_string(listens.value_for_protocol("p2p"))
        host.get_peerstore().add_addrs(name, [listens], 3_600)
        with pytest.raises(SwarmException, match="not connected with"):
            await host.new_stream(name, [PING])
        assert other.peers() == ()


async def test_a_lost_peer_is_dialled_again_within_five_seconds() -> None:
    """It comes back at the same address, and nobody but us knows it went."""
    async with open_transport(settings(1)) as node:
        Inbox(node)
        port = 0
        async with open_transport(settings(2)) as other:
            Inbox(other)
            port = int(other.addresses[0].split("/")[4])
            node.want(other.addresses[0])
            await until(lambda: len(node.peers()) == 1)
        await until(lambda: node.peers() == ())
        await trio.sleep(1)
        async with open_transport(settings(2, listen=(f"/ip4/127.0.0.1/tcp/{port}",))) as other:
            Inbox(other)
            await until(lambda: len(node.peers()) == 1 and len(other.mesh.mesh(TOPIC)) == 1, 5)


@pytest.mark.parametrize("kind", ["dns", "dns4"])
async def test_a_peer_is_dialled_by_a_name_that_only_this_machine_knows(kind: str) -> None:
    """As `localhost` is, and what stands in the hosts file: the library asks name servers alone."""
    async with open_transport(settings(1)) as node, open_transport(settings(2)) as other:
        port, peer = int(other.addresses[0].split("/")[4]), other.identity
        node.want(f"/{kind}/localhost/tcp/{port}/p2p/{peer}")
        await until(lambda: node.peers() == (peer,))


async def test_who_is_there_in_a_peers_place_is_told() -> None:
    """Its key was made anew, or an address leads elsewhere: the handshake ends, and names whom it met."""
    async with open_transport(settings(1)) as node, open_transport(settings(2)) as other:
        sought = str(ID.from_pubkey(key_pair(settings(3).seed).public_key))
        _, there = address(other.addresses[0].replace(other.identity, sought))
        with pytest.raises(SwarmException) as refused:
            await node._network.dial_addr(there, ID.from_string(sought))
        assert why_not_reached(refused.value) == f"peer {other.identity} is there in its place"


async def test_two_that_dial_each_other_at_once_keep_one_connection() -> None:
    """The stock library keeps both, and every stream is luck."""
    async with open_transport(settings(1)) as one, open_transport(settings(2)) as two:
        boxes = [Inbox(one), Inbox(two)]
        async with trio.open_nursery() as nursery:
            for here, there in ((one, two), (two, one)):
                peer, parsed = address(there.addresses[0])
                nursery.start_soon(here._network.dial_addr, parsed, ID.from_string(str(peer)))
        await until(lambda: all(len(n._network.get_connections()) == 1 for n in (one, two)))
        await until(lambda: len(one.mesh.mesh(TOPIC)) == len(two.mesh.mesh(TOPIC)) == 1)
        await one.publish(TOPIC, b"from one")
        await two.publish(TOPIC, b"from two")
        await until(lambda: [box.messages for box in boxes] == [[b"from two"], [b"from one"]])


async def test_plaintext_is_refused() -> None:
    """A default host of the library accepts it."""
    keys = key_pair(bytes(32))
    host = new_host(key_pair=keys, sec_opt={PLAINTEXT_PROTOCOL_ID: InsecureTransport(keys)})
    async with open_transport(settings(1)) as node:
        peer, parsed = address(node.addresses[0])
        async with background_trio_service(host.get_network()):
            with pytest.raises(Exception, match=r"(?i)fail|security|dial"):
                await host.get_network().dial_addr(parsed, ID.from_string(str(peer)))
            await host.close()
        assert node.peers() == ()


async def test_a_taken_port_is_an_error() -> None:
    """The library would share it, and half the connections would go astray."""
    async with open_transport(settings(1)) as node:
        taken = node.addresses[0].split("/p2p/")[0]
        with pytest.raises(AddressInUse):
            async with open_transport(settings(2, listen=(taken,))):
                pytest.fail("opened")
        with pytest.raises(BadAddress):
            node.want("/ip4/not/an/address")


async def test_there_are_no_more_connections_than_the_limit() -> None:
    """The one too many is closed; those within are kept."""
    async with (
        open_transport(settings(1, limits=Limits(connections=1))) as node,
        open_transport(settings(2)) as one,
    ):
        one.want(node.addresses[0])
        await until(lambda: node.peers() == (one.identity,))
        async with open_transport(settings(3, node.addresses)):
            await until(lambda: node.counters().get("too_many_connections", 0) >= 1)
            assert node.peers() == (one.identity,)


async def test_inbound_connections_give_their_places_back() -> None:
    """The stock library keeps each until the host closes, and then takes no more."""
    async with open_transport(settings(1, limits=Limits(connections=2))) as node:
        for number in range(2, 9):
            async with open_transport(settings(number, node.addresses)) as other:
                await until(partial(lambda peer: peer in node.peers(), other.identity))
        await until(lambda: node.peers() == ())


async def test_the_denied_and_the_not_allowed_are_not_let_in() -> None:
    """By peer id, which the library cannot."""
    async with open_transport(settings(2)) as other:
        nobody = frozenset({"12D3KooW"})
        for rule in (settings(1, deny=frozenset({other.identity})), settings(1, allow=nobody)):
            async with open_transport(rule) as node:
                other.want(node.addresses[0])
                await until(partial(lambda n: n.counters().get("gated", 0) > 0, node))
                assert node.peers() == ()


async def test_stopping_under_load_leaves_no_task_and_no_socket() -> None:
    """Publishers at work, a request under way: out in two seconds, and descriptors as before."""
    before, tasks = _descriptors(), trio.lowlevel.current_statistics().tasks_living

    async def slow(peer: str, data: bytes) -> bytes:
        await trio.sleep(60)
        return b""

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery, network(3) as (nodes, _):
            nodes[0].serve("/slow/1", slow)

            async def chatter(number: int) -> None:
                for n in range(100_000):
                    await nodes[number].publish(TOPIC, bytes([number]) + n.to_bytes(500, "big"))
                    await trio.sleep(0)

            for number in range(3):
                nursery.start_soon(chatter, number)
            nursery.start_soon(nodes[1].request, nodes[0].identity, "/slow/1", b"")
            await trio.sleep(0.3)
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await trio.sleep(0.05)
            started = trio.current_time()
        assert trio.current_time() - started < 6
    await until(lambda: _descriptors() <= before)
    assert trio.lowlevel.current_statistics().tasks_living <= tasks


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_an_address_heard_elsewhere_does_not_replace_the_operators() -> None:
    """A peer behind a proxy may announce an address that nobody can reach."""
    async with open_transport(settings(2)) as other, open_transport(settings(1, other.addresses)) as node:
        node.want(f"/ip4/127.0.0.1/tcp/1/p2p/{other.identity}")
        await until(lambda: node.peers() == (other.identity,))
