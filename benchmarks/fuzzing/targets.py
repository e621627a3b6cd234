"""The decoders of what peers send: domain messages first, then packs, RPCs and frames below them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from benchmarks.fuzzing import corpus, wires
from benchmarks.fuzzing.grammar import intent_value, made
from benchmarks.fuzzing.mutate import spoilt
from benchmarks.fuzzing.target import Target, WrittenTwice, canonical, raw, same
from intents.canonical import Value, read_bytes, read_list
from intents.canonical import pack as canonical_bytes
from intents.canonical import unpack as canonical_value
from intents.codec import decode_intent, encode_intent
from node.agreement.messages import parts_of
from node.agreement.wire import MESSAGE, decode_message, encode_message
from node.catchup.wire import PEER_MESSAGE, decode_peer, encode_peer
from node.chain.blocks import BODY, HEADER, decode_block, decode_header, encode_block, encode_header
from node.chain.items import ITEM, check_item, decode_item, encode_item
from p2p.base import Limits
from p2p.framing import BadFrame, Chunks, VarintFrames
from p2p.libp2p import rpc
from p2p.packing import BadPack, PackLimits, pack, unpack
from settlement.solution_codec import SOLUTION, decode_solution, encode_solution

_FRAME_BYTES = 1_000
_PARTS = [parts_of(block) for block in corpus.blocks()]
_HEADERS = canonical(partial(made, HEADER), [head[4:] for head, _ in _PARTS])
_BODIES = canonical(partial(made, BODY), [body for _, body in _PARTS])


def peer_targets() -> tuple[Target, ...]:
    solutions = tuple(map(encode_solution, corpus.solutions()))
    intents = tuple(_intent_bytes(item) for item in corpus.items()[:4])
    return (
        Target("item", canonical(partial(made, ITEM), corpus.items()), _item, warm=fill_caches),
        Target("intent", canonical(intent_value, intents), _intent, warm=fill_caches),
        Target("agreement", canonical(partial(made, MESSAGE), corpus.agreement()), _message),
        Target("block", _block_bytes, _block),
        Target("catch-up", canonical(partial(made, PEER_MESSAGE), corpus.peer()), _peer),
        Target("revealed solutions", _reveals(canonical(_solution_value, solutions)), _revealed),
        Target("pack", raw(corpus.packs()), _pack, (BadPack,)),
        Target("gossip rpc", _rpc_bytes, _rpc, (rpc.BadRpc,)),
        Target("gossip frames", wires.frames, _frames, (BadFrame,)),
        Target("request chunks", wires.chunked, _chunks, (BadFrame,)),
    )


def _intent_bytes(item: bytes) -> bytes:
    value = canonical_value(item, "item", limit=len(item))
    assert isinstance(value, list)
    assert isinstance(value[1], list)
    assert isinstance(value[1][0], list)
    return canonical_bytes([1, *value[1][0]])


def fill_caches() -> None:
    """More sound intents than any cache of the codecs holds."""
    for nonce in range(1 << 15):
        _item(corpus.intent(100 + nonce))


def _item(data: bytes) -> None:
    item = decode_item(data)
    same(data, encode_item(item))
    check_item(item, corpus.network())


def _intent(data: bytes) -> None:
    same(data, encode_intent(decode_intent(data)))


def _message(data: bytes) -> None:
    message = decode_message(data)
    same(data, encode_message(message))
    block = getattr(message, "block", None)
    if block is not None and len(block) != 32:
        decode_block(block)


def _block_bytes(rng: Random) -> bytes:
    """A header and a body, by their forms or with a branch changed, and the length that parts them."""
    block = rng.choice(corpus.blocks())
    size = int.from_bytes(block[:4], "big")
    header = _HEADERS(rng) if rng.random() < 0.5 else block[4 : 4 + size]
    body = _BODIES(rng) if rng.random() < 0.7 else block[4 + size :]
    data = len(header).to_bytes(4, "big") + header + body
    return data if rng.random() < 0.85 else spoilt(data, rng, corpus.blocks())


def _block(data: bytes) -> None:
    same(data, encode_block(decode_block(data)))


def _peer(data: bytes) -> None:
    message = decode_peer(data)
    same(data, encode_peer(message))
    for checkpoint in getattr(message, "checkpoints", ()):
        same(checkpoint.header, encode_header(decode_header(checkpoint.header)))


def _solution_value(rng: Random) -> Value:
    body = made(SOLUTION, rng)
    assert isinstance(body, list)
    return [1, *body]


def _reveals(solution: Callable[[Random], bytes]) -> Callable[[Random], bytes]:
    """One or two solutions in a list, some of the list's own bytes changed."""
    sound = corpus.reveals()

    def make(rng: Random) -> bytes:
        if rng.random() < 0.1:
            return spoilt(rng.choice(sound), rng, sound)
        return canonical_bytes([solution(rng) for _ in range(rng.choice((1, 1, 2)))])

    return make


def _revealed(data: bytes) -> None:
    """As a SETTLE block reads a reveal."""
    for item in read_list(canonical_value(data, "reveal", limit=1 << 20), "reveal", limit=256):
        _solution(read_bytes(item, "reveal", limit=1 << 20))


def _solution(data: bytes) -> None:
    same(data, encode_solution(decode_solution(data)))


def _pack(data: bytes) -> None:
    same(data, pack(unpack(data, PackLimits())))


def _rpc_bytes(rng: Random) -> bytes:
    data = wires.protobuf(rng) if rng.random() < 0.6 else rng.choice(corpus.rpcs())
    return data if rng.random() < 0.5 else spoilt(data, rng, corpus.rpcs())


def _rpc(data: bytes) -> None:
    found = rpc.decode(data, Limits())
    frame = rpc.encode(found)
    length = next(place for place, byte in enumerate(frame) if byte < 0x80) + 1
    if rpc.decode(frame[length:], Limits()) != found:
        raise WrittenTwice(data.hex()[:200])


def _frames(data: bytes) -> None:
    """In pieces, as a stream brings it: the first byte says how large they are."""
    reader = VarintFrames(_FRAME_BYTES)
    for piece in _pieces(data):
        assert all(len(frame) <= _FRAME_BYTES for frame in reader.feed(piece))


def _chunks(data: bytes) -> None:
    reader = Chunks(_FRAME_BYTES)
    for piece in _pieces(data):
        reader.feed(piece)
    assert len(reader.message) <= _FRAME_BYTES


def _pieces(data: bytes) -> list[bytes]:
    step = 1 + (data[0] if data else 0) % 61
    return [data[at : at + step] for at in range(1, len(data), step)]
