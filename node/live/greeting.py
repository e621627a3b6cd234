"""Hello: who a peer is, before anything else is said. Both sides ask; one answer is enough for each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import trio

from intents.errors import WalrasError
from node.live.identity import Self, check_hello
from node.live.wire import HELLO, Hello, Refusal, decode_answer, decode_hello, encode_hello, encode_refusal
from node.live.wire import encode_welcome as welcome
from p2p.base import P2PError, RequestFailed, Transport, UnknownPeer
from p2p.buckets import KeyedBuckets

_log = logging.getLogger(__name__)

#: How long a peer of another network or version is not let in again.
BAN_MS: Final = 30_000
#: Not oftener is whoever runs the node told that it meets nodes of another network or version.
TELL_S: Final = 60.0
_TIMEOUT_MS: Final = 3_000
_TRIES: Final = 12
_PAUSE_S: Final = 0.25
#: Hellos of one peer that are answered.
PER_S: Final = 2
BURST: Final = 20


class Greeting:
    """``hello`` is what this node says now; ``meet`` is told who a peer is."""

    def __init__(
        self,
        transport: Transport,
        me: Self,
        hello: Callable[[], Hello],
        count: Callable[..., None],
        meet: Callable[[str, Hello], None],
        ban: Callable[[str, str, int], None],
    ) -> None:
        self._transport, self._me, self._hello = transport, me, hello
        self._count, self._meet, self._ban = count, meet, ban
        self._rates: KeyedBuckets[str] = KeyedBuckets(PER_S, BURST, 1_024)
        self._told_s = float("-inf")

    async def serve(self, peer: str, data: bytes) -> bytes:
        """The server of hellos."""
        if not self._rates.take(peer, 1, int(trio.current_time() * 1_000_000)):
            self._count("hello_busy")
            return encode_refusal("busy")
        try:
            hello = decode_hello(data)
            check_hello(hello, peer, self._me.network)
        except (WalrasError, Refusal) as error:
            reason = str(error.args[0]) if isinstance(error, Refusal) else "malformed"
            self._refused(peer, reason)
            return encode_refusal(reason)
        self._meet(peer, hello)
        return welcome(self._hello())

    async def greet(self, peer: str) -> None:
        """Say hello until it is answered. Raises a ``P2PError`` if it is not, or is refused."""
        for _ in range(_TRIES):
            try:
                answer = await self._transport.request(peer, HELLO, encode_hello(self._hello()), _TIMEOUT_MS)
                hello = decode_answer(answer)
                check_hello(hello, peer, self._me.network)
            except Refusal as refusal:
                if refusal.args[0] == "busy":
                    await trio.sleep(1 / PER_S)
                    continue
                self._refused(peer, str(refusal.args[0]))
                raise RequestFailed("refused", str(refusal.args[0])) from refusal
            except WalrasError as error:
                self._refused(peer, "malformed")
                raise RequestFailed("malformed", str(error)) from error
            except UnknownPeer:
                raise
            except P2PError as error:
                # It may not be serving yet.
                _log.debug("greeting %s: %r", peer, error)
                await trio.sleep(_PAUSE_S)
            else:
                self._meet(peer, hello)
                return
        raise RequestFailed("no hello")

    def _refused(self, peer: str, reason: str) -> None:
        self._count(
            f"hello_{reason}" if reason in ("version", "network", "malformed", "proof") else "hello_refused"
        )
        self._ban(peer, f"hello: {reason}", BAN_MS)
        if reason in ("network", "version") and trio.current_time() >= self._told_s + TELL_S:
            self._told_s = trio.current_time()
            _log.warning("peer %s is of another %s", peer, reason)
