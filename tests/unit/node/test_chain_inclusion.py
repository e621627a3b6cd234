"""The bytes that a block has room for, and whose answers wait to be put into one."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.intent import Leg
from intents.signing import SigningKey
from node.agreement.messages import MAX_SEEN, Ballot, Seen, Vote
from node.agreement.validators import MAX_VALIDATORS
from node.agreement.wire import MAX_BLOCK_BYTES
from node.chain import app as chain_app
from node.chain import inclusion
from node.chain.app import MAX_BLOCK_ITEMS, ChainApp
from node.chain.blocks import (
    MAX_EVIDENCE,
    MAX_ITEM_BYTES,
    Block,
    Evidence,
    Header,
    Phase,
    decode_block,
    encode_block,
)
from node.chain.inclusion import FULL_BYTES, ordered, until_full
from node.chain.items import MAX_SOLUTION_BYTES, Commit, Reveal, encode_item, item_id, seal_of
from settlement.penalties import Fault
from tests.ledgers import OWNERS, SOLVER, WHOLE, A, B, app, item, minter

MINT = minter()
SALT = b"salt" * 8


def heard(chain: ChainApp) -> tuple[Seen, ...]:
    height = chain.height + 1
    return (Seen(height, tuple(sorted(chain.held(height))), 0, b"\0" * 32),)


def filled_by(chain: ChainApp, monkeypatch: pytest.MonkeyPatch, items: int) -> list[bytes]:
    """Ten intents, in block order; a block is full with so many of them."""
    for nonce in range(1, 11):
        chain.add(item(MINT.intent(OWNERS[0], nonce, Leg(A, nonce * WHOLE), Leg(B, nonce * WHOLE))))
    waiting = chain.waiting[Phase.BATCH]
    inside = [waiting[number] for number in ordered(waiting, chain.previous)]
    full = sum(map(len, inside[:items]))
    monkeypatch.setattr(inclusion, "FULL_BYTES", full)
    monkeypatch.setattr(chain_app, "FULL_BYTES", full)
    monkeypatch.setattr(chain_app, "MAX_ITEM_BYTES", max(map(len, inside)))
    return inside


def reveal(key: SigningKey, auction: int, solutions: bytes) -> Reveal:
    made = Reveal(auction, key.public, SALT, solutions)
    return replace(made, signature=key.sign(made.signed(MINT.network)))


def seal(made: Reveal, key: SigningKey) -> bytes:
    commit = Commit(
        made.auction, made.solver, seal_of(MINT.network, made.auction, made.solver, SALT, made.solutions)
    )
    return encode_item(replace(commit, signature=key.sign(commit.signed(MINT.network))))


def stepped(chain: ChainApp) -> chain_app.Applied:
    block = chain.propose(chain.height + 1, 0, heard(chain))
    assert block is not None
    return chain.apply(chain.height + 1, block)


@given(st.lists(st.integers(1, MAX_ITEM_BYTES), max_size=60), st.sets(st.integers(0, 59)))
def test_what_must_be_in_is_taken_until_the_block_is_full(sizes: list[int], absent: set[int]) -> None:
    """In order, with the item that fills it, nothing left out before; those that are not here take no room."""
    ids = [sha256(bytes([place])).digest() for place in range(len(sizes))]
    known = {
        number: size for place, (number, size) in enumerate(zip(ids, sizes, strict=True)) if place not in absent
    }
    taken = until_full(ids, known)
    assert taken == ids[: len(taken)]
    total = sum(known.get(number, 0) for number in taken)
    assert total < FULL_BYTES + MAX_ITEM_BYTES
    assert len(taken) == len(ids) or total >= FULL_BYTES
    assert sum(known.get(number, 0) for number in taken[:-1]) < FULL_BYTES


def test_the_largest_block_is_within_the_limit_of_its_bytes() -> None:
    """All validators' statements, each with all the ids it may have; all evidence; items until it is full."""
    ids = tuple(os.urandom(32) for _ in range(MAX_SEEN))
    seen = tuple(Seen(1 << 40, ids, sender, b"s" * 64) for sender in range(MAX_VALIDATORS))
    vote = Vote(Ballot.PRECOMMIT, 1 << 40, 1 << 20, b"b" * 32, 63, b"s" * 64)
    evidence = tuple(Evidence(bytes([place]) * 32, vote, vote) for place in range(MAX_EVIDENCE))
    large = FULL_BYTES // MAX_ITEM_BYTES
    rest = (FULL_BYTES - large * MAX_ITEM_BYTES) // (MAX_BLOCK_ITEMS - large - 1)
    items = (b"i" * MAX_ITEM_BYTES,) * (large + 1) + (b"i" * rest,) * (MAX_BLOCK_ITEMS - large - 1)
    header = Header(b"n" * 32, 1 << 40, 1 << 20, b"p" * 32, 63, b"v" * 32, b"w" * 32, b"r" * 32)
    assert len(encode_block(Block(header, seen, items, evidence))) < MAX_BLOCK_BYTES


def test_more_than_a_block_has_room_for_waits_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """What all vouch for is cut where the block is full, and the chain goes on."""
    chain, checker = app(), app()
    inside = filled_by(chain, monkeypatch, 4)
    data = chain.propose(0, 0, heard(chain))
    assert data is not None
    assert list(decode_block(data).items) == inside[:4]
    assert checker.valid(0, data)
    chain.apply(0, data)
    assert set(chain.waiting[Phase.BATCH].values()) == set(inside[4:])


