"""Fetching a snapshot, step by step: whom to ask, whom not to ask again, what to believe."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from node.agreement.messages import Ballot, Certificate, block_id, vote_digest
from node.agreement.validators import ValidatorSet
from node.catchup import snapshot
from node.catchup.joiner import AT_ONCE, MAX_PEERS, PATIENCE, Fetched, Joiner
from node.catchup.library import KEPT_SNAPSHOTS, Keeping, Library
from node.catchup.light import Pin, Trusted
from node.catchup.messages import Archive, Checkpoint, Chunk, Links, Manifest, Prune, Tell, WantChunk, WantLinks
from node.catchup.wire import MAX_LINKS
from node.chain.blocks import Block, Header, encode_block, light_of
from settlement.ledger.state import State
from sim.cluster import mac, mac_holds
from tests.ledgers import app
from tests.unit.node.test_catchup_light import HORIZON, NETWORK, NEXT, OLD, OTHERS, group

STATE: State = app().state
GENESIS = Trusted(-1, OLD)


def decided(
    height: int, by: ValidatorSet = OLD, after: ValidatorSet = OLD, root: bytes = STATE.root
) -> tuple[bytes, Checkpoint]:
    """A block that the first three of ``by`` decided, and its checkpoint."""
    header = Header(NETWORK, height, 0, b"p" * 32, 0, by.digest(), after.digest(), root)
    block = encode_block(Block(header, (), ()))
    digest = vote_digest(NETWORK, Ballot.PRECOMMIT, height, 0, block_id(block))
    votes = tuple((i, mac(by.members[i].key, digest)) for i in range(3))
    certificate = Certificate(Ballot.PRECOMMIT, height, 0, block_id(block), votes)
    return block, Checkpoint(*light_of(block), certificate, by.members, after.members)


def library(height: int = 50, by: ValidatorSet = OLD) -> Library:
    """A peer's, with a snapshot at ``height``."""
    found = Library(Keeping(snapshot_every=1))
    found.add(decided(height, by, by)[1], snapshot.chunks_of(STATE))
    return found


def offer(height: int = 50, by: ValidatorSet = OLD) -> Manifest:
    found = library(height, by).offer()
    assert found is not None
    return found


def joiner(trusted: Trusted | None = GENESIS, pin: Pin | None = None) -> Joiner:
    return Joiner(NETWORK, mac_holds, 3, trusted, pin, HORIZON)


def asked(out: list[Tell]) -> dict[int, list[int]]:
    """Which chunks whom."""
    found: dict[int, list[int]] = {}
    for tell in out:
        assert isinstance(tell.message, WantChunk)
        assert tell.to is not None
        found.setdefault(tell.to, []).append(tell.message.index)
    return found


def give(one: Joiner, out: list[Tell], source: Library, *, spoil: int | None = None) -> Fetched | None:
    """Answer all that is asked from ``source``; chunks of peer ``spoil`` are spoilt."""
    waiting = list(out)
    while waiting:
        tell = waiting.pop(0)
        assert isinstance(tell.message, WantChunk)
        assert tell.to is not None
        chunk = source.chunk(tell.message)
        assert chunk is not None
        if tell.to == spoil:
            chunk = replace(chunk, data=chunk.data[:-1] + b"?")
        more, fetched = one.chunk(tell.to, chunk)
        if fetched is not None:
            return fetched
        waiting += more
    return None


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "CHUNK_BYTES", 40)


def test_a_snapshot_is_fetched_from_all_who_offer_it_and_has_the_root() -> None:
    """So many at once, in turns; the state is the one the header promises."""
    one = joiner()
    for peer in (5, 6, 7):
        one.offered(peer, offer())
    out = one.tick()
    assert {peer: len(found) for peer, found in asked(out).items()} == {5: 2, 6: 3, 7: 3}
    assert len(out) == AT_ONCE
    fetched = give(one, out, library())
    assert fetched is not None
    assert fetched.state.root == STATE.root
    assert fetched.light.header.height == 50
    assert one.barred == set()


def test_who_sends_a_spoilt_chunk_is_asked_no_more() -> None:
    """The others finish."""
    one = joiner()
    for peer in (5, 6):
        one.offered(peer, offer())
    fetched = give(one, one.tick(), library(), spoil=6)
    assert fetched is not None
    assert one.barred == {6}
    one.offered(6, offer(90))
    assert one.tick() == []


