"""Quick locks and reading ahead: what they stand in for, only sooner."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from p2p.libp2p.quick import QuickLock, ReadAhead, quick_locks


class Pieces:
    """A library's stream: gives its pieces one by one, each cut to what is asked for, then nothing."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = list(pieces)
        self.reads = 0
        self.read_lock = trio.Lock()

    async def read(self, n: int) -> bytes:
        self.reads += 1
        await trio.lowlevel.checkpoint()
        piece = self.pieces.pop(0) if self.pieces else b""
        if len(piece) > n:
            self.pieces.insert(0, piece[n:])
        return piece[:n]


async def test_those_who_wait_have_a_lock_one_at_a_time_and_in_order() -> None:
    """Nobody is in while another is, and the first to ask is the first in."""
    order: list[str] = []
    lock = QuickLock()

    async def hold(name: str) -> None:
        async with lock:
            order.append(f"{name} in")
            await trio.lowlevel.checkpoint()
            order.append(f"{name} out")

    async with trio.open_nursery() as nursery, lock:
        for name in "abc":
            nursery.start_soon(hold, name)
            await trio.testing.wait_all_tasks_blocked()
        assert order == []
    assert order == [f"{name} {way}" for name in "abc" for way in ("in", "out")]


async def test_a_free_lock_takes_no_turn() -> None:
    """Taking and giving back a free lock lets nobody else run."""
    with trio.testing.assert_no_checkpoints():
        async with QuickLock():
            pass


async def test_a_lock_outlives_failures_and_those_who_stop_waiting() -> None:
    """One who fails inside, or is cancelled while waiting, leaves the lock to the others."""
    lock = QuickLock()
    with pytest.raises(KeyError):
        async with lock:
            raise KeyError
    async with lock:
        with trio.move_on_after(0) as scope:
            async with lock:
                raise AssertionError("two are in")
        assert scope.cancelled_caught
    with trio.testing.assert_no_checkpoints():
        async with lock:
            pass


async def test_a_lock_that_is_held_is_not_replaced() -> None:
    """Whoever is in the old one would meet whoever comes into the new."""
    stream = Pieces([])
    async with stream.read_lock:
        quick_locks(stream, "read_lock", "no_such_lock")
        assert isinstance(stream.read_lock, trio.Lock)
    quick_locks(stream, "read_lock")
    assert not isinstance(stream.read_lock, trio.Lock)


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=100_000), max_size=5),
    sizes=st.lists(st.none() | st.integers(1, 50_000), min_size=1),
)
def test_reading_ahead_gives_the_same_bytes(pieces: list[bytes], sizes: list[int | None]) -> None:
    """However it is asked for and came: every byte once, in order, never more than asked for, then nothing."""

    async def main() -> bytes:
        stream, found, turn = ReadAhead(Pieces(pieces)), b"", 0
        while part := await stream.read(asked := sizes[turn % len(sizes)]):
            assert asked is None or len(part) <= asked
            found, turn = found + part, turn + 1
        assert await stream.read(1) == b""
        return found

    assert trio.run(main) == b"".join(pieces)


async def test_a_length_and_a_body_are_one_read_of_the_stream() -> None:
    """What came together is read once however many parts it is asked for in."""
    source = Pieces([b"\x00\x03abc", b"\x00\x01d"])
    stream = ReadAhead(source)
    assert [await stream.read(n) for n in (2, 3, 2, 1)] == [b"\x00\x03", b"abc", b"\x00\x01", b"d"]
    assert source.reads == 2
