"""A node on its standard input and output: items in frames come in, acknowledgements in frames go out.

In: items, each after its length (4 bytes, big-endian). Out: frames of a kind (1 byte), a length (4) and a payload.
Items are numbered from 0 in the order they came. At the end of the input the node ends in good order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import trio

from intents.errors import WalrasError
from node.agreement.effects import Broadcast
from node.agreement.wire import encode_message
from node.chain.blocks import MAX_ITEM_BYTES
from node.effects import Effect
from node.embedded.errors import BadFrame, Stopped
from node.embedded.groups import Group
from node.embedded.node import Node

_LENGTH: Final = struct.Struct(">I")
_HEADER: Final = struct.Struct(">BI")
_NUMBER: Final = struct.Struct(">I")
#: Read at once: so many items are checked before anything else gets its turn.
_READ: Final = 1 << 14
#: Groups whose acknowledgement is under way.
_UNDER_WAY: Final = 256


class Kind(IntEnum):
    """READY: the last decided height (8 bytes, −1: none). DURABLE: numbers of items (4 bytes each). REFUSED: a
    number and why. SAID: a message of this validator, after it was on disk."""

    READY = 0
    DURABLE = 1
    REFUSED = 2
    SAID = 3


def item_frame(item: bytes) -> bytes:
    return _LENGTH.pack(len(item)) + item


def frame(kind: Kind, payload: bytes) -> bytes:
    return _HEADER.pack(kind, len(payload)) + payload


def taken(buffer: bytearray) -> Iterator[tuple[Kind, bytes]]:
    """Take whole frames off the front; for whoever reads a node's output."""
    while len(buffer) >= _HEADER.size:
        kind, length = _HEADER.unpack_from(buffer)
        if len(buffer) < _HEADER.size + length:
            return
        payload = bytes(buffer[_HEADER.size : _HEADER.size + length])
        del buffer[: _HEADER.size + length]
        yield Kind(kind), payload


def numbers(payload: bytes) -> list[int]:
    """The items that a DURABLE frame acknowledges."""
    return [number for (number,) in _NUMBER.iter_unpack(payload)]


class Pipe:
    """Serves one node on two streams."""

    def __init__(self, source: trio.abc.ReceiveStream, sink: trio.abc.SendStream) -> None:
        self._source, self._sink = source, sink
        self._out = bytearray()
        self._written = trio.Event()
        self._reading = trio.CancelScope()

    def said(self, effect: Effect) -> None:
        """What leaves the node: its messages to other validators."""
        if isinstance(effect, Broadcast):
            self._put(frame(Kind.SAID, encode_message(effect.message)))

    def finish(self) -> None:
        """Read no more; what was read is still answered."""
        self._reading.cancel()

    async def serve(self, node: Node) -> None:
        """Until the input ends; then the node is stopped, and this returns when it has written everything."""
        self._put(frame(Kind.READY, node.status.height.to_bytes(8, "big", signed=True)))
        send, receive = trio.open_memory_channel[tuple[Group, list[int]]](_UNDER_WAY)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write)
            nursery.start_soon(self._acknowledge, receive, nursery.cancel_scope)
            async with send:
                with self._reading:
                    await self._read(node, send)
                # Before the channel closes: what waits for the last group must not wait for more to come.
                node.stop()

    async def _read(self, node: Node, groups: trio.MemorySendChannel[tuple[Group, list[int]]]) -> None:
        buffer, number = bytearray(), 0
        while chunk := await self._source.receive_some(_READ):
            buffer += chunk
            under_way: list[tuple[Group, list[int]]] = []
            for item in _items(buffer):
                try:
                    group = node.admit(item)
                except Stopped:
                    return
                except WalrasError as error:
                    text = f"error[{error.code}]: {error}".encode()
                    self._put(frame(Kind.REFUSED, _NUMBER.pack(number) + text))
                else:
                    if not under_way or under_way[-1][0] is not group:
                        under_way.append((group, []))
                    under_way[-1][1].append(number)
                number += 1
            for entry in under_way:
                await groups.send(entry)

    async def _acknowledge(
        self, groups: trio.MemoryReceiveChannel[tuple[Group, list[int]]], scope: trio.CancelScope
    ) -> None:
        async for group, found in groups:
            await group.wait()
            self._put(frame(Kind.DURABLE, b"".join(map(_NUMBER.pack, found))))
        while self._out:
            await trio.sleep(0.001)
        scope.cancel()

    def _put(self, data: bytes) -> None:
        self._out += data
        self._written.set()

    async def _write(self) -> None:
        while True:
            await self._written.wait()
            self._written = trio.Event()
            data = bytes(self._out)
            await self._sink.send_all(data)
            del self._out[: len(data)]


def _items(buffer: bytearray) -> Iterator[bytes]:
    while len(buffer) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(buffer)
        if length > MAX_ITEM_BYTES:
            raise BadFrame("input", f"an item of {length} bytes, at most {MAX_ITEM_BYTES} are read")
        if len(buffer) < _LENGTH.size + length:
            return
        item = bytes(buffer[_LENGTH.size : _LENGTH.size + length])
        del buffer[: _LENGTH.size + length]
        yield item
