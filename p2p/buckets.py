"""Token buckets: how much somebody may send, remembered for a bounded number of somebodies."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class TokenBucket:
    """``per_s`` tokens a second, ``burst`` at most; full at first. Counts in integer millionths of a token."""

    __slots__ = ("_at_us", "_burst", "_level", "_per_s")

    def __init__(self, per_s: int, burst: int, now_us: int) -> None:
        if per_s <= 0 or burst <= 0:
            raise ValueError("a bucket needs a positive rate and burst")
        self._per_s, self._burst = per_s, burst * 1_000_000
        self._level, self._at_us = self._burst, now_us

    def take(self, tokens: int, now_us: int) -> bool:
        """Take them if they are all there."""
        self._fill(now_us)
        if tokens * 1_000_000 > self._level:
            return False
        self._level -= tokens * 1_000_000
        return True

    def owe(self, tokens: int, now_us: int) -> int:
        """Take them in any case; the microseconds after which the debt is paid (0 if there is none)."""
        self._fill(now_us)
        self._level -= tokens * 1_000_000
        return 0 if self._level >= 0 else -(self._level // self._per_s)

    def _fill(self, now_us: int) -> None:
        passed_us = max(0, now_us - self._at_us)
        self._level = min(self._burst, self._level + passed_us * self._per_s)
        self._at_us = max(self._at_us, now_us)


class KeyedBuckets(Generic[Key]):
    """One bucket per key (a peer, an owner's public key), for at most ``keys`` of them.

    The key longest unused is forgotten first. Being forgotten refills a bucket, so with more than ``keys`` senders
    at once the rate is bounded by the whole and not by the sender: a cap on the whole belongs beside this one.
    """

    def __init__(self, per_s: int, burst: int, keys: int) -> None:
        if keys <= 0:
            raise ValueError("room for at least one key")
        self._per_s, self._burst, self._keys = per_s, burst, keys
        self._buckets: OrderedDict[Key, TokenBucket] = OrderedDict()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Key, tokens: int, now_us: int) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._per_s, self._burst, now_us)
            if len(self._buckets) > self._keys:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        taken = bucket.take(tokens, now_us)
        self.refused += not taken
        return taken
