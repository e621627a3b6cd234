"""Words about the past on the wire, and the answers to one that has forgotten."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import InputError
from node.agreement.validators import Validator, ValidatorSet
from node.catchup.amnesia import MARGIN, Amnesia
from node.catchup.catchup import CatchUp
from node.catchup.library import NOTHING_KEPT
from node.catchup.messages import Chunk, Links, Manifest, Now, PeerMessage, Tell, WantChunk, WantLinks, WhereNow
from node.catchup.wire import MAX_LINKS, decode_checkpoint, decode_peer, encode_checkpoint, encode_peer
from sim.cluster import mac, mac_holds
from tests.ledgers import ledger
from tests.unit.node.test_catchup_light import GOOD, NETWORK, OLD, key

NONCE = b"q" * 32
WORDS: list[PeerMessage] = [
    Manifest(GOOD, (b"h" * 32, b"i" * 32)),
    WantLinks(-1),
    Links((GOOD, GOOD)),
    Links(()),
    WantChunk(9, 0),
    Chunk(9, 0, b"data"),
    WhereNow(NONCE),
    Now(NONCE, 7, key(1), b"s" * 32),
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_comes_back_from_its_bytes(word: PeerMessage) -> None:
    """One form for each."""
    assert decode_peer(encode_peer(word)) == word


def test_a_checkpoint_comes_back_from_its_bytes() -> None:
    """For whoever keeps an archive."""
    assert decode_checkpoint(encode_checkpoint(GOOD)) == GOOD


@pytest.mark.parametrize(
    "word",
    [
        WantLinks(-2),
        WantChunk(-1, 0),
        WantChunk(0, 4096),
        Chunk(0, 0, bytes((1 << 20) + 1)),
        Links((GOOD,) * (MAX_LINKS + 1)),
        Manifest(GOOD, (b"short",)),
        Manifest(replace(GOOD, validators=()), ()),
        Manifest(replace(GOOD, header=bytes(2000)), ()),
        WhereNow(b"short"),
    ],
)
def test_what_is_out_of_bounds_is_refused(word: PeerMessage) -> None:
    """By a typed error."""
    with pytest.raises(InputError):
        decode_peer(encode_peer(word))


@given(st.binary(max_size=300))
def test_bytes_of_anybody_are_refused_or_read(data: bytes) -> None:
    """Never a traceback."""
    with contextlib.suppress(InputError):
        assert encode_peer(decode_peer(data)) == data


def now(name: int, height: int, nonce: bytes = NONCE) -> Now:
    said = Now(nonce, height, key(name))
    return replace(said, signature=mac(key(name), said.signed(NETWORK)))


def forgetful(*heard: Now) -> Amnesia:
    """Validator 0 of four."""
    one = Amnesia(NETWORK, mac_holds, key(0), NONCE)
    for said in heard:
        one.heard(said)
    return one


def test_it_may_vote_two_heights_after_where_a_quorum_of_others_was() -> None:
    """Of three others all three are needed; the one furthest ahead counts."""
    one = forgetful(now(1, 9), now(2, 10))
    assert not one.over(1_000, OLD)
    one.heard(now(3, 8))
    assert [one.over(height, OLD) for height in (10, 11, 12)] == [False, False, True]


def test_one_that_claims_to_be_far_ahead_delays_nobody_where_a_quorum_is_without_it() -> None:
    """Of six others five are a quorum, and the liar is the sixth."""
    seven = ValidatorSet(tuple(Validator(key(i)) for i in range(7)))
    one = forgetful(*(now(i, 9) for i in range(1, 6)), now(6, 10**9))
    assert one.over(9 + MARGIN, seven)


def test_only_the_first_word_of_each_after_the_question_counts() -> None:
    """Its own, others' answers to other questions, words nobody signed and second words do not."""
    forged = replace(now(3, 1), signature=b"\0" * 32)
    one = forgetful(now(1, 9), now(2, 9), now(0, 9), now(3, 1, b"x" * 32), forged)
    assert not one.over(1_000, OLD)
    one.heard(now(3, 9))
    one.heard(now(3, 100))
    one.heard(now(2, 100))
    assert one.over(9 + MARGIN, OLD)


def catchup(name: int, nonce: bytes | None = None) -> CatchUp:
    def sign(digest: bytes) -> bytes:
        return mac(key(name), digest)

    return CatchUp(NETWORK, sign, mac_holds, key(name), keeping=NOTHING_KEPT, nonce=nonce)


def test_a_validator_that_remembers_answers_and_one_that_has_forgotten_does_not() -> None:
    """Its word would be worth nothing; who only follows has none to give."""
    state = ledger()
    assert catchup(1).hear(5, WhereNow(NONCE), 8, state) == ([Tell(5, now(1, 9))], None)
    assert catchup(1, b"y" * 32).hear(5, WhereNow(NONCE), 8, state) == ([], None)
    follower = CatchUp(NETWORK, lambda digest: b"", mac_holds, None, keeping=NOTHING_KEPT)
    assert follower.hear(5, WhereNow(NONCE), 8, state) == ([], None)


def test_it_asks_until_it_knows() -> None:
    """Then it is a validator like any other."""
    one, state = catchup(0, NONCE), ledger()
    assert one.tick(3) == [Tell(None, WhereNow(NONCE))]
    assert one.voter(4, OLD) is None
    for name in (1, 2, 3):
        one.hear(name, now(name, 5), 3, state)
    assert one.voter(6, OLD) is None
    assert one.voter(5 + MARGIN, OLD) == 0
    assert one.tick(7) == []
