"""The live node's parts that need no network: who is where, what is kept, marks on disk, health, words."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import InputError, WalrasError
from intents.signing import SigningKey
from node.agreement.effects import Broadcast, Send
from node.agreement.messages import Body
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator, ValidatorSet
from node.home.peer_id import peer_id
from node.live import wire
from node.live.directory import MAX_NUMBERED, Directory
from node.live.errors import LostStore
from node.live.fetching import MAX_AT_ONCE, fetch
from node.live.health import PATIENCE, Sight, batch_ms, trouble
from node.live.identity import identity_of
from node.live.marks import MAX_KEYS, Marks
from node.live.post import MAX_WORDS, Post
from node.live.presence import BELIEVED_MS, BURST, MAX_NODES, Neighbourhood
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
from node.live.wire import Kind, Offer, Presence
from node.served import Role
from p2p.base import RequestTimedOut, UnknownPeer, Verdict
from p2p.packing import unpack

NETWORK = bytes(range(32))


def hello(number: int = 0, height: int = 3, role: Role = Role.FULL, key: bytes = b"") -> wire.Hello:
    return wire.Hello(1, NETWORK, role, f"n{number}", key, b"", height, ())


def presence(number: int, at_ms: int, **more: object) -> tuple[Presence, SigningKey]:
    key = SigningKey.from_seed(number.to_bytes(32, "big"))
    said = Presence(key.public, "a", Role.FULL, b"", b"", (), 1, 1, (), at_ms)
    return replace(said, **more), key  # type: ignore[arg-type]


def signed(number: int, at_ms: int, **more: object) -> bytes:
    said, key = presence(number, at_ms, **more)
    return wire.encode_presence(said, key.sign(wire.presence_digest(NETWORK, said)))


def test_a_peer_keeps_its_number_when_it_comes_back() -> None:
    """The machine bars and prefers peers by number; those long gone make room, those connected do not."""
    directory = Directory()
    first = directory.met("stays", hello()).number
    back = directory.met("back", hello()).number
    directory.lost("back")
    assert directory.at(back) is None
    assert directory.met("back", hello(height=9)).number == back
    for number in range(MAX_NUMBERED + 10):
        directory.number(f"passing {number}")
    assert (directory.number("stays"), directory.number("back")) == (first, back)
    assert directory.at(first) is directory.of("stays")


def test_the_chain_is_as_far_as_more_than_a_third_of_validators_show() -> None:
    """One that claims more is not believed; without validators the middle peer is."""
    keys = [bytes([number]) * 32 for number in range(4)]
    validators = ValidatorSet(tuple(map(Validator, keys)))
    directory = Directory()
    assert directory.best(validators) == -1
    for number, height in enumerate((5, 6, 10**9)):
        directory.met(f"full {number}", hello(number, height))
    assert directory.best(validators) == 6
    for number, height in enumerate((10**9, 8, 7, 7)):
        directory.met(f"validator {number}", hello(number, height, Role.VALIDATOR, keys[number]))
    assert directory.best(validators) == 8
    assert [found.peer for found in directory.with_keys(keys[1:3])] == ["validator 1", "validator 2"]


def test_presence_is_believed_when_signed_newer_and_not_too_often() -> None:
    """Forged is rejected; old, early or beyond the bound ignored; nobody is believed for long."""
    here = Neighbourhood(NETWORK, presence(99, 0)[0].identity)
    assert here.judge("p", signed(1, 5), 0, 0) is Verdict.ACCEPT
    assert here.judge("p", signed(1, 5), 2_000, 0) is Verdict.IGNORE
    assert here.judge("p", signed(1, 6), 500, 0) is Verdict.IGNORE
    assert here.judge("p", signed(1, 6), 2_000, 0) is Verdict.ACCEPT
    assert here.judge("p", signed(99, 6), 2_000, 0) is Verdict.IGNORE
    said, _ = presence(2, 5)
    wrong = SigningKey.from_seed(b"w" * 32).sign(wire.presence_digest(NETWORK, said))
    assert here.judge("p", wire.encode_presence(said, wrong), 2_000, 0) is Verdict.REJECT
    assert here.judge("p", signed(2, 5, key=bytes(32), role=Role.VALIDATOR), 2_000, 0) is Verdict.REJECT
    assert here.judge("p", b"junk", 2_000, 0) is Verdict.REJECT
    (known,) = here.all(2_000)
    assert (known.peer, known.presence.at_ms) == (peer_id(presence(1, 0)[0].identity), 6)
    assert here.all(2_000 + BELIEVED_MS) == []


def test_presence_is_bounded() -> None:
    """In nodes, and in what one neighbour may bring."""
    here = Neighbourhood(NETWORK, bytes(32))
    for number in range(1, MAX_NODES + 3):
        verdict = here.judge("p", signed(number, 5), 0, 0)
    assert (len(here), verdict) == (MAX_NODES, Verdict.IGNORE)
    for _ in range(BURST):
        here.judge("q", b"junk", 0, 0)
    assert here.judge("q", b"junk", 0, 0) is Verdict.IGNORE
    assert here.judge("r", b"junk", 0, 0) is Verdict.REJECT


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
    """So no round trip is lost on what a validator has seen, and what is said again is not sent again."""
    directory, sent = Directory(), dict[str, list[bytes]]()
    sending = Sending(directory, True, lambda: cast(Any, ()))
    for peer in ("a", "b"):
        hello = wire.Hello(1, b"n" * 32, Role.VALIDATOR, peer, b"", b"", 0, ())
        directory.met(peer, hello)
        sending.opened(peer, cast(Any, SimpleNamespace(put=sent.setdefault(peer, []).append)))
    kinds = []
    for size in (100, wire.MAX_SENT_BYTES, wire.MAX_PUSHED_BYTES):
        for _ in range(2):
            sending.perform(Broadcast(Body(1, bytes(size))))
        kinds.append([word[0] for word in sent["a"]])
        assert sent["a"] == sent["b"]
        for words in sent.values():
            words.clear()
    assert kinds == [
        [Kind.AGREEMENT, Kind.AGREEMENT],
        [Kind.AGREEMENT, Kind.OFFER],
        [Kind.OFFER, Kind.OFFER],
    ]
    sending.perform(Send(directory.number("a"), Body(1, bytes(wire.MAX_SENT_BYTES + 1))))
    assert [word[0] for word in sent["a"]] == [Kind.AGREEMENT]


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


def test_a_lost_store_is_marked_until_something_is_said(tmp_path: Path) -> None:
    """A first start is none; a new nonce for each start while it lasts; another key knows nothing of it."""
    store, key = tmp_path / "node.sqlite", b"k" * 32
    marks = Marks(store, key)
    marks.before_opening()
    store.touch()
    assert marks.opened(alone=False) is None
    store.unlink()
    Marks(store, b"o" * 32).before_opening()
    marks.before_opening()
    store.touch()
    first, second = marks.opened(alone=False), marks.opened(alone=False)
    assert first is not None
    assert second is not None
    assert first != second
    with pytest.raises(LostStore):
        marks.opened(alone=True)
    marks.spoke()
    assert marks.opened(alone=True) is None


def test_each_key_that_used_a_store_that_is_gone_is_told(tmp_path: Path) -> None:
    """Whichever comes back first, and though another had its turn in between."""
    store, keys = tmp_path / "node.sqlite", [bytes([number]) * 32 for number in range(3)]
    store.touch()
    for key in keys[:2]:
        assert Marks(store, key).opened(alone=False) is None
    store.unlink()
    for key in reversed(keys):
        marks = Marks(store, key)
        marks.before_opening()
        store.touch()
        assert (marks.opened(alone=False) is None) is (key == keys[2])
    for key in keys[:2]:
        Marks(store, key).spoke()
        assert Marks(store, key).opened(alone=False) is None
    assert not store.with_name("node.sqlite.lost").exists()


def test_marks_are_within_a_bound_and_what_is_no_key_is_none(tmp_path: Path) -> None:
    """The newest keys count; a damaged line harms no other."""
    store = tmp_path / "node.sqlite"
    store.touch()
    voted = store.with_name("node.sqlite.voted")
    voted.write_text("nonsense\n" + (b"k" * 32).hex() + "\n")
    for number in range(MAX_KEYS):
        Marks(store, number.to_bytes(32, "big")).had_store()
    assert len(voted.read_text().split()) == MAX_KEYS
    store.unlink()
    for key, known in ((b"k" * 32, False), (bytes(32), True)):
        marks = Marks(store, key)
        marks.before_opening()
        store.touch()
        assert (marks.opened(alone=False) is not None) is known


GOOD = Sight(
    stopping=False,
    networked=True,
    votes=True,
    observing=False,
    validators=4,
    quorum=3,
    connected=2,
    waited_ms=0,
    ahead=0,
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"stopping": True}, "stopping"),
        ({"connected": 1}, "too few"),
        ({"connected": 0, "votes": False}, "too few"),
        ({"connected": 1, "votes": False}, ""),
        ({"connected": 0, "networked": False}, ""),
        ({"observing": True}, "log was lost"),
        ({"ahead": 100}, "100 heights behind"),
        ({"waited_ms": PATIENCE * batch_ms(Timeouts()) + 1_000}, "no decision"),
    ],
)
def test_what_troubles_a_node_is_said(change: dict[str, int], says: str) -> None:
    """The gravest alone; nothing where nothing does."""
    found = trouble(replace(GOOD, **change), Timeouts())  # type: ignore[arg-type]
    assert says in found
    assert bool(found) is bool(says)


def test_identities_are_what_peer_ids_hold() -> None:
    """Both ways; what is no such id is refused."""
    assert identity_of(peer_id(NETWORK)) == NETWORK
    for wrong in ("", "0OIl", "Qm" + "a" * 44, peer_id(NETWORK)[:-1]):
        with pytest.raises(WalrasError):
            identity_of(wrong)


texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=20)
hellos = st.builds(
    wire.Hello,
    st.just(1),
    st.binary(min_size=32, max_size=32),
    st.sampled_from(Role),
    texts,
    st.binary(max_size=32),
    st.binary(max_size=64),
    st.integers(-1, 2**63 - 1),
    st.lists(texts, max_size=8).map(tuple),
)


@given(hellos)
def test_hellos_are_read_as_they_were_written(said: wire.Hello) -> None:
    """As a question and as an answer."""
    assert wire.decode_hello(wire.encode_hello(said)) == said
    assert wire.decode_answer(wire.encode_welcome(said)) == said


@given(st.binary(max_size=200))
def test_no_bytes_are_read_as_anything_else_than_what_they_are(data: bytes) -> None:
    """Every decoder refuses by an error of its own, or gives what encodes to the same bytes."""
    with contextlib.suppress(InputError, wire.Refusal):
        assert wire.encode_hello(wire.decode_hello(data)) == data
    with contextlib.suppress(InputError):
        assert wire.encode_offer(wire.decode_offer(data)) == wire.word(Kind.OFFER, data)
    with contextlib.suppress(InputError):
        assert wire.encode_presence(*wire.decode_presence(data)) == data
    with contextlib.suppress(InputError):
        assert wire.want_items(wire.read_want_items(data)) == wire.word(Kind.WANT_ITEMS, data)
