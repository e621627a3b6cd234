"""Sockets and Noise frames asked without the library's detours: the same bytes, and the same ends."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from libp2p.io.exceptions import ConnectionClosedError, IncompleteReadError
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.security.noise.io import NoiseTransportReadWriter
from libp2p.security.secure_session import SecureSession
from noise.connection import Keypair, NoiseConnection  # type: ignore[import-untyped]
from noise.exceptions import NoiseInvalidMessage  # type: ignore[import-untyped]

from p2p.libp2p.quick import QuickSocket, ReadAhead
from p2p.libp2p.sealed import Sealed, quick_session


def sockets() -> tuple[QuickSocket, QuickSocket]:
    """The two ends of a connection."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    ends = [trio.SocketStream(trio.socket.from_stdlib_socket(end)) for end in (one, other)]
    return QuickSocket(TrioTCPStream(ends[0])), QuickSocket(TrioTCPStream(ends[1]))


def keys() -> tuple[Any, Any]:
    """Two states of Noise that have shaken hands."""
    ends = []
    for initiator in (True, False):
        state = NoiseConnection.from_name(b"Noise_XX_25519_ChaChaPoly_SHA256")
        state.set_as_initiator() if initiator else state.set_as_responder()
        state.set_keypair_from_private_bytes(Keypair.STATIC, bytes([1 + initiator]) * 32)
        state.start_handshake()
        ends.append(state)
    one, other = ends
    for writer, reader in ((one, other), (other, one), (one, other)):
        reader.read_message(writer.write_message())
    return one, other


@settings(max_examples=25, deadline=None)
@given(
    parts=st.lists(st.integers(1, 200_000), min_size=1, max_size=4),
    sizes=st.lists(st.integers(1, 150_000), min_size=1, max_size=4),
    opened=st.binary(max_size=40),
)
def test_what_is_sealed_is_read_as_it_was_written(parts: list[int], sizes: list[int], opened: bytes) -> None:
    """In whatever pieces, over frames and what the session had read already; and then the end."""
    said = [bytes([turn + 1]) * size for turn, size in enumerate(parts)]
    whole = opened + b"".join(said)

    async def main() -> bytes:
        (here, there), (own, its) = sockets(), keys()
        writer, reader = Sealed(ReadAhead(here), own), Sealed(ReadAhead(there), its, opened)
        found = b""

        async def write() -> None:
            for part in said:
                await writer.write(part)
            await here.close()

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write)
                while len(found) < len(whole):
                    for size in sizes:
                        part = await reader.read(min(size, len(whole) - len(found)))
                        found += part
            with pytest.raises(IncompleteReadError):
                await reader.read(1)
        await there.close()
        return found

    assert trio.run(main) == whole


async def test_what_the_session_had_read_already_is_not_lost() -> None:
    """The first frame of the multiplexer may come with the last of the handshake's."""
    (here, there), (own, its) = sockets(), keys()
    me: Any = None  # of whom nothing is asked here
    conn = NoiseTransportReadWriter(RawConnection(ReadAhead(there), initiator=False), its)
    session = SecureSession(
        local_peer=me,
        local_private_key=me,
        remote_peer=me,
        remote_permanent_pubkey=me,
        is_initiator=False,
        conn=conn,
    )
    writer = Sealed(ReadAhead(here), own)
    await writer.write(b"/yamux/1.0.0 and more")
    assert await session.read(12) == b"/yamux/1.0.0"
    quick_session(session)
    await writer.write(b" to come")
    with trio.fail_after(5):
        assert await session.read(17) == b" and more to come"
    await here.close()
    await there.close()


