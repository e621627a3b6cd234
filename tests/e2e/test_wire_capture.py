"""What real nodes send each other, captured where it enters the transport, read by docs/wire.md alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from node.catchup.library import Keeping
from node.chain.genesis import network_of
from node.live.opening import open_live
from p2p.libp2p.transport import Libp2pTransport
from tests.live_nodes import Minter, addresses, follower, genesis, network, same_root, until
from tests.wire_forms import DOCUMENT, decoded, forms, unpacked

FORMS = forms(DOCUMENT.read_text(encoding="utf-8"))
TWO = genesis(2)
NETWORK = network_of(TWO)


@dataclass
class Capture:
    """(topic, data) of every message published, (protocol, request, answer) of every request answered."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    requests: list[tuple[str, bytes, bytes]] = field(default_factory=list)


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> Capture:
    """All transports of the test are listened to."""
    held = Capture()
    publish, request = Libp2pTransport.publish, Libp2pTransport.request

    async def published(self: Libp2pTransport, topic: str, data: bytes) -> int:
        held.messages.append((topic, data))
        return await publish(self, topic, data)

    async def requested(self: Libp2pTransport, peer: str, protocol: str, data: bytes, *args: Any) -> bytes:
        answer = await request(self, peer, protocol, data, *args)
        held.requests.append((protocol, data, answer))
        return answer

    monkeypatch.setattr(Libp2pTransport, "publish", published)
    monkeypatch.setattr(Libp2pTransport, "request", requested)
    return held


def split(pack: bytes) -> list[bytes]:
    """The items of a pack: ``0x01 ‖ (varint ‖ bytes)*``."""
    assert pack[0] == 1
    found, at = [], 1
    while at < len(pack):
        length = shift = 0
        while True:
            length |= (pack[at] & 127) << shift
            shift += 7
            at += 1
            if pack[at - 1] < 128:
                break
        found.append(pack[at : at + length])
        at += length
    return found


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_presence(data: bytes) -> str:
    record, signature = unpacked(data)
    inner = msgpack.packb(record, use_bin_type=True)
    said = decoded(inner, "Presence", FORMS)
    key = Ed25519PublicKey.from_public_bytes(said["identity"])
    key.verify(signature, sha(b"walras/presence/1\0", NETWORK, inner))
    if said["key"]:
        proof = sha(b"walras/peer/1\0", NETWORK, said["identity"])
        Ed25519PublicKey.from_public_bytes(said["key"]).verify(said["proof"], proof)
    return str(said["role"])


def read_word(word: bytes) -> str:
    """What it is, by its first byte; every field fits."""
    kind, body = word[0], word[1:]
    match kind:
        case 0 | 1:
            name, said = decoded(body, "Message" if kind == 0 else "PeerMessage", FORMS)
            if name in ("body", "decision"):
                read_block(said["block"])
            if name in ("links", "manifest"):
                for checkpoint in said.get("checkpoints", [said.get("checkpoint")]):
                    decoded(checkpoint["header"], "Header", FORMS)
            return str(name)
        case 2:
            height, block = unpacked(body)
            assert isinstance(height, int)
            assert len(block) == 32
            return "want_body"
        case 3:
            (ids,) = unpacked(body)
            assert 1 <= len(ids) <= 256
            return "want_items"
        case 4:
            return "item " + str(decoded(body, "Item", FORMS)[0])
        case _:
            assert kind == 5
            decoded(body, "Offer", FORMS)
            return "offer"


def read_block(block: bytes) -> None:
    end = 4 + int.from_bytes(block[:4], "big")
    header = decoded(block[4:end], "Header", FORMS)
    assert header["network"] == NETWORK
    body = decoded(block[end:], "BlockBody", FORMS)
    ids = [sha(b"walras/item/1\0", item) for item in body["items"]]
    assert ids == sorted(ids, key=lambda number: sha(header["previous"], number))
    for item in body["items"]:
        decoded(item, "Item", FORMS)


def read_request(protocol: str, request: bytes, answer: bytes) -> list[str]:
    match protocol:
        case "/walras/hello/1":
            said = decoded(request, "Hello", FORMS)
            number, body = unpacked(answer)
            assert number == 0
            back = decoded(msgpack.packb(body, use_bin_type=True), "Hello", FORMS)
            assert said["network"] == back["network"] == NETWORK
            return ["hello"]
        case "/walras/words/1":
            assert answer in (b"", b"\x01")
            return [read_word(word) for word in split(request)]
        case "/walras/fetch/1":
            if answer:
                assert sha(answer) == request
                return ["fetched " + read_word(answer)]
            return []
        case _:
            pytest.fail(protocol)


async def test_all_that_nodes_say_is_as_the_document_has_it(tmp_path: Path, capture: Capture) -> None:
    """Two validators and a solver's answers, a batch large enough to be offered, a follower that comes late."""
    minter = Minter(TWO)
    async with network(tmp_path, TWO, keeping=Keeping(snapshot_every=2, keep_decisions=6)) as nodes:
        await until(lambda: all(node.status().ready for node in nodes), 40)
        for item in minter.items(300, nodes[0].status().auction):
            await nodes[1].submit(item)
        await until(lambda: nodes[0].status().height >= 15, 60)
        async with open_live(follower(tmp_path / "late", TWO, 5, addresses(*nodes))) as late:
            await until(lambda: late.status().height >= 12, 60)
            await until(lambda: same_root(*nodes, late), 60)
    seen: Counter[str] = Counter()
    for topic, data in capture.messages:
        match topic:
            case _ if topic == f"walras/1/{NETWORK.hex()}/items":
                seen.update("gossip " + decoded(item, "Item", FORMS)[0] for item in split(data))
            case _:
                assert topic == f"walras/1/{NETWORK.hex()}/presence"
                seen["presence of a " + read_presence(data)] += 1
    for protocol, request, answer in capture.requests:
        seen.update(read_request(protocol, request, answer))
    said = {"vote", "proposal", "seen", "body", "status", "decision", "hello", "offer", "manifest", "want_chunk"}
    said |= {"gossip intent", "gossip commit", "gossip reveal", "presence of a validator", "presence of a full"}
    assert said <= set(seen), seen
