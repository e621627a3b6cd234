"""The stream: what is told, going on after a break, heartbeats, and clients that do not keep up or behave."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Callable

import pytest
import trio

from node.api.hub import MAX_WATCHED, Hub
from node.api.metrics import Metrics
from node.api.settings import Limits
from node.api.stream import Close
from node.api.waiting import Waiting
from node.chain.blocks import Phase
from node.served import BlockDecided, PeerChanged
from tests.unit.node.api.desk import FAST, Desk, opened
from tests.unit.node.api.websocket import Rejected, stream

#: RFC 6455, section 7.4.1: what a reader takes an end without a closing message for.
CUT = 1006


class Watcher:
    """A stream that is told nothing."""

    def __init__(self) -> None:
        self.topics: set[str] = set()

    def tell(self, message: bytes) -> None: ...


def peer(number: int) -> PeerChanged:
    return PeerChanged("connected", f"peer {number}", "")


async def until(true: Callable[[], bool]) -> None:
    with trio.fail_after(20):
        while not true():
            await trio.sleep(0.01)


async def test_blocks_auctions_and_an_intents_life_are_told() -> None:
    """In order and without gaps; an intent is told of from its first block to its trade."""
    async with opened(FAST) as desk, stream(desk) as client:
        submitted = (await desk.writer.post("/v1/intents", json={"item": "0x" + desk.item().hex()})).json()
        topic = "intents:" + submitted["id"]
        await client.subscribe("blocks", "auctions", topic)
        told = [await client.hear("event") for _ in range(16)]
        numbers = [event["seq"] for event in told]
        assert numbers == sorted(set(numbers))
        heights = [event["data"]["height"] for event in told if event["topic"] == "blocks"]
        assert heights == list(range(heights[0], heights[0] + len(heights)))
        auctions = [event["data"] for event in told if event["topic"] == "auctions"]
        page = (await desk.client.get("/v1/auctions")).json()["auctions"]
        assert auctions
        assert all(auction in page for auction in auctions)
        lives = [event["data"] for event in told if event["topic"] == topic]
        assert lives
        assert lives[0]["intent"] == submitted["id"]


async def test_of_each_batch_that_an_intent_missed_it_is_told() -> None:
    """Though the ledger does not write it again: what was missed last, and why, is of its life."""
    async with opened(FAST) as desk, stream(desk) as client:
        items = ["0x" + desk.item().hex() for _ in range(8)]
        given = (await desk.writer.post("/v1/intents/batch", json={"items": items})).json()["results"]
        await client.subscribe(*("intents:" + one["id"] for one in given))
        missed: dict[str, set[int]] = {}
        with trio.fail_after(20):
            while max(map(len, missed.values()), default=0) < 3:
                life = (await client.hear("event"))["data"]
                if life["missed"] is not None and life["state"] != "expired":
                    missed.setdefault(life["intent"], set()).add(life["missed"]["auction"])


async def test_items_and_peers_are_told_to_those_who_ask() -> None:
    """Topics nobody asked for are silent; unsubscribing ends one."""
    async with opened() as desk, stream(desk) as client, stream(desk) as other:
        await client.subscribe("intents", "peers")
        await other.subscribe("blocks")
        answer = (await desk.writer.post("/v1/intents", json={"item": "0x" + desk.item().hex()})).json()
        event = await client.hear("event")
        assert event["topic"] == "intents"
        assert event["data"] == {"count": 1, "gossiped": False, "items": [answer["item"]]}
        desk.tell(peer(1))
        event = await client.hear("event")
        assert (event["topic"], event["data"]["peer"]) == ("peers", "peer 1")
        await client.say(type="unsubscribe", topics=["peers"])
        assert (await client.hear("subscribed"))["topics"] == ["intents"]
        desk.tell(peer(2))
        await client.subscribe("peers")
        desk.tell(peer(3))
        assert (await client.hear("event"))["data"]["peer"] == "peer 3"
        with trio.move_on_after(0.2):
            assert (await other.hear())["type"] != "event"


async def test_a_client_that_comes_back_goes_on_where_it_was() -> None:
    """Exactly the events between, of its topics, in order, each once; then what happens from now on."""
    async with opened() as desk:
        async with stream(desk) as client:
            await client.subscribe("peers")
            for number in range(5):
                desk.tell(peer(number))
            last = [await client.hear("event") for _ in range(5)][-1]
        for number in range(5, 12):
            desk.tell(peer(number))
        await desk.writer.post("/v1/intents", json={"item": "0x" + desk.item().hex()})
        await until(lambda: desk.node.status().acknowledged == 1)
        async with stream(desk) as client:
            assert client.greeting["epoch"]
            await client.subscribe("peers", epoch=client.greeting["epoch"], since=last["seq"])
            desk.tell(peer(12))
            found = [(await client.hear("event"))["data"]["peer"] for _ in range(8)]
            assert found == [f"peer {number}" for number in range(5, 13)]


@pytest.mark.parametrize("epoch", ["right", "wrong"])
async def test_a_client_that_was_away_too_long_is_told_to_begin_anew(epoch: str) -> None:
    """Where its events are not kept any more, or their numbers are of another run."""
    async with opened(limits=Limits(stream_ring=4)) as desk, stream(desk) as client:
        await client.subscribe("peers")
        for number in range(1, 11):
            desk.tell(peer(number))
        for _ in range(10):
            await client.hear("event")
        async with stream(desk) as other:
            told = other.greeting["epoch"] if epoch == "right" else "0" * 16
            await other.say(type="subscribe", topics=["peers"], epoch=told, since=2)
            reset = await other.hear("reset")
            assert (reset["epoch"], reset["seq"]) == (other.greeting["epoch"], 10)
            await other.say(type="subscribe", topics=["peers"], epoch=reset["epoch"], since=6)
            if epoch == "right":
                assert [(await other.hear("event"))["seq"] for _ in range(4)] == [7, 8, 9, 10]
            await other.say(type="subscribe", topics=["peers"], epoch=reset["epoch"], since=11)
            assert (await other.hear("reset"))["seq"] == 10


async def test_a_node_faster_than_the_interface_begins_new_numbers() -> None:
    """The hub lost events: every reader is told, under a new epoch. Who asked for the flood is lagging."""
    async with opened() as desk, stream(desk) as client, stream(desk) as drowned:
        await client.subscribe("blocks")
        await drowned.subscribe("peers")
        for number in range(20_000):
            desk.tell(peer(number))
        assert await drowned.closed() == Close.LAGGING
        reset = await client.hear("reset")
        assert reset["epoch"] != client.greeting["epoch"]
        await client.subscribe("peers")
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def again() -> None:
                """The hub listens again in a moment."""
                while True:
                    desk.tell(peer(1))
                    await trio.sleep(0.05)

            assert (await client.hear("event"))["seq"] == reset["seq"] + 1
            nursery.cancel_scope.cancel()


async def test_many_items_are_one_event() -> None:
    """However many come at once, a reader of the topic is not drowned."""
    async with opened() as desk, stream(desk) as client:
        await client.subscribe("intents")
        items = ["0x" + desk.item().hex() for _ in range(250)]
        for _ in range(2):
            await desk.writer.post("/v1/intents/batch", json={"items": items})
        told = 0
        while told < 250:
            data = (await client.hear("event"))["data"]
            assert len(data["items"]) == min(data["count"], 32)
            told += data["count"]
        assert told == 250


async def test_heartbeats_and_the_death_of_a_client_that_does_not_answer() -> None:
    """It is closed after two unanswered ones; one that answers stays."""
    async with opened(limits=Limits(heartbeat_s=0.1)) as desk, stream(desk) as client, stream(desk) as silent:
        assert client.greeting["heartbeat_s"] == 0.1
        async with trio.open_nursery() as nursery:

            async def answer() -> None:
                for _ in range(6):
                    await client.hear("heartbeat")
                    await client.say(type="alive")

            nursery.start_soon(answer)
            assert await silent.closed() == Close.SILENT
        await client.subscribe("peers")


async def test_a_client_that_does_not_read_is_closed_and_holds_nobody_up() -> None:
    """Its queue is bounded; others hear everything; its connection is cut though it never reads."""
    limits = Limits(stream_queue=32, send_s=30)
    async with opened(limits=limits) as desk, stream(desk) as good:
        await good.subscribe("peers")
        async with stream(desk) as slow:
            await slow.subscribe("peers")
            # Random, as the stream compresses; far more than the kernel keeps for a client that does not read.
            for number in range(600):
                desk.tell(PeerChanged("connected", str(number), secrets.token_hex(20_000)))
                assert (await good.hear("event"))["data"]["peer"] == str(number)
            await closed_as(desk, "lagging")
            with trio.fail_after(10):
                await cut(slow.tcp)


async def closed_as(desk: Desk, why: str) -> None:
    """Until the node's own figures say that one stream is closed, and why, and one is left."""
    with trio.fail_after(10):
        while f'walras_stream_closed_total{{why="{why}"}} 1.0' not in (
            text := (await desk.client.get("/metrics")).text
        ):
            await trio.sleep(0.05)
    assert "walras_stream_connections 1.0" in text


