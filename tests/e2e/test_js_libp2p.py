"""js-libp2p and Walras understand each other: a program written from docs/wire.md, in another language, joins."""

from __future__ import annotations

import pytest
import trio

from p2p.libp2p.transport import open_transport
from p2p.packing import PackLimits, pack, unpack
from tests.js_peer import js_peer
from tests.p2p_hosts import QUICK, TOPIC, Inbox, settings, until

SEED = b"\x07" * 32


async def test_gossip_goes_both_ways_with_packs_and_ids_of_content() -> None:
    """It publishes a pack we unpack, and reads one of ours; either side may have dialled."""
    async with open_transport(settings(1, mesh=QUICK)) as node, js_peer(TOPIC, SEED) as js:
        box = Inbox(node)
        await js.ask("dial", address=node.addresses[0])
        await until(lambda: len(node.mesh.mesh(TOPIC)) == 1)
        assert await js.ask("publish", items=[b"from js".hex(), (b"x" * 300).hex()]) == 1
        await until(lambda: len(box.messages) == 1)
        assert unpack(box.messages[0], PackLimits()) == [b"from js", b"x" * 300]
        await node.publish(TOPIC, pack([b"to js", b"y" * 200]))
        heard = await js.event(lambda event: event["event"] == "items")
        assert [bytes.fromhex(item) for item in heard["items"]] == [b"to js", b"y" * 200]
        assert not any(name.startswith("offence") for name in node.counters())


async def test_we_dial_it_and_it_stays_connected() -> None:
    """It answers our pings for as long as they are sent."""
    async with js_peer(TOPIC, SEED) as js, open_transport(settings(2, mesh=QUICK)) as node:
        Inbox(node)
        ready = await js.event(lambda event: event["event"] == "ready")
        node.want(ready["addresses"][0])
        await until(lambda: node.peers() == (ready["peer"],))
        await trio.sleep(2.5)
        assert node.peers() == (ready["peer"],)
        assert node.counters().get("lost", 0) == 0


async def test_it_makes_a_request_over_a_stream_of_ours() -> None:
    """In chunks, more than one of them each way; and is told of a server that fails."""

    async def doubled(peer: str, data: bytes) -> bytes:
        return 2 * data

    async def fails(peer: str, data: bytes) -> bytes:
        raise RuntimeError("no")

    async with open_transport(settings(3)) as node, js_peer(TOPIC, SEED) as js:
        node.serve("/twice/1", doubled)
        peer = await js.ask("dial", address=node.addresses[0])
        assert peer == node.identity
        for data in (b"", b"ab", bytes(700_000)):
            answer = await js.ask("request", peer=peer, protocol="/twice/1", data=data.hex())
            assert bytes.fromhex(answer) == 2 * data
        node.serve("/fails/1", fails)
        with pytest.raises(AssertionError, match="refused: 1"):
            await js.ask("request", peer=peer, protocol="/fails/1", data="")
