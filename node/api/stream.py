"""``/v1/stream``: one WebSocket, from its greeting to its close.

One task reads what the client asks, one writes from a bounded queue, one sends heartbeats. A client that does not
keep up, does not answer or does not behave is closed with a code that says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from enum import IntEnum

import msgspec
import trio
from starlette.websockets import WebSocket, WebSocketDisconnect

from node.api.connection import Connection
from node.api.context import Context
from node.api.errors import NotNow
from node.api.forms_stream import (
    Alive,
    FromClient,
    Heartbeat,
    Hello,
    Refused,
    Reset,
    Subscribe,
    Subscribed,
    Unsubscribe,
)
from node.api.routing import problem
from p2p.buckets import TokenBucket

PATH = "/v1/stream"
#: Heartbeats that may go unanswered before a client counts as dead.
MOST_UNANSWERED = 2
#: How long a client that is being closed may take to read what is already on its way.
_LAST_WORDS_S = 1.0


class Close(IntEnum):
    """Codes of RFC 6455, and our own from 4000 on."""

    GONE = 1000
    GOING_AWAY = 1001
    SILENT = 4002
    LAGGING = 4008
    FLOODING = 4029


class Stream:
    """One client. ``tell`` never waits: a message that finds the queue full ends the stream."""

    def __init__(self, websocket: WebSocket, context: Context) -> None:
        self._websocket, self._context = websocket, context
        limits = context.settings.limits
        self.topics: set[str] = set()
        self._limits, self._unanswered = limits, 0
        self._send, self._queue = trio.open_memory_channel[bytes](limits.stream_queue)
        self._scope, self._close = trio.CancelScope(), Close.GONE
        self._bucket = TokenBucket(limits.stream_messages_per_s, 2 * limits.stream_messages_per_s, 0)

    def tell(self, message: bytes) -> None:
        try:
            self._send.send_nowait(message)
        except trio.WouldBlock:
            self._end(Close.LAGGING)

    async def run(self) -> Close:
        """Until either side ends it; returns why."""
        hub = self._context.hub
        await self._websocket.accept()
        self._say(Hello(hub.epoch, hub.ring.seq, self._limits.heartbeat_s))
        hub.readers.add(self)
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    for task in (self._read, self._write, self._beat, self._wait_for_the_end):
                        nursery.start_soon(task)
        finally:
            hub.readers.discard(self)
            with trio.move_on_after(_LAST_WORDS_S) as patience:
                patience.shield = True
                await self._say_good_bye()
        return self._close

    def _end(self, why: Close) -> None:
        if not self._scope.cancel_called:
            self._close = why
            self._hurry()
            self._scope.cancel()

    def _hurry(self) -> None:
        """What is being written to a client that does not read would wait beyond any cancelling."""
        connection = self._websocket.scope.get("state", {}).get("connection")
        if isinstance(connection, Connection):
            connection.hurry(_LAST_WORDS_S)

    async def _say_good_bye(self) -> None:
        try:
            await self._websocket.close(self._close.value, self._close.name.lower().replace("_", " "))
        except (RuntimeError, WebSocketDisconnect):
            return  # it has gone already

    # Tasks

    async def _read(self) -> None:
        try:
            while True:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                self._unanswered = 0
                if not self._bucket.take(1, int(trio.current_time() * 1_000_000)):
                    self._end(Close.FLOODING)
                    return
                self._hear(message.get("text") or message.get("bytes") or b"")
        except WebSocketDisconnect:
            pass
        self._end(Close.GONE)

    async def _write(self) -> None:
        async for message in self._queue:
            try:
                await self._websocket.send_text(message.decode())
            except (RuntimeError, WebSocketDisconnect):
                self._end(Close.GONE)
                return
            self._context.metrics.stream_sent()

    async def _beat(self) -> None:
        while True:
            await trio.sleep(self._limits.heartbeat_s)
            if self._unanswered >= MOST_UNANSWERED:
                self._end(Close.SILENT)
                return
            self._unanswered += 1
            self._say(Heartbeat(self._context.hub.ring.seq))

    async def _wait_for_the_end(self) -> None:
        await self._context.hub.ending.wait()
        self._end(Close.GOING_AWAY)

    # Messages

    def _hear(self, data: str | bytes) -> None:
        try:
            message = msgspec.json.decode(data, type=FromClient)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._say(Refused("stream.message", str(error)[:200]))
            return
        match message:
            case Subscribe():
                self._subscribe(message)
            case Unsubscribe():
                self.topics -= set(message.topics)
                self._say(Subscribed(sorted(self.topics), self._context.hub.ring.seq))
            case Alive():
                pass

    def _subscribe(self, message: Subscribe) -> None:
        hub, wanted = self._context.hub, set(message.topics)
        if len(self.topics | wanted) > self._limits.stream_topics:
            self._say(Refused("stream.topics", f"at most {self._limits.stream_topics} topics"))
            return
        self.topics |= wanted
        for topic in wanted:
            if ":" in topic:
                hub.watch(topic)
        self._say(Subscribed(sorted(self.topics), hub.ring.seq))
        if message.since is not None:
            missed = hub.ring.after(message.since, wanted) if message.epoch == hub.epoch else None
            self._replay(missed)

    def _replay(self, missed: Iterable[bytes] | None) -> None:
        hub = self._context.hub
        found = None if missed is None else list(missed)
        if found is None or len(found) > self._limits.stream_queue // 2:
            self._say(Reset(hub.epoch, hub.ring.seq, "what came since is not kept any more"))
            return
        for message in found:
            self.tell(message)

    def _say(self, message: msgspec.Struct) -> None:
        self.tell(msgspec.json.encode(message))


def endpoint(context: Context) -> Callable[[WebSocket], Awaitable[None]]:
    """The route's answer: at most so many streams at once."""

    # Counted from before the first await on: many that knock at once see one another.
    limits, taken = context.settings.limits, set[WebSocket]()

    async def answer(websocket: WebSocket) -> None:
        websocket.scope["operation"] = PATH
        if context.hub.ending.is_set() or len(taken) >= limits.streams:
            refusal = problem(NotNow("", f"{limits.streams} streams are open; try again later"))
            await websocket.send_denial_response(refusal)
            return
        taken.add(websocket)
        context.metrics.stream_opened()
        why = Close.GONE
        try:
            why = await Stream(websocket, context).run()
        finally:
            taken.discard(websocket)
            context.metrics.stream_closed(why.name.lower())

    return answer