@pytest.mark.parametrize("left_out", [0, 2, 3])
def test_a_block_that_is_not_full_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch, left_out: int) -> None:
    """Whoever drops one that had room, and puts in another or none for it, has made no valid block."""
    chain, checker = app(), app()
    inside = filled_by(chain, monkeypatch, 4)
    said = heard(chain)
    for instead in ([], inside[4:5]):
        items = tuple(one for one in [*inside[:4], *instead] if one is not inside[left_out])
        outcome = chain.outcome(0, 0, items, (), True)
        data = chain.propose(0, 0, said)
        assert data is not None
        block = decode_block(data)
        header = replace(block.header, state_root=outcome.change.root)
        assert not checker.valid(0, encode_block(replace(block, header=header, items=items)))


def test_a_block_holds_no_more_than_it_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its proposer would put in more."""
    chain, checker = app(), app()
    inside = filled_by(chain, monkeypatch, 4)
    data = chain.propose(0, 0, heard(chain))
    assert data is not None
    outcome = chain.outcome(0, 0, tuple(inside), (), True)
    block = decode_block(data)
    header = replace(block.header, state_root=outcome.change.root)
    assert not checker.valid(0, encode_block(replace(block, header=header, items=tuple(inside))))


def test_one_that_is_missed_is_not_left_out_for_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is not known; the proposer fetches it first."""
    chain = app()
    inside = filled_by(chain, monkeypatch, 4)
    said = heard(chain)
    number = item_id(inside[1])
    del chain.waiting[Phase.BATCH][number]
    assert chain.propose(0, 0, said) is None
    assert chain.missing == {number}
    chain.add(inside[1])
    assert chain.propose(0, 0, said) is not None


def test_of_a_full_block_nobody_pays_for_a_seal_that_is_not_opened() -> None:
    """Its opening may be what had no room: an honest solver cannot be hit."""
    paid = []
    for full in (False, True):
        chain = app()
        chain.add(item(MINT.intent(OWNERS[0], 1, Leg(A, WHOLE), Leg(B, WHOLE))))
        stepped(chain)
        made = reveal(SOLVER, 1, b"\x90")
        chain.add(seal(made, SOLVER))
        stepped(chain)
        outcome = chain.outcome(2, 0, (), (), full)
        paid.append([found.faults for found in outcome.effects.slashed.values()])
    assert paid == [[(Fault.NO_REVEAL,)], []]


def test_a_full_block_is_judged_as_full_by_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The opening that many vouch for has no room: proposer and checker agree on the state, and nobody is hit."""
    chain = app()
    stepped(chain)
    made = reveal(SOLVER, 1, b"\x90")
    chain.add(seal(made, SOLVER))
    sealed = stepped(chain)
    checker = chain.at(sealed.after, 1, chain.previous)
    junk = [encode_item(reveal(key, 1, b"\x90")) for key in OWNERS]
    for opening in (*junk, encode_item(made)):
        chain.missing.add(item_id(opening))
        assert chain.add(opening)
    monkeypatch.setattr(inclusion, "FULL_BYTES", 1)
    monkeypatch.setattr(chain_app, "FULL_BYTES", 1)
    said = heard(chain)
    data = chain.propose(2, 0, said)
    assert data is not None
    assert len(decode_block(data).items) == 1
    assert checker.valid(2, data)
    assert chain.apply(2, data).effects.slashed == {}


def test_of_one_solver_two_seals_and_one_opening_wait() -> None:
    """In an auction; of the one after the next none, and none of who has no bond."""
    chain = app()
    stepped(chain)
    seals = [seal(reveal(SOLVER, 1, bytes([0x90, place])), SOLVER) for place in range(3)]
    assert [chain.add(one) for one in seals] == [True, True, False]
    assert [chain.add(seal(reveal(SOLVER, auction, b""), SOLVER)) for auction in (2, 3)] == [True, False]
    openings = [encode_item(reveal(SOLVER, 1, bytes([0x90, place]))) for place in range(2)]
    assert [chain.add(one) for one in openings] == [True, False]
    stranger = OWNERS[0]
    assert not chain.add(seal(reveal(stranger, 1, b""), stranger))
    assert not chain.add(encode_item(reveal(stranger, 1, b"")))


def test_openings_that_open_nothing_do_not_wait_for_settling() -> None:
    """Neither those that came before the seals were agreed on, nor those that come after."""
    chain = app()
    stepped(chain)
    made, other = reveal(SOLVER, 1, b"\x90"), reveal(SOLVER, 1, b"\x91\x01")
    chain.add(seal(made, SOLVER))
    assert chain.add(encode_item(other))
    stepped(chain)
    assert chain.waiting[Phase.SETTLE] == {}


def test_a_large_opening_fits_a_block() -> None:
    """The largest answer there may be is settled."""
    chain = app()
    stepped(chain)
    made = reveal(SOLVER, 1, os.urandom(MAX_SOLUTION_BYTES))
    chain.add(seal(made, SOLVER))
    stepped(chain)
    assert chain.add(encode_item(made))
    assert len(stepped(chain).block.items) == 1
