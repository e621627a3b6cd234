"""Transactions on the ledger: each does what it says, or leaves no trace."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.errors import WalrasError
from intents.intent import Leg
from intents.signing import SigningKey
from intents.venue_states import ConstantProductState, OrderBookState, VenueId
from liquidity.book import Side
from settlement.ledger.accounts import OUTSIDE, REWARDS, account_of_venue, bond_of
from settlement.ledger.bonds import slash
from settlement.ledger.books import BALANCES, Books, check_all
from settlement.ledger.errors import (
    BadName,
    BelowMinimum,
    LedgerError,
    NameTaken,
    NoSharesThere,
    NotAGateway,
    NotAnOracle,
    NotPositive,
    Overdrawn,
    StillLocked,
    Unbalanced,
    UnknownVenue,
    VenueExists,
    WrongNonce,
)
from settlement.ledger.execute import execute
from settlement.ledger.feeds import agree, price_of
from settlement.ledger.transactions import (
    Action,
    AddLiquidity,
    CancelQuote,
    Deposit,
    LeaveBond,
    OpenVenue,
    PlaceQuote,
    PostBond,
    ReleaseBond,
    RemoveLiquidity,
    ReportPrices,
    Transaction,
    Transfer,
    Withdraw,
    check_transaction,
    decode_transaction,
    encode_transaction,
)
from settlement.ledger.venues import FIRST_SHARES, TOTALS, VENUES
from settlement.penalties import Fault
from tests.ledgers import GATEWAY, ORACLES, OWNERS, POOL, SOLVER, WHOLE, A, B, Run, holder, minter, owner

MINT = minter()
ANN, BOB = OWNERS[0], OWNERS[1]


def test_genesis_balances() -> None:
    """Everything came from outside, and the outside owes it."""
    run = Run()
    check_all(run.state)
    assert run.held(OUTSIDE) == -(4 * 1000 + 200_000 + 10 + 100) * WHOLE
    assert run.held(account_of_venue(POOL), B) == 100_000 * WHOLE


def test_deposit_transfer_withdraw() -> None:
    """In through a gateway, across, and out again."""
    run = Run()
    run.do(GATEWAY, Deposit(holder(ANN), A, 5, b"ref"))
    run.do(ANN, Transfer(holder(BOB), A, 3))
    run.do(BOB, Withdraw(A, 1003 * 10**0, b"out"))
    assert run.held(owner(ANN)) == 1000 * WHOLE + 2
    assert run.held(owner(BOB)) == 1000 * WHOLE + 3 - 1003
    check_all(run.state)


@pytest.mark.parametrize(
    ("key", "action", "error"),
    [
        (ANN, Deposit(holder(ANN), A, 1, b""), NotAGateway),
        (ANN, Transfer(holder(BOB), A, 1001 * WHOLE), Overdrawn),
        (ANN, Withdraw(B, 1001 * WHOLE, b""), Overdrawn),
        (ANN, PostBond("solver", WHOLE), NameTaken),
        (ANN, PostBond("two words", WHOLE), BadName),
        (ANN, PostBond("", WHOLE), BadName),
        (ANN, LeaveBond(), BelowMinimum),
        (SOLVER, ReleaseBond(), StillLocked),
        (ANN, AddLiquidity(VenueId("none"), 1, ()), UnknownVenue),
        (ANN, AddLiquidity(POOL, FIRST_SHARES // 10, (Leg(A, 1),)), Overdrawn),
        (ANN, RemoveLiquidity(POOL, 1, ()), NoSharesThere),
        (ANN, ReportPrices((Leg(B, 1),)), NotAnOracle),
        (ANN, PlaceQuote(POOL, Side.BUY, 1, 1), LedgerError),
        (
            ANN,
            OpenVenue(ConstantProductState(POOL, (A, B), 0, "", (10**6, 10**6), Fraction(0)), ()),
            VenueExists,
        ),
        (
            ANN,
            OpenVenue(ConstantProductState(VenueId("dust"), (A, B), 0, "", (9, 9), Fraction(0)), ()),
            BelowMinimum,
        ),
    ],
)
def test_what_is_refused_leaves_no_trace(key: SigningKey, action: Action, error: type[WalrasError]) -> None:
    """Each refusal by its name; the root does not move."""
    run = Run()
    before = run.state.root
    with pytest.raises(error):
        run.do(key, action)
    assert run.state.root == before


def test_a_nonce_is_used_once_and_in_order() -> None:
    """Neither again nor ahead."""
    run = Run()
    run.do(ANN, Transfer(holder(BOB), A, 1))
    for nonce in (0, 2):
        with pytest.raises(WrongNonce):
            execute(
                Books(run.state.draft()), run.rules, MINT.transaction(ANN, nonce, Transfer(holder(BOB), A, 1)), 1
            )


def test_liquidity_rounds_for_those_who_stay() -> None:
    """What comes out is never more than what went in, and shares of others are worth no less."""
    run = Run()
    shares = FIRST_SHARES // 1_000 + 7
    run.do(ANN, AddLiquidity(POOL, shares, ()))
    paid = 1000 * WHOLE - run.held(owner(ANN)), 1000 * WHOLE - run.held(owner(ANN), B)
    run.do(ANN, RemoveLiquidity(POOL, shares, ()))
    back = run.held(owner(ANN)), run.held(owner(ANN), B)
    assert paid[0] >= 200 * WHOLE
    assert 1000 * WHOLE - 1 <= back[0] <= 1000 * WHOLE
    assert 1000 * WHOLE - 1 <= back[1] <= 1000 * WHOLE
    state = run.state.rows(VENUES)[POOL]
    assert isinstance(state, ConstantProductState)
    assert run.held(account_of_venue(POOL)) == state.reserves[0]
    assert run.held(account_of_venue(POOL), B) == state.reserves[1]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10**18), st.integers(1, 10**18), st.integers(2_000, 10**6), st.integers(2_000, 10**6))
def test_a_share_is_never_worth_less_to_those_who_stay(added: int, removed: int, x: int, y: int) -> None:
    """Odd reserves, odd shares: deposits round up, withdrawals down."""
    run = Run()
    venue = VenueId("odd")
    run.do(BOB, OpenVenue(ConstantProductState(venue, (A, B), 0, "", (x, y), Fraction(0)), ()))
    worth = [Fraction(x, FIRST_SHARES), Fraction(y, FIRST_SHARES)]
    for action in (AddLiquidity(venue, added, ()), RemoveLiquidity(venue, min(added, removed), ())):
        run.do(ANN, action)
        state, total = run.state.rows(VENUES)[venue], run.state.rows(TOTALS)[venue].total
        assert isinstance(state, ConstantProductState)
        now = [Fraction(reserve, total) for reserve in state.reserves]
        assert all(after >= before for after, before in zip(now, worth, strict=True))
        worth = now


def test_quotes_lock_what_they_offer_and_give_it_back() -> None:
    """A resting order's funds are the book's until it is cancelled."""
    run = Run()
    book = OrderBookState(VenueId("book"), (A, B), 0, "", WHOLE // 100, WHOLE, (), ())
    run.do(ANN, OpenVenue(book, ()))
    run.do(ANN, PlaceQuote(book.id, Side.SELL, 60, 5))
    run.do(BOB, PlaceQuote(book.id, Side.BUY, 40, 10))
    assert run.held(account_of_venue(book.id)) == 5 * WHOLE
    assert run.held(account_of_venue(book.id), B) == 4 * WHOLE
    with pytest.raises(WalrasError):
        run.do(BOB, CancelQuote(book.id, 1))
    run.do(ANN, CancelQuote(book.id, 1))
    assert run.held(owner(ANN)) == 1000 * WHOLE


def test_a_bond_is_free_only_after_the_time_it_stays_liable() -> None:
    """Leaving at auction 1 frees it at auction 11."""
    run = Run()
    run.do(SOLVER, LeaveBond(), 1)
    with pytest.raises(StillLocked):
        run.do(SOLVER, ReleaseBond(), 10)
    run.do(SOLVER, ReleaseBond(), 11)
    assert run.held(owner(SOLVER)) == 10 * WHOLE
    assert run.held(bond_of(holder(SOLVER))) == 0


def test_penalties_are_exact_and_never_more_than_the_bond() -> None:
    """A tenth for silence; everything for equivocation, whatever else there was."""
    run = Run()
    draft = run.state.draft()
    books = Books(draft)
    assert slash(books, run.rules, holder(SOLVER), [Fault.NO_REVEAL], 1, 3) == WHOLE
    assert slash(books, run.rules, holder(SOLVER), [Fault.EQUIVOCATION, Fault.NO_REVEAL], 1, 3) == 9 * WHOLE
    assert books.balance(REWARDS, A) == 110 * WHOLE
    books.check()


def test_prices_are_the_median_of_fresh_reports_and_do_not_jump() -> None:
    """Three report; one lies; a jump is held at the most a price may move; old reports do not count."""
    run = Run()
    for key, value in zip(ORACLES, (2 * WHOLE + 5, 2 * WHOLE + 7, 99 * WHOLE), strict=True):
        run.do(key, ReportPrices((Leg(B, value),)), 2)
    draft = run.state.draft()
    agree(draft, run.rules, 2)
    assert price_of(draft, run.rules, B, 2) == 2 * WHOLE + 7
    draft.commit()
    for key in ORACLES:
        run.do(key, ReportPrices((Leg(B, 50 * WHOLE),)), 3)
    draft = run.state.draft()
    agree(draft, run.rules, 3)
    assert price_of(draft, run.rules, B, 3) == (2 * WHOLE + 7) * 3 // 2
    agree(draft, run.rules, 100)
    assert price_of(draft, run.rules, B, 100) is None


def test_double_entry_is_checked_not_assumed() -> None:
    """A balance that changes without its counterpart is found; entries are positive."""
    run = Run()
    draft = run.state.draft()
    books = Books(draft)
    with pytest.raises(NotPositive):
        books.move(owner(ANN), owner(BOB), A, 0, "nothing")
    draft.set(BALANCES, (owner(ANN), A), 1)
    with pytest.raises(Unbalanced):
        books.check()
    draft.commit()
    with pytest.raises(Unbalanced):
        check_all(run.state)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(1, 1200 * WHOLE)),
        max_size=25,
    )
)
def test_whatever_is_done_every_asset_sums_to_zero(steps: list[tuple[int, int, int, int]]) -> None:
    """Random transfers, deposits and withdrawals of liquidity, many of them refused."""
    run = Run()
    for kind, who, whom, amount in steps:
        action: Action = (
            Transfer(holder(OWNERS[whom]), A if amount % 2 else B, amount),
            AddLiquidity(POOL, amount // 10_000 + 1, ()),
            RemoveLiquidity(POOL, amount // 20_000 + 1, ()),
            Withdraw(A, amount, b""),
        )[kind]
        before = run.state.root
        try:
            run.do(OWNERS[who], action)
        except LedgerError:
            assert run.state.root == before
        check_all(run.state)
    assert all(amount > 0 for (account, _), amount in run.state.rows(BALANCES).items() if account != OUTSIDE)


def test_a_transaction_has_one_form_and_one_signer() -> None:
    """Bytes round-trip; another nonce, network or key is another message."""
    made = MINT.transaction(ANN, 3, Transfer(holder(BOB), A, 7))
    assert decode_transaction(encode_transaction(made)) == made
    check_transaction(made, MINT.network)
    for forged, network in (
        (Transaction(made.sender, 4, made.action, made.signature), MINT.network),
        (Transaction(BOB.public, 3, made.action, made.signature), MINT.network),
        (made, b"x" * 32),
    ):
        with pytest.raises(WalrasError):
            check_transaction(forged, network)
