"""docs/wire.md is true to the bytes: an encoder written from it alone, against ours and a live node."""

from __future__ import annotations

import hashlib
from pathlib import Path

import trio

from p2p.base import Limits
from p2p.framing import chunks
from p2p.libp2p import rpc as codec
from p2p.libp2p.bounds import STREAMS
from p2p.libp2p.transport import open_transport
from p2p.mesh import MeshParams
from p2p.messages import Rpc, message_id
from p2p.packing import PackLimits, pack
from p2p.scoring import Offence
from tests.p2p_hosts import GOSSIP, TOPIC, Inbox, raw_peer, settings, until

TEXT = (Path(__file__).parents[3] / "docs" / "wire.md").read_text(encoding="utf-8")


def leb128(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number % 128 + 128]), number // 128
    return out + bytes([number])


def field(number: int, body: bytes) -> bytes:
    """A protobuf field of bytes."""
    return leb128(number * 8 + 2) + leb128(len(body)) + body


def test_every_part_of_an_rpc_is_at_its_number() -> None:
    """By hand, and by the codec."""
    mid = bytes(range(32))
    rpc = Rpc(
        subscriptions=((True, "t"),),
        messages=(("t", b"data"),),
        ihave=(("t", (mid,)),),
        iwant=(mid,),
        graft=("t",),
        prune=(("t", 60),),
        idontwant=(mid,),
    )
    control = (
        field(1, field(1, b"t") + field(2, mid))
        + field(2, field(1, mid))
        + field(3, field(1, b"t"))
        + field(4, field(1, b"t") + bytes([3 * 8, 60]))
        + field(5, field(1, mid))
    )
    body = (
        field(1, bytes([8, 1]) + field(2, b"t")) + field(2, field(2, b"data") + field(4, b"t")) + field(3, control)
    )
    assert codec.encode(rpc) == leb128(len(body)) + body


def test_ids_packs_and_chunks_are_as_written() -> None:
    """Each by its line in the document."""
    assert message_id("t", b"data") == hashlib.sha256(b"t\x00data").digest()
    assert pack([b"a", b"b" * 200]) == b"\x01" + b"\x01a" + b"\xc8\x01" + b"b" * 200
    data = bytes(1_048_577)
    assert b"".join(chunks(data)) == b"\x00\x10\x00\x00" + data[:-1] + b"\x00\x00\x00\x01\x00" + bytes(4)


def test_the_numbers_are_those_of_the_code() -> None:
    """Every default the document states."""
    limits, mesh, packs = Limits(), MeshParams(), PackLimits()
    for number in (
        limits.message_bytes, limits.frame_bytes, limits.request_bytes, limits.response_bytes, limits.connections,
        limits.ping_interval_ms, limits.ping_timeout_ms, limits.requests_per_peer, limits.requests_in_all,
        limits.request_timeout_ms, limits.seen_ms // 1_000, limits.ban_ms // 1_000, mesh.degree, mesh.degree_low,
        mesh.degree_high, mesh.heartbeat_ms, mesh.history_windows, mesh.gossip_windows, mesh.backoff_s,
        mesh.ids_per_heartbeat, mesh.idontwant_bytes, mesh.forward_ms, limits.connections_per_subnet,
        packs.items, packs.pack_bytes, packs.linger_ms, STREAMS, limits.arrivals_per_s,
        limits.arrivals_burst,
    ):  # fmt: skip
        assert f"`{number:,}`" in TEXT or f"≤ {number:,}" in TEXT, number
    points = [Offence.MALFORMED, Offence.OVERSIZE, Offence.INVALID, Offence.FLOOD]
    assert [int(point) for point in points] == [55, 60, 10, 5]


async def test_a_live_node_understands_and_answers_by_the_document() -> None:
    """A message and a request built by hand, on raw streams."""
    async with open_transport(settings(1)) as node:
        box = Inbox(node)

        async def twice(peer: str, data: bytes) -> bytes:
            return 2 * data

        node.serve("/twice/1", twice)
        async with raw_peer(node) as raw:
            body = field(2, field(2, b"by hand") + field(4, TOPIC.encode()))
            await raw.say(GOSSIP, leb128(len(body)) + body)
            await until(lambda: box.messages == [b"by hand"])
            stream = await raw.say("/twice/1", b"\x00\x00\x00\x02ab" + bytes(4))
            answer = b""
            with trio.fail_after(5):
                while not answer.endswith(bytes(4)):
                    answer += await stream.read(100)
            assert answer == b"\x00\x00\x00\x05\x00abab" + bytes(4)
            await stream.reset()
