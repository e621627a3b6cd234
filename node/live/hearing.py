"""What peers say, as events of the machine: words come in requests, long ones are fetched when offered."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import trio

from intents.errors import WalrasError
from node.agreement.messages import Decision, Message, Status
from node.agreement.wire import decode_message
from node.catchup.wire import decode_peer
from node.embedded.errors import Stopped
from node.embedded.node import Node
from node.live import wire
from node.live.directory import Directory, Neighbour
from node.live.fetching import fetch
from node.live.shelf import BODY, DECISION, Fetching
from node.live.wire import FETCH, MALFORMED, STRANGER, TAKEN, WORD_PACKS, Kind, Offer
from p2p.base import P2PError, Transport
from p2p.buckets import TokenBucket
from p2p.clock import monotonic_ms
from p2p.packing import BadPack, unpack

#: Words a second from one peer; beyond them it is answered later.
WORDS_PER_S: Final = 2_000
WORDS_BURST: Final = 8_000
#: Statuses among them: an old one makes work.
STATUS_PER_S: Final = 40
STATUS_BURST: Final = 80
#: Words with or about the past, and questions: short, and their answers long; answered later, too.
QUESTIONS_PER_S: Final = 50
QUESTIONS_BURST: Final = 200
#: Whoever is one height behind this soon after this node has decided it is about to decide it, too: on a busy
#: machine validators do so some hundred milliseconds after one another. If not, it will say so again.
ABREAST_S: Final = 0.3
_QUESTIONS: Final = (Kind.PAST, Kind.WANT_BODY, Kind.WANT_ITEMS)
_MOST_S: Final = 5.0
_FETCH_TIMEOUT_MS: Final = 9_000
_MAX_OFFERS: Final = 64


class _Line:
    """What is kept of one connected peer."""

    def __init__(self) -> None:
        now_us = int(trio.current_time() * 1_000_000)
        self.bucket = TokenBucket(WORDS_PER_S, WORDS_BURST, now_us)
        self.statuses = TokenBucket(STATUS_PER_S, STATUS_BURST, now_us)
        self.questions = TokenBucket(QUESTIONS_PER_S, QUESTIONS_BURST, now_us)
        self.send, self.offers = trio.open_memory_channel[Offer](_MAX_OFFERS)


class Hearing:
    """``take`` is handed items that were asked for; ``ban`` whoever talks nonsense."""

    def __init__(
        self,
        transport: Transport,
        node: Node,
        directory: Directory,
        count: Callable[..., None],
        take: Callable[[Neighbour, Sequence[bytes]], Awaitable[None]],
        ban: Callable[[str, str], None],
    ) -> None:
        self._transport, self._node, self._directory = transport, node, directory
        self._count, self._take, self._ban = count, take, ban
        self._lines: dict[str, _Line] = {}
        self._fetching = Fetching(self._wanted)
        #: The height that is under way here, and since when.
        self._height, self._since_s = -1, -math.inf

    def acted(self) -> None:
        """To be called when the machine has worked."""
        height = self._node.machine.agreement.height
        if height != self._height:
            self._height, self._since_s = height, trio.current_time()

    def opened(self, peer: str) -> None:
        self._lines[peer] = _Line()

    def closed(self, peer: str) -> None:
        self._lines.pop(peer, None)

    async def words(self, peer: str, data: bytes) -> bytes:
        """The server of words."""
        found, line = self._directory.of(peer), self._lines.get(peer)
        if found is None or line is None:
            return STRANGER
        try:
            words = unpack(data, WORD_PACKS)
            await self._within(line.bucket, "words_slowed", len(words))
            items: list[bytes] = []
            for word in words:
                if word[0] == Kind.ITEM:
                    items.append(word[1:])
                else:
                    await self._heed(found, line, word)
            await self._take(found, items)
        except Stopped:
            return TAKEN
        except (BadPack, WalrasError):
            self._count("words_malformed")
            self._ban(peer, "malformed words")
            return MALFORMED
        self._count("words_heard", len(words))
        return TAKEN

    async def fetch_from(self, peer: str) -> None:
        """Fetch what a peer offers, in its order, until cancelled."""
        line = self._lines[peer]
        async for offer in line.offers:
            if self._fetching.begin(peer, offer, monotonic_ms()):
                await self._fetch(peer, offer)

    # Inside

    async def _within(self, bucket: TokenBucket, slowed: str, words: int) -> None:
        """Whoever is over its rate is waited for: its own words come late, nobody else's."""
        wait_us = bucket.owe(words, int(trio.current_time() * 1_000_000))
        if wait_us:
            self._count(slowed, words)
            await trio.sleep(min(wait_us / 1_000_000, _MOST_S))

    async def _heed(self, found: Neighbour, line: _Line, word: bytes) -> None:
        """One word; raises a ``WalrasError`` where it is no good."""
        machine, number, body = self._node.machine, found.number, word[1:]
        if word[0] in _QUESTIONS:
            await self._within(line.questions, "questions_slowed", 1)
        match word[0]:
            case Kind.AGREEMENT:
                message = decode_message(body)
                if type(message) is Status:
                    found.height = max(found.height, message.height - 1)
                    if not line.statuses.take(1, int(trio.current_time() * 1_000_000)):
                        self._count("statuses_over_rate")
                        return
                elif type(message) is Decision:
                    found.height = max(found.height, message.height)
                # Whoever is not behind is answered from what is in hand.
                short = type(message) is Status and message.height >= machine.agreement.height
                came_s = trio.current_time()
                await self._node.act(
                    lambda: [] if self._abreast(message, came_s) else machine.receive(number, message),
                    size=len(body),
                    short=short,
                )
            case Kind.PAST:
                said = decode_peer(body)
                await self._node.act(lambda: machine.told(number, said), size=len(body))
            case Kind.WANT_BODY:
                height, block = wire.read_want_body(body)
                await self._node.act(lambda: machine.body_wanted(number, height, block))
            case Kind.WANT_ITEMS:
                ids = wire.read_want_items(body)
                await self._node.act(lambda: machine.items_wanted(number, ids), short=True)
            case Kind.ITEM:
                await self._take(found, [body])
            case Kind.OFFER:
                offer = wire.decode_offer(body)
                if offer.place == DECISION:
                    found.height = max(found.height, offer.height)
                self._offered(line, offer)
            case _:
                raise wire.no_such_kind(word[0])

    def _abreast(self, message: Message, came_s: float) -> bool:
        """Whether it is the status of a peer that was about to decide what this node has just decided: it has all
        it needs for that, and a decision may be megabytes. Asked in the machine's turn, perhaps in a thread."""
        if type(message) is not Status or message.height != self._height - 1 or came_s > self._since_s + ABREAST_S:
            return False
        self._count("statuses_abreast")
        return True

    def _wanted(self, offer: Offer) -> bool:
        """Decisions are of use in their order alone, bodies while their height is under way; of the rest, such as
        what a validator has seen of a large batch, only the word itself can tell."""
        if offer.kind != Kind.AGREEMENT or offer.place not in (BODY, DECISION):
            return True
        ahead = 1 if offer.place == BODY else 0
        return 0 <= offer.height - self._node.machine.agreement.height <= ahead

    async def _fetch(self, peer: str, offer: Offer) -> None:
        """From this peer, or from another that offered the same."""
        try:
            await fetch(self._fetching, peer, offer, self._get, self._taken)
        finally:
            # If this peer has gone, those who offered it too have their turns.
            for other, its in self._fetching.gone(offer):
                line = self._lines.get(other)
                if line is not None:
                    self._offered(line, its)

    def _offered(self, line: _Line, offer: Offer) -> None:
        try:
            line.send.send_nowait(offer)
        except trio.WouldBlock:
            self._count("offers_dropped")

    async def _get(self, peer: str, offer: Offer) -> bytes | None:
        if self._directory.of(peer) is None:
            return None
        try:
            word = await self._transport.request(peer, FETCH, offer.digest, _FETCH_TIMEOUT_MS)
        except P2PError:
            self._count("fetches_failed")
            return None
        if not word:
            self._count("fetches_late")
        return word or None

    async def _taken(self, peer: str, offer: Offer, word: bytes) -> bool:
        """Whether it was what was offered, and of use."""
        found, line = self._directory.of(peer), self._lines.get(peer)
        if found is None or line is None:
            return False
        try:
            if len(word) != offer.size or hashlib.sha256(word).digest() != offer.digest or word[0] != offer.kind:
                raise wire.no_such_kind(word[0])
            await self._heed(found, line, word)
            if offer.place == DECISION and self._node.machine.agreement.height <= offer.height:
                raise wire.no_such_kind(word[0])
        except Stopped:
            return True
        except WalrasError:
            # Not what was offered, or a decision that nobody made.
            self._count("words_malformed")
            self._ban(peer, "malformed words")
            return False
        self._count("fetched")
        return True
