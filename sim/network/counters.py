"""What the network counts: per node messages and bytes each way, copies and drops; of gossip, times of arrival."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from sim.network.model import Integers

#: Messages whose own times are kept, the latest.
MAX_RECORDS: Final = 100_000
#: Bins of the histogram of delays: 16 to a doubling, from 1 µs to over an hour.
_PER_DOUBLING: Final = 16
_BINS: Final = 32 * _PER_DOUBLING
#: The greatest delay of each bin, in microseconds.
_EDGES: Final = np.array([round(2 ** ((i + 1) / _PER_DOUBLING)) for i in range(_BINS)], dtype=np.int64)


class Drop(StrEnum):
    """Why a message did not arrive. A drop is the sender's, except where the node itself was not there."""

    LOST = "lost"
    CUT = "cut"
    QUEUE = "queue"
    DOWN = "down"


class Counters:
    """Arrays over nodes. ``duplicates``: gossip a node got that it had.

    Each is two views of the same memory: one that NumPy adds to whole, one that is quick for a single node.
    """

    def __init__(self, nodes: int) -> None:
        def zeros() -> array[int]:
            return array("q", bytes(8 * nodes))

        self._messages_out, self._messages_in, self._bytes_out, self._bytes_in = zeros(), zeros(), zeros(), zeros()
        self._duplicates = zeros()
        self._dropped = {reason: zeros() for reason in Drop}
        self.messages_out, self.messages_in = _view(self._messages_out), _view(self._messages_in)
        self.bytes_out, self.bytes_in = _view(self._bytes_out), _view(self._bytes_in)
        self.duplicates = _view(self._duplicates)
        self.dropped = {reason: _view(found) for reason, found in self._dropped.items()}

    def sent(self, node: int, size_bytes: int) -> None:
        self._messages_out[node] += 1
        self._bytes_out[node] += size_bytes

    def received(self, node: int, size_bytes: int) -> None:
        self._messages_in[node] += 1
        self._bytes_in[node] += size_bytes

    def duplicate(self, node: int) -> None:
        self._duplicates[node] += 1

    def drop(self, node: int, reason: Drop) -> None:
        self._dropped[reason][node] += 1

    def totals(self) -> dict[str, int]:
        """Sums over all nodes, by name."""
        names = ("messages_out", "messages_in", "bytes_out", "bytes_in", "duplicates")
        found = {name: int(getattr(self, name).sum()) for name in names}
        return found | {f"dropped_{reason}": int(self.dropped[reason].sum()) for reason in Drop}


def _view(counts: array[int]) -> Integers:
    return np.frombuffer(counts, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Spreading:
    """How one message spread: its number in order of publishing, the delays of first arrivals after it, and how
    many nodes it ``reached``: those that had it at any time, whoever published it too."""

    number: int
    origin: int
    published_us: int
    size_bytes: int
    reached: int
    p50_us: int
    p99_us: int
    last_us: int


class Propagation:
    """Times from publishing to first arrival, of all messages together and of the latest each."""

    def __init__(self) -> None:
        self.records: deque[Spreading] = deque(maxlen=MAX_RECORDS)
        self.arrivals = 0
        self._bins = np.zeros(_BINS, dtype=np.int64)

    def add(
        self, number: int, origin: int, published_us: int, size_bytes: int, delays_us: Integers, reached: int
    ) -> None:
        """``delays_us``: of every node that got it from another, in any order."""
        count = len(delays_us)
        p50, p99, last = 0, 0, 0
        if count:
            ordered = np.sort(delays_us)
            p50, p99, last = (int(ordered[rank(count, cent)]) for cent in (50, 99, 100))
            self._bins += np.bincount(np.searchsorted(_EDGES[:-1], ordered), minlength=_BINS)
            self.arrivals += count
        self.records.append(Spreading(number, origin, published_us, size_bytes, reached, p50, p99, last))

    def quantile_us(self, percent: int) -> int:
        """The delay that ``percent`` of all arrivals did not exceed, rounded up by at most 4.5 %; 0 without
        any.
        """
        if not self.arrivals:
            return 0
        return int(_EDGES[np.searchsorted(np.cumsum(self._bins), rank(self.arrivals, percent) + 1)])


def rank(count: int, percent: int) -> int:
    """Which of ``count`` ascending values is their ``percent`` quantile: the least that so many do not exceed."""
    return max(0, -(-count * percent // 100) - 1)
