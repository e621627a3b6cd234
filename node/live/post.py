"""Words on their way to one peer: a bounded queue, sent many at once. What waits already does not wait twice; what
does not fit is dropped and counted; the agreement says again what was lost."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from node.live.wire import STRANGER, TAKEN, WORD_PACKS, WORDS
from p2p.base import P2PError, Transport, UnknownPeer
from p2p.packing import pack

MAX_WORDS: Final = 2_048
MAX_BYTES: Final = 4 << 20
_TIMEOUT_MS: Final = 5_000
#: After a request that failed: the peer may be busy.
_PAUSE_S: Final = 0.1


class Post:
    """The queue to ``peer``. ``strange`` is called when it says that it does not know us."""

    def __init__(
        self,
        transport: Transport,
        peer: str,
        count: Callable[..., None],
        strange: Callable[[str], Awaitable[None]],
    ) -> None:
        self._transport, self._peer, self._count, self._strange = transport, peer, count, strange
        self._words: OrderedDict[bytes, None] = OrderedDict()
        self._bytes = 0
        self._some = trio.Event()

    def __len__(self) -> int:
        return len(self._words)

    def put(self, word: bytes) -> None:
        if word in self._words:
            return
        if len(self._words) >= MAX_WORDS or self._bytes + len(word) > MAX_BYTES:
            self._count("words_dropped")
            return
        self._words[word] = None
        self._bytes += len(word)
        self._some.set()

    async def run(self) -> None:
        """Send until the peer is gone."""
        while True:
            await self._some.wait()
            words = self._take()
            try:
                answer = await self._transport.request(self._peer, WORDS, pack(words), _TIMEOUT_MS)
                if answer == TAKEN:
                    self._count("words_sent", len(words))
                    continue
                self._count("words_refused", len(words))
                await trio.sleep(_PAUSE_S)
                if answer == STRANGER:
                    await self._strange(self._peer)
            except UnknownPeer:
                return
            except P2PError:
                self._count("words_lost", len(words))
                await trio.sleep(_PAUSE_S)

    def _take(self) -> list[bytes]:
        """As many as one request holds."""
        taken: list[bytes] = []
        room = WORD_PACKS.pack_bytes - 1
        while self._words and len(taken) < WORD_PACKS.items:
            word = next(iter(self._words))
            room -= len(word) + 5
            if room < 0 and taken:
                break
            del self._words[word]
            taken.append(word)
            self._bytes -= len(word)
        if not self._words:
            self._some = trio.Event()
        return taken
