"""The live node's parts that need no network: who is where, marks on disk, health, identities, hellos."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import InputError, WalrasError
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator, ValidatorSet
from node.home.peer_id import peer_id
from node.live import wire
from node.live.directory import MAX_NUMBERED, Directory
from node.live.errors import LostStore
from node.live.health import PATIENCE, Sight, batch_ms, trouble
from node.live.identity import identity_of
from node.live.marks import MAX_KEYS, Marks
from node.live.presence import BELIEVED_MS, BURST, DOUBLED_MS, MAX_NODES, Neighbourhood
from node.live.wire import Kind, Presence
from node.served import Role
from p2p.base import Verdict

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


def test_a_node_hears_of_another_with_its_identity() -> None:
    """By a newer word than its own last that holds; its own coming back is none, nor is what others forge."""
    said, _ = presence(99, 9)
    here = Neighbourhood(NETWORK, said.identity)
    here.said(6)
    forged = SigningKey.from_seed(b"w" * 32).sign(wire.presence_digest(NETWORK, said))
    assert here.judge("p", signed(99, 6), 0, 0) is Verdict.IGNORE
    assert here.judge("p", wire.encode_presence(said, forged), 0, 0) is Verdict.REJECT
    assert not here.doubled(0)
    assert here.judge("p", signed(99, 9), 0, 0) is Verdict.IGNORE
    assert here.doubled(DOUBLED_MS - 1)
    assert not here.doubled(DOUBLED_MS)


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
        ({"doubled": True}, "another node runs with this node's identity"),
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
