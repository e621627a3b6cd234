"""The chain's application: one auction through its three heights, and every way a block can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest

from intents.canonical import pack
from intents.errors import WalrasError
from intents.intent import Leg
from intents.records import replace
from intents.signing import SigningKey
from node.agreement.messages import Ballot, Seen, Vote, vote_digest
from node.chain.app import ChainApp
from node.chain.blocks import Block, Evidence, Header, Phase, decode_block, encode_block
from node.chain.genesis import build
from node.chain.inclusion import must_include, ordered
from node.chain.items import Commit, Reveal, Submission, encode_item, item_id, seal_of
from node.chain.tables import chain_of, validators_of
from node.chain.transition import Effects, Slashed
from node.solving import SolverKey, sealed
from settlement.ledger.accounts import FEES, Account, AccountKind, bond_of
from settlement.ledger.auction import auction_of
from settlement.ledger.books import BALANCES, check_all
from settlement.ledger.orders import ORDERS, OrderState
from settlement.ledger.rules import rules_of
from settlement.ledger.transactions import Cancel, Transfer
from settlement.penalties import Fault
from settlement.solution import Solution
from solver.protocol import Deadline
from solver.registry import built_in
from tests.ledgers import OWNERS, SOLVER, WHOLE, A, B, app, genesis, holder, item, minter

MINT = minter()
ANN, BOB = OWNERS[0], OWNERS[1]
KEY = SolverKey(SOLVER.public, b"salt" * 8, SOLVER.sign)


def account(key: SigningKey) -> Account:
    return Account(AccountKind.OWNER, holder(key))


def heard(chain: ChainApp, ids: tuple[bytes, ...] | None = None) -> tuple[Seen, ...]:
    height = chain.height + 1
    said = tuple(sorted(chain.held(height) if ids is None else ids))
    return (Seen(height, said, 0, b"\0" * 32),)


def step(chain: ChainApp) -> Effects:
    """Propose, check elsewhere what is proposed, apply."""
    height = chain.height + 1
    block = chain.propose(height, 0, heard(chain))
    assert block is not None
    return chain.apply(height, block).effects


def trade(chain: ChainApp) -> None:
    """Two owners who fit each other, and one nobody can serve."""
    chain.add(item(MINT.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))))
    chain.add(item(MINT.intent(BOB, 1, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE))))
    chain.add(item(MINT.intent(BOB, 2, Leg(B, 10 * WHOLE), Leg(A, 25 * WHOLE))))


def answers(chain: ChainApp) -> list[Solution]:
    state = chain.state
    auction = auction_of(state, rules_of(state), chain.auction, chain_of(state).seed)
    return list(built_in("naive").solve(auction, Deadline.after(5)))


def test_an_auction_settles_in_three_heights() -> None:
    """Intents are batched, a solver seals and reveals, owners get what they wanted, books balance."""
    chain = app()
    trade(chain)
    step(chain)
    states = sorted(order.state for order in chain.state.rows(ORDERS).values())
    assert states == [OrderState.BATCHED] * 3
    both = sealed(chain.network, KEY, 1, answers(chain))
    assert both is not None
    chain.add(both[0])
    step(chain)
    chain.add(both[1])
    effects = step(chain)
    assert effects.settlement is not None
    assert sum(len(winner.trades) for winner in effects.settlement.settled) == 2
    states = sorted(order.state for order in chain.state.rows(ORDERS).values())
    assert states == [OrderState.BATCHED, OrderState.SETTLED, OrderState.SETTLED]
    assert chain.auction == 2
    assert effects.slashed == {}
    check_all(chain.state)
    balances = chain.state.rows(BALANCES)
    ann = [
        balances[account, asset] for (account, asset) in balances if account.holder == holder(ANN) and asset == B
    ]
    assert ann[0] >= 1009 * WHOLE
    assert (FEES, A) not in balances


@pytest.mark.parametrize(
    ("reveal", "bond"),
    [
        (None, 9 * WHOLE),
        (lambda both, auction: both[1], 10 * WHOLE),
        (lambda both, auction: _other_reveal(auction), 9 * WHOLE),
    ],
)
def test_a_seal_must_be_opened(reveal: Callable[..., bytes] | None, bond: int) -> None:
    """Silence, or opening it to something else, costs a tenth of the bond."""
    chain = app()
    trade(chain)
    step(chain)
    both = sealed(chain.network, KEY, 1, answers(chain))
    assert both is not None
    chain.add(both[0])
    step(chain)
    if reveal is not None:
        chain.add(reveal(both, chain.auction))
    reward = sum(found.amount for found in step(chain).slashed.values())
    left = chain.state.rows(BALANCES)[bond_of(holder(SOLVER)), A]
    assert (left, reward) == (bond, 10 * WHOLE - bond)


def _other_reveal(auction: int) -> bytes:
    made = Reveal(auction, SOLVER.public, b"x" * 32, pack([]))
    return encode_item(replace(made, signature=SOLVER.sign(made.signed(MINT.network))))


def test_two_seals_cost_the_whole_bond() -> None:
    """Equivocation."""
    chain = app()
    trade(chain)
    step(chain)
    for salt in (b"1" * 32, b"2" * 32):
        made = Commit(1, SOLVER.public, seal_of(chain.network, 1, SOLVER.public, salt, b""))
        chain.add(encode_item(replace(made, signature=SOLVER.sign(made.signed(chain.network)))))
    step(chain)
    assert step(chain).slashed == {"solver": Slashed((Fault.EQUIVOCATION,), 10 * WHOLE)}


def test_who_is_not_bonded_cannot_seal() -> None:
    """The seal is not taken in; if many vouch for it, it is in the block, and refused there by name."""
    chain = app()
    trade(chain)
    step(chain)
    made = Commit(1, ANN.public, b"s" * 32)
    data = encode_item(replace(made, signature=ANN.sign(made.signed(chain.network))))
    assert not chain.add(data)
    chain.missing.add(item_id(data))
    assert chain.add(data)
    assert list(step(chain).refused.values()) == ["seal.not-bonded"]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (MINT.intent(ANN, 1, Leg(A, 2000 * WHOLE), Leg(B, WHOLE * 999), whole=True), "denied.balance"),
        (MINT.intent(ANN, 1, Leg(A, WHOLE), Leg(B, 1)), "denied.price_band"),
        (MINT.intent(ANN, 1, Leg(A, WHOLE), Leg(B, WHOLE), valid_to=0), "denied.expired"),
        (MINT.transaction(ANN, 0, Transfer(holder(BOB), A, 2000 * WHOLE)), "ledger.overdrawn"),
        (MINT.transaction(ANN, 5, Transfer(holder(BOB), A, 1)), "ledger.nonce"),
    ],
)
def test_what_cannot_take_effect_is_refused_by_name(made: Submission, reason: str) -> None:
    """The block stands, the state is as if the item had not been there."""
    chain, other = app(), app()
    chain.add(item(made))
    assert list(step(chain).refused.values()) == [reason]
    step(other)
    assert len(chain.state.rows(ORDERS)) == 0
    assert chain.state.rows(BALANCES) == other.state.rows(BALANCES)


def test_a_nonce_of_an_owner_serves_one_intent() -> None:
    """The other is denied."""
    chain = app()
    for amount in (1, 2):
        chain.add(item(MINT.intent(ANN, 1, Leg(A, amount * WHOLE), Leg(B, amount * WHOLE))))
    assert list(step(chain).refused.values()) == ["denied.nonce"]


def test_transactions_of_one_account_in_one_block_take_effect_by_nonce() -> None:
    """Whatever the order of their hashes, all of a run of nonces take effect in one block."""
    chain = app()
    for nonce in range(8):
        chain.add(item(MINT.transaction(ANN, nonce, Transfer(holder(BOB), A, WHOLE))))
    assert step(chain).refused == {}
    assert chain.state.get(BALANCES, (account(BOB), A)) == 1008 * WHOLE


def test_a_cancelled_intent_trades_no_more() -> None:
    """Between auctions; within one it is too late."""
    chain = app()
    chain.add(item(MINT.intent(BOB, 2, Leg(B, 10 * WHOLE), Leg(A, 25 * WHOLE))))
    step(chain)
    (number,) = chain.state.rows(ORDERS)
    step(chain)
    step(chain)
    chain.add(item(MINT.transaction(ANN, 0, Cancel((number,)))))
    assert list(step(chain).refused.values()) == ["ledger.not-theirs"]
    step(chain)
    step(chain)
    chain.add(item(MINT.transaction(BOB, 0, Cancel((number,)))))
    assert step(chain).refused == {}
    assert chain.state.rows(ORDERS)[number].state is OrderState.CANCELLED


def test_items_not_signed_or_for_another_network_are_refused_at_the_door() -> None:
    """Each with an error of its own."""
    chain = app()
    good = MINT.intent(ANN, 1, Leg(A, WHOLE), Leg(B, WHOLE))
    for bad in (
        Submission(good.intent, b"\0" * 64),
        Submission(replace(good.intent, nonce=9), good.signature),
        Submission(replace(good.intent, network=b"x" * 32), good.signature),
    ):
        with pytest.raises(WalrasError):
            chain.add(item(bad))
    assert chain.add(item(good)) is True
    assert chain.add(item(good)) is False


def proposed() -> tuple[ChainApp, Block]:
    """A sound block of a chain with intents, and the chain that is to check it."""
    maker, checker = app(), app()
    trade(maker)
    data = maker.propose(0, 0, heard(maker))
    assert data is not None
    return checker, decode_block(data)


def test_a_sound_block_is_valid_elsewhere() -> None:
    """On a node that never saw the items before."""
    checker, block = proposed()
    assert checker.valid(0, encode_block(block))
    assert decode_block(encode_block(block)) == block


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: replace(b, items=b.items[1:]),
        lambda b: replace(b, items=b.items[::-1]),
        lambda b: replace(b, items=(b.items[0], *b.items)),
        lambda b: _other(b, state_root=b"\0" * 32),
        lambda b: _other(b, previous=b"\1" * 32),
        lambda b: _other(b, network=b"\1" * 32),
        lambda b: _other(b, height=3),
        lambda b: _other(b, validators=b"\1" * 32),
        lambda b: _other(b, next_validators=b"\1" * 32),
        lambda b: _other(b, round=1),
        lambda b: _other(b, proposer=1),
        lambda b: replace(b, seen=()),
        lambda b: replace(b, seen=(*b.seen, *b.seen)),
        lambda b: replace(b, seen=(replace(b.seen[0], height=1),)),
        lambda b: replace(b, seen=(replace(b.seen[0], sender=1),)),
        lambda b: replace(b, items=(*b.items, b"junk")),
        lambda b: replace(b, evidence=(_evidence(b),)),
    ],
)
def test_a_spoiled_block_is_not_valid(spoil: Callable[[Block], Block]) -> None:
    """Items left out, moved or doubled; another root, past, network, height, set; statements missing or false."""
    checker, block = proposed()
    assert not checker.valid(0, encode_block(spoil(block)))
    assert checker.valid(0, encode_block(block))


def test_a_block_that_leaves_out_what_it_admits_was_seen_is_not_valid() -> None:
    """Sound in everything else: a censor's own state root is right for what it put in."""
    censor, checker = app(), app()
    trade(censor)
    said = heard(censor)
    dropped = sorted(censor.waiting[Phase.BATCH])[0]
    del censor.waiting[Phase.BATCH][dropped]
    data = censor.propose(0, 0, heard(censor))
    assert data is not None
    assert checker.valid(0, data)
    assert not checker.valid(0, encode_block(replace(decode_block(data), seen=said)))