async def test_a_frame_of_nothing_ends_the_connection_and_is_never_said() -> None:
    """Whoever sends nothing, again and again, costs as much as whoever sends something."""
    (here, there), (own, its) = sockets(), keys()
    writer, reader = Sealed(ReadAhead(here), own), Sealed(ReadAhead(there), its)
    await writer.write(b"")
    await writer.write(b"something")
    assert await reader.read(9) == b"something"
    frame = own.encrypt(b"")
    await here.write(len(frame).to_bytes(2, "big") + frame)
    with trio.fail_after(5), pytest.raises(ConnectionClosedError, match="an empty frame"):
        await reader.read(1)
    await here.close()
    await there.close()


async def test_a_frame_that_was_changed_is_not_believed() -> None:
    """One bit is enough."""
    (here, there), (own, its) = sockets(), keys()
    frame = bytearray(own.encrypt(b"pay Alice"))
    frame[0] ^= 1
    await here.write(len(frame).to_bytes(2, "big") + bytes(frame))
    with pytest.raises(NoiseInvalidMessage):
        await Sealed(ReadAhead(there), its).read(1)
    await here.close()
    await there.close()


async def test_a_small_piece_is_written_at_once_and_a_large_one_as_there_is_room() -> None:
    """Nobody else has a turn for the first; who writes more than the socket takes waits, and can be cancelled."""
    here, there = sockets()
    turns: list[int] = []

    async def turn() -> None:
        turns.append(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(turn)
        await here.write(b"small")
        assert not turns
    assert await there.read(9) == b"small"
    large, found = bytes(32 << 20), 0
    with trio.move_on_after(0.05) as scope:
        await here.write(large)
    assert scope.cancelled_caught
    with trio.CancelScope() as scope:
        scope.cancel()
        await here.write(b"x")
    assert scope.cancelled_caught
    await here.close()
    while part := await there.read(1 << 20):
        found += len(part)
    assert 0 < found < len(large)
    await there.close()


async def test_who_is_cancelled_in_the_middle_of_a_frame_breaks_no_connection() -> None:
    """What had begun is said whole, before what is written next; what had not is never sealed."""
    (here, there), (own, its) = sockets(), keys()
    writer, reader = Sealed(ReadAhead(here), own), Sealed(ReadAhead(there), its)
    large = bytes(16 << 20)
    for size in (len(large), 7):
        with trio.move_on_after(0.05) as scope:
            await writer.write(large[:size])
        assert scope.cancelled_caught
    with trio.CancelScope() as scope:
        scope.cancel()
        await writer.write(b"never")
    assert scope.cancelled_caught
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.write, b"next")
            assert await reader.read(len(large)) == large
            assert await reader.read(4) == b"next"
    await here.close()
    await there.close()


async def test_who_is_cancelled_as_anothers_rest_has_left_has_sealed_nothing() -> None:
    """Between the last of what had begun and the next frame, too."""
    (here, there), (own, its) = sockets(), keys()

    class EndsItsWriter(ReadAhead):
        async def write(self, data: bytes) -> None:
            await super().write(data)
            if not data:
                scope.cancel()

    writer, reader = Sealed(EndsItsWriter(here), own), Sealed(ReadAhead(there), its)
    here.unsent = bytes([0, 19]) + own.encrypt(b"old")  # what a cancelled writer left
    with trio.CancelScope() as scope:
        await writer.write(b"never")
    assert scope.cancelled_caught
    with trio.fail_after(5):
        await writer.write(b"next")
        assert await reader.read(7) == b"oldnext"
    await here.close()
    await there.close()


async def test_the_end_of_a_connection_is_what_it_is_to_the_library() -> None:
    """Nothing where either side has closed it, read from and written to or not; an error where it was cut."""
    here, there = sockets()
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            assert await there.read(1) == b""

        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        await there.close()
    assert await there.read(1) == b""
    await there.write(b"to nobody")
    await here.close()
    here, there = sockets()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(here.write, bytes(32 << 20))
        await trio.testing.wait_all_tasks_blocked()
        await here.close()
    await there.close()
    here, there = sockets()
    here._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await here.close()
    with pytest.raises(ConnectionClosedError):
        await there.read(1)
    await there.close()
