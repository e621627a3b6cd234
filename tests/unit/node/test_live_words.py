"""Words between nodes on their way: kept to be fetched, offered, fetched from whoever serves, posted in packs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio

from node.agreement.effects import Broadcast, Send
from node.agreement.messages import Body
from node.effects import Give
from node.live import wire
from node.live.directory import Directory
from node.live.fetching import MAX_AT_ONCE, fetch
from node.live.post import MAX_WORDS, Post
from node.live.sending import Sending
from node.live.shelf import (
    DECISION,
    KEPT_MS,
    LATE_MS,
    LATELY_MS,
    MAX_LATE,
    MAX_OTHERS,
    PATIENCE_MS,
    Fetching,
    Shelf,
)
from node.live.wire import Kind, Offer
from node.served import Role
from p2p.base import RequestTimedOut, UnknownPeer
from p2p.packing import unpack


def test_long_words_are_kept_for_a_while_and_within_a_bound() -> None:
    """An offer names what can be fetched; what nobody fetched goes."""
    shelf = Shelf()
    offer = shelf.put(b"\x00" + bytes(100), 7, DECISION, 0)
    assert (offer.kind, offer.height, offer.place, offer.size) == (0, 7, DECISION, 101)
    assert shelf.get(offer.digest) == b"\x00" + bytes(100)
    shelf.expire(KEPT_MS - 1)
    assert len(shelf) == 1
    shelf.expire(KEPT_MS)
    assert shelf.get(offer.digest) is None
    for number in range(300):
        shelf.put(number.to_bytes(2, "big") * 50, 0, 0, 0)
    assert len(shelf) <= 256


def test_what_several_offer_is_fetched_once_and_from_another_if_that_fails() -> None:
    """Decisions of one height count as one thing, whoever signed them."""
    wanted = {7}
    fetching = Fetching(lambda offer: offer.height in wanted)
    one, two = (Offer(0, 7, DECISION, bytes([number]) * 32, 1) for number in (1, 2))
    assert fetching.begin("a", one, 0)
    assert not fetching.begin("b", two, 0)
    assert fetching.following(one, 0) == ("b", two)
    assert fetching.following(two, 0) is None
    assert fetching.gone(one) == []
    assert fetching.begin("a", one, 0)
    fetching.done(one, 0)
    assert not fetching.begin("c", one, 10)
    assert fetching.begin("c", one, LATELY_MS)
    fetching.gone(one)
    wanted.clear()
    assert not fetching.begin("d", two, 0)


async def test_a_word_of_some_length_is_sent_once_and_offered_after_that() -> None:
    """So no round trip is lost on what a validator has seen, and what is said again is not sent again. Items given
    to those who asked have a post of their own: thousands of them are in no vote's way."""
    directory, sent = Directory(), dict[str, list[bytes]]()
    sending = Sending(directory, True, lambda: cast(Any, ()))
    for peer in ("a", "b"):
        hello = wire.Hello(1, b"n" * 32, Role.VALIDATOR, peer, b"", b"", 0, ())
        directory.met(peer, hello)
        posts = [SimpleNamespace(put=sent.setdefault(name, []).append) for name in (peer, f"{peer}'s items")]
        sending.opened(peer, *cast(Any, posts))
    kinds = []
    for size in (100, wire.MAX_SENT_BYTES, wire.MAX_PUSHED_BYTES):
        for _ in range(2):
            sending.perform(Broadcast(Body(1, bytes(size))))
        kinds.append([word[0] for word in sent["a"]])
        assert sent["a"] == sent["b"]
        assert not sent["a's items"]
        for words in sent.values():
            words.clear()
    assert kinds == [
        [Kind.AGREEMENT, Kind.AGREEMENT],
        [Kind.AGREEMENT, Kind.OFFER],
        [Kind.OFFER, Kind.OFFER],
    ]
    sending.perform(Send(directory.number("a"), Body(1, bytes(wire.MAX_SENT_BYTES + 1))))
    assert [word[0] for word in sent["a"]] == [Kind.AGREEMENT]
    sending.perform(Give(directory.number("a"), (b"item", bytes(wire.MAX_SENT_BYTES))))
    assert sent["a's items"] == [wire.word(Kind.ITEM, b"item")]
    assert [word[0] for word in sent["a"]] == [Kind.AGREEMENT, Kind.ITEM]
    assert not sent["b"]


def test_who_did_not_serve_what_it_offered_is_not_waited_for_next_time() -> None:
    """For a while, or until it serves; of others that offer, those come first who were in time."""
    fetching = Fetching(lambda offer: True)
    offer = Offer(0, 7, DECISION, b"d" * 32, 1 << 20)
    assert fetching.patience_ms("a", offer, 0) == 2 * PATIENCE_MS
    fetching.late("a", 0)
    assert fetching.patience_ms("a", offer, LATE_MS - 1) == 0
    assert fetching.patience_ms("a", offer, LATE_MS) > 0
    assert fetching.begin("x", offer, 0)
    for peer in ("a", "b"):
        assert not fetching.begin(peer, offer, 0)
    for _ in range(MAX_OTHERS):
        assert not fetching.begin("a", offer, 0)
    assert fetching.following(offer, 0) == ("b", offer)
    assert fetching.following(offer, 0) == ("a", offer)
    assert fetching.following(offer, 0) is None
    fetching.served("a")
    assert fetching.patience_ms("a", offer, 0) > 0
    for number in range(2 * MAX_LATE):
        fetching.late(str(number), 0)
    assert sum(fetching.patience_ms(str(number), offer, 0) == 0 for number in range(2 * MAX_LATE)) == MAX_LATE