async def cut(connection: trio.SocketStream) -> None:
    """Returns when the other side has ended the connection, whatever was on its way."""
    try:
        while await connection.receive_some(1 << 16):
            pass
    except trio.BrokenResourceError:
        return


async def test_nonsense_is_refused_and_a_flood_is_closed() -> None:
    """Each wrong message has its answer; too many a second end the stream."""
    async with opened(limits=Limits(stream_topics=2)) as desk:
        async with stream(desk) as client:
            deep = '{"type":"subscribe","topics":' + "[" * 10_000
            wrong = ("", "{", "[]", '{"type":"buy"}', '{"type":"subscribe"}', '{"type":"alive","x":1}', "\0", deep)
            for text in wrong:
                await client.send(text)
                assert (await client.hear())["type"] == "refused", text[:40]
            for topics in (
                [],
                ["everything"],
                ["intents:0x"],
                ["intents:0xABCD"],
                ["intents:0xabc"],
                ["blocks", 7],
            ):
                await client.say(type="subscribe", topics=topics)
                assert (await client.hear())["code"] == "stream.message", topics
            await client.say(type="subscribe", topics=["blocks", "auctions", "peers"])
            assert (await client.hear())["code"] == "stream.topics"
            await client.send(b'{"type":"alive"}')
            assert (await client.subscribe("blocks"))["topics"] == ["blocks"]
        async with stream(desk) as client:
            for _ in range(100):
                await client.say(type="alive")
            assert await client.closed() == Close.FLOODING
        async with stream(desk) as client:
            await client.say(type="alive", more="x" * 20_000)
            assert await client.closed() == 1009