def test_a_manifest_whose_chunks_are_another_state_bars_all_who_offered_it() -> None:
    """Every hash is right, the root is not: those who made it up are barred, the next offer is taken."""
    lie = Library(Keeping(snapshot_every=1))
    chunks = snapshot.chunks_of(STATE)
    lie.add(decided(60)[1], (*chunks[:-1], chunks[-1][:-1] + bytes([chunks[-1][-1] ^ 1])))
    one, manifest = joiner(), lie.offer()
    assert manifest is not None
    one.offered(5, manifest)
    one.offered(6, manifest)
    one.offered(7, offer())
    assert give(one, one.tick(), lie) is None
    assert one.barred == {5, 6}
    assert give(one, one.tick(), library()) is not None


def test_the_latest_is_taken() -> None:
    """Whoever offers an old one is not asked while there is a newer."""
    one = joiner()
    one.offered(5, offer(20))
    one.offered(6, offer(50))
    assert set(asked(one.tick())) == {6}


def test_what_is_not_ahead_is_no_offer() -> None:
    """A snapshot of heights that are here already."""
    one = joiner()
    one.offered(5, offer(2))
    assert one.tick() == []
    one.offered(5, offer(50))
    one.height = 50
    assert one.tick() == []


def test_a_forged_certificate_bars_its_sender() -> None:
    """At once."""
    one, good = joiner(), offer()
    votes = ((0, b""), *good.checkpoint.certificate.votes[1:])
    forged = replace(good.checkpoint, certificate=replace(good.checkpoint.certificate, votes=votes))
    one.offered(5, replace(good, checkpoint=forged))
    assert one.barred == {5}
    assert one.tick() == []


def test_a_whole_set_that_nobody_trusts_is_not_believed() -> None:
    """It decides what it likes; the way to it is asked for, and there is none."""
    one = joiner()
    one.offered(5, offer(50, OTHERS))
    assert one.tick() == [Tell(5, WantLinks(-1))]
    assert one.linked(5, Links((decided(50, OTHERS, OTHERS)[1],))) == []
    assert one.tick() == []


def test_validators_are_followed_through_their_changes() -> None:
    """From set to set, page by page, to one that decided the snapshot."""
    sets = [group(i, i + 1, i + 2, i + 3) for i in range(MAX_LINKS + 5)]
    path = [decided(3 * i + 2, sets[i], sets[i + 1])[1] for i in range(MAX_LINKS + 4)]
    peer = Library(Keeping(), path)
    one = Joiner(NETWORK, mac_holds, 3, Trusted(-1, sets[0]), None, 0)
    one.offered(5, offer(500, sets[-1]))
    out = one.tick()
    pages = 0
    while out and isinstance(out[0].message, WantLinks):
        pages += 1
        out = one.linked(5, peer.links(out[0].message.after)) or one.tick()
    assert pages == 2
    assert asked(out).keys() == {5}


def test_a_link_left_out_leads_nowhere() -> None:
    """Without skipping; one that is forged bars its sender."""
    path = [decided(8, OLD, NEXT)[1], decided(11, NEXT, group(2, 3, 4, 5))[1]]
    one = Joiner(NETWORK, mac_holds, 3, Trusted(-1, group(0, 1, 2, 3)), None, 0)
    one.offered(5, offer(50, group(2, 3, 4, 5)))
    assert one.tick() == [Tell(5, WantLinks(-1))]
    one.linked(5, Links(tuple(path[1:])))
    assert one.trusted == Trusted(-1, OLD)
    one.linked(6, Links((replace(path[0], body_hash=b"z" * 32),)))
    assert one.barred == {6}
    one.linked(5, Links(tuple(path)))
    assert one.trusted == Trusted(11, group(2, 3, 4, 5))


def test_an_operator_s_word_is_enough_to_begin_with() -> None:
    """The checkpoint just there is asked for; another block at that height is a lie."""
    block, found = decided(30, OTHERS, OTHERS)
    one = joiner(None, Pin(30, block_id(block)))
    one.offered(5, offer(50, OTHERS))
    assert one.tick() == [Tell(5, WantLinks(29))]
    one.linked(5, Links((found,)))
    assert set(asked(one.tick())) == {5}
    wrong = joiner(None, Pin(30, b"z" * 32))
    wrong.offered(5, offer(30, OTHERS))
    assert wrong.tick() == []
    assert wrong.barred == {5}


def test_who_does_not_answer_loses_its_turn() -> None:
    """After a few ticks the others are asked; it may offer again."""
    one = joiner()
    one.offered(5, offer())
    one.offered(6, offer())
    fetched, waits = None, 0
    while fetched is None:
        out = one.tick()
        waits += 1
        assert waits < 3 * PATIENCE
        while out:
            tell = out.pop(0)
            assert isinstance(tell.message, WantChunk)
            chunk = library().chunk(tell.message)
            assert chunk is not None
            if tell.to == 6:
                more, fetched = one.chunk(6, chunk)
                out += more
    assert waits > PATIENCE
    assert one.barred == set()