@pytest.mark.parametrize(("offered_s", "expected_s"), [(0.0, 1.0), (2.5, 2.6)])
async def test_one_that_offers_and_does_not_serve_delays_nobody_for_long(
    autojump_clock: trio.testing.MockClock, offered_s: float, expected_s: float
) -> None:
    """The next that offers the same is asked beside it; the time after that at once."""
    fetching = Fetching(lambda offer: True)
    asked: list[tuple[str, float]] = []

    async def get(peer: str, offer: Offer) -> bytes | None:
        asked.append((peer, trio.current_time()))
        await trio.sleep(9 if peer == "mute" else 0.01)
        return None if peer == "mute" else b"word"

    async def later(offer: Offer) -> None:
        await trio.sleep(offered_s)
        assert not fetching.begin("good", offer, 0)

    for turn, most_s in enumerate((expected_s, offered_s + 0.2)):
        offer, began = Offer(0, turn, DECISION, bytes([turn]) * 32, 1), trio.current_time()
        assert fetching.begin("mute", offer, int(began * 1_000))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(later, offer)
            await fetch(fetching, "mute", offer, get, heed)
        assert [peer for peer, _ in asked] == ["mute", "good"]
        assert asked[-1][1] - began <= most_s
        assert fetching.gone(offer) == []
        asked.clear()


async def test_however_many_are_slow_few_are_asked_at_once(autojump_clock: trio.testing.MockClock) -> None:
    """Each would give out the whole word; all have their turns in the end."""
    fetching = Fetching(lambda offer: True)
    asked, under_way, most = list[str](), 0, 0

    async def get(peer: str, offer: Offer) -> bytes | None:
        nonlocal under_way, most
        asked.append(peer)
        under_way += 1
        most = max(most, under_way)
        await trio.sleep(3)
        under_way -= 1
        return b"word" if peer == "9" else None

    offer, now_ms = Offer(0, 7, DECISION, b"d" * 32, 1), int(trio.current_time() * 1_000)
    for peer in map(str, range(10)):
        fetching.late(peer, now_ms)
        assert fetching.begin(peer, offer, now_ms) == (peer == "0")
    await fetch(fetching, "0", offer, get, heed)
    assert asked == list(map(str, range(10)))
    assert most == MAX_AT_ONCE


async def test_what_nobody_serves_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    """After everybody who offered it was asked, at once where they say no."""
    fetching = Fetching(lambda offer: True)
    asked: list[str] = []

    async def get(peer: str, offer: Offer) -> bytes | None:
        asked.append(peer)
        await trio.lowlevel.checkpoint()
        return None

    offer = Offer(0, 7, DECISION, b"d" * 32, 1)
    assert fetching.begin("a", offer, 0)
    for peer in ("b", "c"):
        fetching.begin(peer, offer, 0)
    began = trio.current_time()
    await fetch(fetching, "a", offer, get, heed)
    assert sorted(asked) == ["a", "b", "c"]
    assert trio.current_time() - began < 0.5


async def test_a_word_that_takes_long_to_take_in_is_not_asked_for_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """A large block may: the peer that gave it out was in time."""
    fetching = Fetching(lambda offer: True)
    asked: list[str] = []

    async def get(peer: str, offer: Offer) -> bytes | None:
        asked.append(peer)
        await trio.sleep(PATIENCE_MS / 2_000)
        return b"word"

    async def take_long(peer: str, offer: Offer, word: bytes) -> bool:
        await trio.sleep(20)
        return True

    offer = Offer(0, 7, DECISION, b"d" * 32, 1)
    assert fetching.begin("a", offer, 0)
    fetching.begin("b", offer, 0)
    await fetch(fetching, "a", offer, get, take_long)
    assert asked == ["a"]
    assert fetching.patience_ms("a", offer, 20_500) > 0


async def heed(peer: str, offer: Offer, word: bytes) -> bool:
    """It was what was offered."""
    return True


class Line:
    """A transport with one peer, that answers what it is told to."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers, self.heard = list(answers), list[list[bytes]]()

    async def request(self, peer: str, protocol: str, data: bytes, timeout_ms: int | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        self.heard.append(unpack(data, wire.WORD_PACKS))
        answer = self.answers.pop(0) if self.answers else UnknownPeer(peer)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_words_go_together_and_what_is_too_much_is_counted(autojump_clock: trio.testing.MockClock) -> None:
    """Many in a request; one that failed is counted as lost; a stranger is greeted; without the peer it ends."""
    counts: dict[str, int] = {}
    greeted: list[str] = []

    def count(name: str, by: int = 1) -> None:
        counts[name] = counts.get(name, 0) + by

    async def greet(peer: str) -> None:
        greeted.append(peer)

    line = Line(wire.TAKEN, RequestTimedOut(), wire.STRANGER)
    post = Post(line, "p", count, greet)  # type: ignore[arg-type]
    for number in range(MAX_WORDS + 5):
        post.put(b"\x00" + number.to_bytes(2, "big"))
    await post.run()
    assert [len(words) for words in line.heard] == [512, 512, 512, 512]
    assert counts == {"words_dropped": 5, "words_sent": 512, "words_lost": 512, "words_refused": 512}
    assert greeted == ["p"]


def test_a_word_that_waits_already_does_not_wait_twice() -> None:
    """Whoever asks for the same again and again is told it once; when it was told, it may be told again."""
    post = Post(cast(Any, None), "p", lambda *counted: None, cast(Any, None))
    for _ in range(3):
        post.put(b"\x01one")
        post.put(b"\x01two")
    assert len(post) == 2
    assert post._take() == [b"\x01one", b"\x01two"]
    assert post._bytes == 0
    post.put(b"\x01one")
    assert len(post) == 1