def _other(block: Block, **changes: object) -> Block:
    header: Header = replace(block.header, **changes)
    return replace(block, header=header)


def _evidence(block: Block) -> Evidence:
    votes = [Vote(Ballot.PREVOTE, 0, 0, number, 0, b"\0" * 32) for number in (None, b"\1" * 32)]
    return Evidence(bytes([1]) * 32, votes[0], votes[1])


def test_bytes_that_are_no_block_are_not_valid() -> None:
    """Whatever they are."""
    chain = app()
    for data in (b"", b"\xc0", b"\x91" * 2000, encode_block(proposed()[1])[:-1]):
        assert not chain.valid(0, data)


def test_a_proposer_must_take_in_what_more_than_a_third_vouch_for() -> None:
    """Two of four are enough, one is not; of too many the first in block order."""
    validators = validators_of(build(genesis(validators=4)))
    ids = [sha256(bytes([i])).digest() for i in range(9)]
    seen = [Seen(0, tuple(ids[:6]), 0), Seen(0, tuple(ids[3:9]), 1), Seen(0, (ids[8],), 2)]
    must = must_include(seen, validators, b"p" * 32, 100)
    assert set(must) == {*ids[3:6], ids[8]}
    assert must == ordered(must, b"p" * 32)
    assert must_include(seen, validators, b"p" * 32, 2) == must[:2]