def test_one_that_offers_the_latest_and_does_not_answer_comes_last_from_then_on() -> None:
    """Though it offers again and again: else it could keep one from joining for ever."""
    one = joiner()
    one.offered(5, offer(90))
    assert set(asked(one.tick())) == {5}
    for _ in range(PATIENCE + 1):
        assert one.tick() == []
    one.offered(5, offer(90))
    one.offered(6, offer(50))
    out = one.tick()
    assert set(asked(out)) == {6}
    assert give(one, out, library()) is not None


def test_an_empty_snapshot_is_a_lie() -> None:
    """It would never be done."""
    one = joiner()
    one.offered(5, replace(offer(), chunks=()))
    assert one.barred == {5}


def test_a_chunk_that_nobody_asked_for_is_dropped() -> None:
    """Of another peer, another height, or before anything was wanted."""
    one, chunk = joiner(), library().chunk(WantChunk(50, 0))
    assert chunk is not None
    assert one.chunk(5, chunk) == ([], None)
    one.offered(5, offer())
    first = asked(one.tick())[5][0]
    mine = library().chunk(WantChunk(50, first))
    assert mine is not None
    assert one.chunk(6, mine) == ([], None)
    assert one.chunk(5, replace(mine, height=49)) == ([], None)
    assert one.chunk(5, Chunk(50, 4_000, b"")) == ([], None)
    assert one.barred == set()


def test_only_so_many_peers_are_listened_to() -> None:
    """And one offer of each."""
    one = joiner()
    for peer in range(MAX_PEERS + 10):
        one.offered(peer, offer())
    assert len(one._offers) == MAX_PEERS


def test_a_library_takes_snapshots_in_settle_and_says_what_may_go() -> None:
    """Every second auction here, and three decisions stay; a change of validators is archived whenever."""
    found = Library(Keeping(snapshot_every=2, keep_decisions=3))
    out = {}
    for height in range(12):
        after = NEXT if height == 8 else OLD
        block, checkpoint = decided(height, OLD, after)
        out[height] = found.decided(block, checkpoint.certificate, OLD, after, STATE)
    assert [height for height, effects in out.items() if effects] == [5, 8, 11]
    assert out[5] == [Archive(decided(5)[1]), Prune(3)]
    assert out[8] == [Archive(decided(8, OLD, NEXT)[1])]
    latest = found.offer()
    assert latest is not None
    assert latest.checkpoint.certificate.height == 11
    assert [link.certificate.height for link in found.links(-1).checkpoints] == [8]
    assert [link.certificate.height for link in found.links(4).checkpoints] == [5, 8]


def test_a_library_finds_the_way_without_reading_what_it_keeps() -> None:
    """The checkpoint just after and the changes later: as by looking at all, which any peer could ask for."""
    rng, checkpoint = Random(5), decided(5)[1]
    found, kept = Library(Keeping()), {}
    for height in sorted(rng.sample(range(600), 200)):
        kept[height] = replace(
            checkpoint,
            header=b"not looked at",
            certificate=replace(checkpoint.certificate, height=height),
            next_validators=rng.choice((checkpoint.validators, NEXT.members)),
        )
    for height in rng.sample(sorted(kept), 200):
        found.archive(kept[height])
    for after in range(-1, 601):
        expected = [
            link
            for height, link in kept.items()
            if height > after and (height == after + 1 or link.validators != link.next_validators)
        ]
        assert found.links(after).checkpoints == tuple(expected[:MAX_LINKS])


def test_a_library_forgets_the_oldest_of_many_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the way no longer leads past them."""
    monkeypatch.setattr("node.catchup.library.MAX_ARCHIVED", 3)
    found = Library(Keeping(), [decided(height, OLD, NEXT)[1] for height in (2, 5, 8, 11)])
    assert [link.certificate.height for link in found.links(-1).checkpoints] == [5, 8, 11]


def test_a_library_keeps_the_last_few_snapshots() -> None:
    """Of others there are no chunks."""
    found = Library(Keeping(snapshot_every=1))
    for height in range(2, 15, 3):
        found.add(decided(height)[1], snapshot.chunks_of(STATE))
    kept = [height for height in range(15) if found.chunk(WantChunk(height, 0)) is not None]
    assert kept == list(range(2, 15, 3))[-KEPT_SNAPSHOTS:]
    assert found.chunk(WantChunk(14, 4_000)) is None