async def test_pages_of_others_and_more_than_enough_streams_are_not_let_in() -> None:
    """403 for a strange origin or name, 503 beyond the limit; the node's own page is let in."""
    async with opened(limits=Limits(streams=1)) as desk:
        for headers in ([(b"origin", b"http://evil.example")], [(b"origin", b"null")]):
            with pytest.raises(Rejected) as refused:
                async with stream(desk, headers):
                    pass
            assert refused.value.status == 403
        port = desk.url.rpartition(":")[2]
        async with stream(desk, [(b"origin", f"http://localhost:{port}".encode())]):
            with pytest.raises(Rejected) as full:
                async with stream(desk):
                    pass
            assert full.value.status == 503
            assert json.loads(full.value.body)["code"] == "api.not-now"


async def test_of_many_streams_at_once_no_more_are_let_in_than_there_may_be() -> None:
    """They all knock before the first has been let in; a place that is left is there for the next."""
    async with opened(limits=Limits(streams=2)) as desk:
        refused, done = 0, trio.Event()

        async def knock() -> None:
            nonlocal refused
            try:
                async with stream(desk):
                    await done.wait()
            except* Rejected:
                refused += 1

        async with trio.open_nursery() as nursery:
            for _ in range(12):
                nursery.start_soon(knock)
            with trio.move_on_after(5):
                await until(lambda: refused == 10)
            done.set()
        assert refused == 10
        async with stream(desk):
            pass


async def test_frames_are_not_unfolded() -> None:
    """Compression is not agreed to, whoever offers it; a frame that is compressed all the same ends the stream."""
    async with opened() as desk, stream(desk, [(b"sec-websocket-extensions", b"permessage-deflate")]) as client:
        assert client.extensions == []
        bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = (bomb.compress(b"a" * (1 << 20)) + bomb.flush(zlib.Z_SYNC_FLUSH))[:-4]
        await client.tcp.send_all(bytes([0xC1, 0x80 | 126]) + len(data).to_bytes(2, "big") + bytes(4) + data)
        assert await client.closed() == CUT


async def test_a_mistake_in_telling_ends_neither_stream_nor_node(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be told is in the log; the next event is told."""
    async with opened() as desk, stream(desk) as client:
        await client.subscribe("peers", "blocks")

        def breaks(*_: object) -> None:
            raise RuntimeError("a mistake")

        monkeypatch.setattr(desk.node.history, "auctions", breaks)
        desk.tell(BlockDecided(2, Phase.SETTLE, 1, b"", 0, b"", 0))
        desk.tell(peer(7))
        assert (await client.hear("event"))["data"]["peer"] == "peer 7"
        assert "could not be told" in caplog.text


async def test_auctions_are_told_though_the_history_is_ahead() -> None:
    """Several may be settled before the first is told, as when a node catches up: each is told all the same."""
    async with opened(FAST) as desk:
        await desk.until(9)
        async with stream(desk) as client:
            await client.subscribe("auctions")
            desk.tell(BlockDecided(2, Phase.SETTLE, 1, b"", 0, b"", 0))
            told = [(await client.hear("event"))["data"]["number"] for _ in range(3)]
            assert 1 in told


async def test_intents_that_nobody_watches_any_more_are_forgotten_without_a_block() -> None:
    """A node whose network has halted is not filled by a reader that watches one intent after another."""
    async with opened() as desk:
        waiting = Waiting(desk.node.item, desk.node.network)
        hub, reader = Hub(desk.node, Metrics(desk.node), waiting, Limits(stream_ring=4)), Watcher()
        hub.readers.add(reader)
        for number in range(2 * MAX_WATCHED):
            reader.topics = {f"intents:0x{number:064x}"}
            hub.watch(*reader.topics)
            assert len(hub._watched) <= MAX_WATCHED
        assert hub._watched.keys() >= reader.topics