def test_a_proposer_without_the_body_of_such_an_item_waits_for_it() -> None:
    """It says what is missing, and proposes once it is there."""
    chain = app()
    data = item(MINT.intent(ANN, 1, Leg(A, WHOLE), Leg(B, WHOLE)))
    said = heard(chain, (item_id(data),))
    assert chain.propose(0, 0, said) is None
    assert chain.missing == {item_id(data)}
    chain.add(data)
    assert chain.propose(0, 0, said) is not None


def test_a_proposer_asks_for_what_other_statements_vouch_for() -> None:
    """What else it lacked before is still wanted; what came is not."""
    chain = app()
    items = [item(MINT.intent(ANN, nonce, Leg(A, WHOLE), Leg(B, WHOLE))) for nonce in (1, 2, 3)]
    one, two, three = (item_id(data) for data in items)
    few, more = heard(chain, (one, two)), heard(chain, (one, two, three))
    for _ in range(2):
        assert chain.propose(0, 0, few) is None
        assert chain.missing == {one, two}
    assert chain.propose(0, 0, more) is None
    assert chain.missing == {one, two, three}
    chain.add(items[0])
    assert chain.propose(0, 0, few) is None
    assert chain.missing == {two}
    chain.add(items[1])
    assert chain.propose(0, 0, few) is not None


def test_a_vote_digest_binds_every_field() -> None:
    """Network, ballot, height, round, block."""
    made = {
        vote_digest(network, ballot, height, round, block)
        for network in (b"a" * 32, b"b" * 32)
        for ballot in Ballot
        for height in (0, 1)
        for round in (0, 1)
        for block in (None, b"x" * 32)
    }
    assert len(made) == 32
