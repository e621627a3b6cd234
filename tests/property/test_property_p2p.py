"""Laws of the transport without I/O: frames, packs, buckets, waits, scores, and the mesh under anything."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2p.backoff import Backoff
from p2p.base import Limits
from p2p.buckets import KeyedBuckets, TokenBucket
from p2p.framing import BadFrame, Chunks, VarintFrames, chunks, varint
from p2p.libp2p import rpc as codec
from p2p.memory import MessageCache, Seen
from p2p.mesh import Mesh, MeshParams
from p2p.messages import Rpc, message_id
from p2p.packing import BadPack, Packer, PackLimits, pack, unpack
from p2p.scoring import Offence, Scores

blobs = st.binary(max_size=300)
items = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=40)


def cut(data: bytes, rng: random.Random) -> list[bytes]:
    """``data`` in pieces."""
    pieces = []
    while data:
        size = rng.randint(1, max(1, min(len(data), 64)))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@settings(max_examples=40)
@given(st.lists(blobs, max_size=20), st.randoms(use_true_random=False))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[bytes], rng: random.Random) -> None:
    """A stream has no borders of its own."""
    reader = VarintFrames(300)
    stream = b"".join(varint(len(frame)) + frame for frame in frames)
    assert [frame for piece in cut(stream, rng) for frame in reader.feed(piece)] == frames


@settings(max_examples=40)
@given(st.binary(max_size=5_000), st.randoms(use_true_random=False))
def test_chunks_come_out_as_they_went_in(data: bytes, rng: random.Random) -> None:
    """And say when they are done."""
    reader = Chunks(5_000)
    for piece in cut(b"".join(chunks(data)), rng):
        assert not reader.done
        reader.feed(piece)
    assert reader.done
    assert reader.message == data


@settings(max_examples=40)
@given(st.integers(301, 2**35 - 1))
def test_a_length_over_the_limit_is_refused_before_its_bytes(length: int) -> None:
    """A length bomb costs its own five bytes."""
    with pytest.raises(BadFrame):
        VarintFrames(300).feed(varint(length))
    with pytest.raises(BadFrame):
        Chunks(300).feed(min(length, 2**32 - 1).to_bytes(4, "big"))


@settings(max_examples=40)
@given(items)
def test_a_pack_is_unpacked_to_its_items(packed: list[bytes]) -> None:
    """And there is only one way to write it."""
    limits = PackLimits()
    data = pack(packed)
    assert unpack(data, limits) == packed
    for wrong in (data + b"\x00", data[:-1], b"\x02" + data[1:], b"", b"\x01"):
        with pytest.raises(BadPack):
            unpack(wrong, limits)


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_pack_written_as_we_would_or_none(data: bytes) -> None:
    """Decoding and encoding again gives the same bytes."""
    with contextlib.suppress(BadPack):
        assert pack(unpack(data, PackLimits())) == data


@settings(max_examples=40)
@given(items, st.integers(1, 8), st.integers(250, 600))
def test_a_packer_loses_nothing_and_keeps_its_limits(sent: list[bytes], most: int, size: int) -> None:
    """Everything comes out once, in order, in packs within the limits."""
    limits = PackLimits(items=most, pack_bytes=size)
    packer = Packer(limits)
    packs = [full for n, item in enumerate(sent) if (full := packer.add(item, n)) is not None]
    rest = packer.flush()
    packs += [rest] if rest else []
    assert [item for data in packs for item in unpack(data, limits)] == sent
    assert packer.due_ms() is None


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 500_000), st.integers(1, 20)), max_size=60))
def test_a_bucket_lets_through_no_more_than_its_rate_and_burst(asked: list[tuple[int, int]]) -> None:
    """Over any stretch from the start, whatever is asked for."""
    bucket, now_us, taken = TokenBucket(10, 30, 0), 0, 0
    for passed_us, tokens in asked:
        now_us += passed_us
        taken += tokens * bucket.take(tokens, now_us)
        assert taken * 1_000_000 <= 30 * 1_000_000 + 10 * now_us


@settings(max_examples=40)
@given(st.lists(st.integers(0, 100), max_size=200))
def test_buckets_by_key_are_bounded_and_apart(keys: list[int]) -> None:
    """One key's thirst is not another's, and memory is that of a fixed number."""
    buckets = KeyedBuckets[int](1, 2, 10)
    for key in keys:
        buckets.take(key, 1, 0)
        assert len(buckets) <= 10
    fresh = KeyedBuckets[str](1, 2, 10)
    assert [fresh.take("a", 1, 0) for _ in range(4)] == [True, True, False, False]
    assert fresh.take("b", 1, 0)


@settings(max_examples=40)
@given(st.integers(0, 40), st.integers())
def test_waits_grow_to_their_ceiling_and_begin_anew_after_success(failures: int, seed: int) -> None:
    """Every wait is between half of its ceiling and the ceiling."""
    backoff = Backoff(random.Random(seed), 250, 4_000)
    for n in range(failures):
        ceiling = min(4_000, 250 * 2**n)
        assert ceiling / 2 <= backoff.failed() <= ceiling
    backoff.succeeded()
    assert backoff.failed() <= 250


@settings(max_examples=40)
@given(st.lists(st.sampled_from(list(Offence)), max_size=30))
def test_a_ban_comes_at_a_hundred_points_and_ends(offences: list[Offence]) -> None:
    """Points without time passing are a sum; with time, they are forgotten."""
    scores = Scores(ban_ms=1_000)
    total, told = 0, 0
    for offence in offences:
        told += scores.penalise("p", offence, 0)
        total += int(offence)
    assert told == (total >= 100) == scores.banned("p", 0)
    assert not scores.banned("p", 1_000)
    assert scores.points("p", 10_000_000) < 0.01


@settings(max_examples=40)
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=2), st.integers(0, 50)), max_size=100))
def test_memory_is_bounded(said: list[tuple[bytes, int]]) -> None:
    """What is seen and kept never exceeds its numbers."""
    seen, cache = Seen(100, 20), MessageCache(3, 10, 25)
    for now_ms, (data, kind) in enumerate(said):
        fresh = data not in seen
        assert seen.add(data, now_ms) is fresh
        cache.put(data, "t", data)
        if kind == 0:
            cache.shift()
        assert len(seen) <= 20
        assert len(cache) <= 10


topics = st.sampled_from(["a", "b", "c"])
mids = st.binary(min_size=32, max_size=32)
rpcs = st.builds(
    Rpc,
    subscriptions=st.lists(st.tuples(st.booleans(), topics), max_size=4).map(tuple),
    messages=st.lists(st.tuples(topics, blobs), max_size=2).map(tuple),
    ihave=st.lists(st.tuples(topics, st.lists(mids, max_size=3).map(tuple)), max_size=2).map(tuple),
    iwant=st.lists(mids, max_size=3).map(tuple),
    graft=st.lists(topics, max_size=3).map(tuple),
    prune=st.lists(st.tuples(topics, st.integers(0, 3_600)), max_size=3).map(tuple),
    idontwant=st.lists(mids, max_size=3).map(tuple),
)


@settings(max_examples=40)
@given(rpcs)
def test_an_rpc_is_decoded_to_what_was_encoded(rpc: Rpc) -> None:
    """Over protobuf and back, through the frame reader."""
    [frame] = VarintFrames(1_000_000).feed(codec.encode(rpc))
    assert codec.decode(frame, Limits()) == rpc


@settings(max_examples=40)
@given(st.binary(max_size=400))
def test_any_bytes_are_an_rpc_or_refused(data: bytes) -> None:
    """No other exception comes out of the decoder."""
    with contextlib.suppress(codec.BadRpc):
        codec.decode(data, Limits())


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 19), rpcs, st.booleans()), max_size=60), st.integers())
def test_the_mesh_keeps_its_bounds_whatever_it_is_told(said: list[tuple[int, Rpc, bool]], seed: int) -> None:
    """Members are peers that listen, at most ``degree_high``; every answer can be encoded."""
    params = MeshParams()
    mesh = Mesh(params, Limits(), random.Random(seed), lambda peer: True, lambda peer, offence: None)
    mesh.join("a")
    mesh.join("b")
    for number in range(20):
        mesh.add_peer(str(number))
    for now, (number, rpc, beat) in enumerate(said):
        for answer in mesh.handle(str(number), rpc, 1_000 * now):
            codec.encode(answer)
        for topic, data in rpc.messages:
            mesh.route(message_id(topic, data), topic, data, str(number))
        sends = mesh.heartbeat(1_000 * now) if beat else []
        assert all(name.isdigit() for name, _ in sends)
        for topic in ("a", "b"):
            assert len(mesh.mesh(topic)) <= params.degree_high
            assert set(mesh.mesh(topic)) <= set(mesh.listeners(topic))


def test_a_topic_is_part_of_a_messages_name() -> None:
    """So a good message said under a wrong topic first is not lost under the right one."""
    assert message_id("a", b"x") != message_id("b", b"x")
