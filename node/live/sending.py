"""What the machine asks to be told others, as words to peers.

Validators say everything to every validator they are connected with. All others send their status to a few and
are offered decisions as they are made. Whatever is lost on the way a later status repairs.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import trio

from node.agreement.effects import Broadcast, Pull, Send
from node.agreement.messages import Body, Decision, Message, Status
from node.agreement.validators import ValidatorSet
from node.agreement.wire import encode_message
from node.catchup.messages import Tell
from node.catchup.wire import encode_peer
from node.effects import Ask, Commit, Effect, Give
from node.live import wire
from node.live.directory import Directory, Neighbour
from node.live.post import Post
from node.live.shelf import BODY, DECISION, Shelf
from node.live.wire import Kind
from node.served import Role

#: Peers asked at once for a body or items, and, besides validators, told what a node says.
ASKED: Final = 2
OTHERS: Final = 2
#: Longer words sent unasked, by peer, that are remembered so that none is sent so twice.
MAX_PUSHED: Final = 1_024


class Sending:
    """Posts to all connected peers: one for what is said, and one for items given to those who asked, which may be
    many and are not to be in a vote's way. ``validators`` are those of the height under way."""

    def __init__(self, directory: Directory, validates: bool, validators: Callable[[], ValidatorSet]) -> None:
        self._directory, self._validates, self._validators = directory, validates, validators
        self._posts: dict[str, Post] = {}
        self._giving: dict[str, Post] = {}
        self.shelf = Shelf()
        self._pushed: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._turn = 0

    def opened(self, peer: str, post: Post, giving: Post) -> None:
        self._posts[peer], self._giving[peer] = post, giving

    def closed(self, peer: str) -> None:
        self._posts.pop(peer, None)
        self._giving.pop(peer, None)

    @property
    def waiting(self) -> int:
        """Words not sent yet."""
        return sum(map(len, (*self._posts.values(), *self._giving.values())))

    def perform(self, effect: Effect) -> None:
        """What is for peers is put into their queues; the rest is nobody's here."""
        match effect:
            case Broadcast():
                self._say(self._hearers(effect.message), effect.message)
            case Send():
                self._say(self._one(effect.to), effect.message)
            case Pull():
                holders = self._directory.with_keys(effect.holders) or self._directory.all()
                self._post(self._some(holders, ASKED), wire.want_body(effect.height, effect.block))
            case Ask():
                asked = self._some(self._directory.all(), ASKED) if effect.to is None else self._one(effect.to)
                self._post(asked, wire.want_items(effect.ids))
            case Give():
                for found in self._one(effect.to):
                    self._give(found, effect.items)
            case Tell():
                told = self._directory.all() if effect.to is None else self._one(effect.to)
                self._post(told, wire.word(Kind.PAST, encode_peer(effect.message)))
            case _:
                pass

    def ask(self, ids: Sequence[bytes]) -> None:
        """Ask somebody for items."""
        for start in range(0, len(ids), wire.MAX_IDS):
            self.perform(Ask(None, tuple(ids[start : start + wire.MAX_IDS])))

    def decided(self, commit: Commit) -> None:
        """Offer a decision to those who do not vote and are not known to have it."""
        followers = [
            found
            for found in self._directory.all()
            if found.hello.role is not Role.VALIDATOR and found.height < commit.height
        ]
        if followers:
            said = Decision(commit.height, commit.block, commit.certificate)
            self._offer(followers, wire.word(Kind.AGREEMENT, encode_message(said)), commit.height, DECISION)

    # Inside

    def _say(self, peers: Sequence[Neighbour], message: Message) -> None:
        if not peers:
            return
        word = wire.word(Kind.AGREEMENT, encode_message(message))
        if isinstance(message, Body | Decision):
            self._post(peers, word, message.height, BODY if isinstance(message, Body) else DECISION)
        else:
            self._post(peers, word)

    def _post(self, peers: Iterable[Neighbour], word: bytes, height: int = -1, place: int = 0) -> None:
        short = len(word) <= wire.MAX_SENT_BYTES
        digest = b"" if short or len(word) > wire.MAX_PUSHED_BYTES else hashlib.sha256(word).digest()
        offered: list[Neighbour] = []
        for found in peers:
            post = self._posts.get(found.peer)
            if post is not None and (short or (digest and self._first(found.peer, digest))):
                post.put(word)
            else:
                offered.append(found)
        if offered and not short:
            self._offer(offered, word, height, place)

    def _give(self, found: Neighbour, items: Iterable[bytes]) -> None:
        giving = self._giving.get(found.peer)
        for word in (wire.word(Kind.ITEM, item) for item in items):
            if giving is not None and len(word) <= wire.MAX_SENT_BYTES:
                giving.put(word)
            else:
                self._post([found], word)

    def _first(self, peer: str, digest: bytes) -> bool:
        """Whether a word was not sent to the peer yet, as far as is remembered."""
        if (peer, digest) in self._pushed:
            return False
        self._pushed[peer, digest] = None
        if len(self._pushed) > MAX_PUSHED:
            self._pushed.popitem(last=False)
        return True

    def _offer(self, peers: Iterable[Neighbour], word: bytes, height: int, place: int) -> None:
        offer = wire.encode_offer(self.shelf.put(word, height, place, int(trio.current_time() * 1_000)))
        for found in peers:
            post = self._posts.get(found.peer)
            if post is not None:
                post.put(offer)

    def _hearers(self, message: Message) -> list[Neighbour]:
        """All validators; where some are not connected, or this node only follows, some others too."""
        everybody = self._directory.all()
        validators = [found for found in everybody if found.hello.role is Role.VALIDATOR]
        if not self._validates:
            return self._some(self._furthest(everybody), ASKED) if isinstance(message, Status) else []
        if len(validators) >= len(self._validators()) - 1:
            return validators
        return [*validators, *self._some([found for found in everybody if found not in validators], OTHERS)]

    def _furthest(self, peers: list[Neighbour]) -> list[Neighbour]:
        """Those that are about as far as the chain, and those that only say so: they are asked in turn."""
        best = self._directory.best(self._validators())
        return [found for found in peers if found.height >= best - 1]

    def _one(self, number: int) -> list[Neighbour]:
        found = self._directory.at(number)
        return [] if found is None else [found]

    def _some(self, peers: Sequence[Neighbour], most: int) -> list[Neighbour]:
        """Others each time."""
        if len(peers) <= most:
            return list(peers)
        self._turn += 1
        return [peers[(self._turn * most + place) % len(peers)] for place in range(most)]
