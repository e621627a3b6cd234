"""What a node remembers of messages: which it has seen, and the last few whole, in case a neighbour asks."""

from __future__ import annotations

from collections import OrderedDict, deque


class Seen:
    """Ids seen in the last ``keep_ms``, at most ``most``; the oldest goes first."""

    def __init__(self, keep_ms: int, most: int) -> None:
        self._keep_ms, self._most = keep_ms, most
        self._ids: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, mid: bytes) -> bool:
        return mid in self._ids

    def add(self, mid: bytes, now_ms: int) -> bool:
        """Whether it is new."""
        if mid in self._ids:
            return False
        self._ids[mid] = now_ms
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return True

    def forget(self, mid: bytes) -> None:
        self._ids.pop(mid, None)

    def expire(self, now_ms: int) -> None:
        while self._ids and next(iter(self._ids.values())) <= now_ms - self._keep_ms:
            self._ids.popitem(last=False)


class MessageCache:
    """Messages of the last ``windows`` heartbeats, bounded in number and bytes; the oldest go first."""

    def __init__(self, windows: int, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes, self._bytes = most, most_bytes, 0
        self._messages: OrderedDict[bytes, tuple[str, bytes]] = OrderedDict()
        self._windows: deque[list[bytes]] = deque([[] for _ in range(windows)], maxlen=windows)

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, mid: bytes, topic: str, data: bytes) -> None:
        if mid in self._messages:
            return
        self._messages[mid] = (topic, data)
        self._bytes += len(data)
        self._windows[0].append(mid)
        while len(self._messages) > self._most or self._bytes > self._most_bytes:
            self._drop(next(iter(self._messages)))

    def get(self, mid: bytes) -> tuple[str, bytes] | None:
        return self._messages.get(mid)

    def recent(self, topic: str, windows: int) -> list[bytes]:
        """Ids of the topic in the newest windows, newest window first."""
        found: list[bytes] = []
        for window in list(self._windows)[:windows]:
            found += [mid for mid in window if self._messages.get(mid, ("", b""))[0] == topic]
        return found

    def shift(self) -> None:
        """A heartbeat has passed."""
        for mid in self._windows[-1]:
            self._drop(mid)
        self._windows.appendleft([])

    def _drop(self, mid: bytes) -> None:
        dropped = self._messages.pop(mid, None)
        if dropped is not None:
            self._bytes -= len(dropped[1])
