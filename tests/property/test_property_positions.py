"""Laws of positions in ticks: nothing is gained by adding and removing, and everybody can always be paid."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from intents.errors import WalrasError
from intents.venue_states import ConcentratedState, VenueId
from liquidity.tick_math import sqrt_price_at
from liquidity.ticks import Position as Range
from liquidity.ticks import ticks_of
from node.chain.tables import TABLES
from settlement.ledger.accounts import account_of_venue
from settlement.ledger.books import Books, check_all
from settlement.ledger.errors import Overdrawn
from settlement.ledger.positions import POSITIONS, earned, remove
from settlement.ledger.state import State
from settlement.ledger.transactions import Action, AddPosition, OpenVenue, RemovePosition
from settlement.ledger.venues import VENUES
from tests.ledgers import OWNERS, WHOLE, A, B, Run, holder, owner

TICKED = VenueId("ticked")
ASSETS = (A, B)
PLACES = st.sampled_from((-600, -120, -60, 0, 60, 180, 600))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("add", "remove", "swap", "swap", "collect")),
        st.integers(0, 2),
        PLACES,
        PLACES,
        st.integers(1, 3) | st.integers(1, 10**6) | st.integers(10**15, 3 * WHOLE),
    ),
    min_size=1,
    max_size=14,
)


def opened(fee: Fraction, tick: int) -> Run:
    made = Run()
    state = ConcentratedState(TICKED, ASSETS, 0, "", sqrt_price_at(tick), 0, tick, (), fee)
    made.do(OWNERS[0], OpenVenue(state, ()))
    return made


def pool(made: Run) -> ConcentratedState:
    state = made.state.rows(VENUES)[TICKED]
    assert isinstance(state, ConcentratedState)
    return state


def act(made: Run, step: tuple[str, int, int, int, int]) -> None:
    """One step, or its refusal without a trace."""
    kind, who, lower, upper, amount = step
    key, before = OWNERS[who], made.state.root
    action: Action = AddPosition(TICKED, lower, upper, amount, ())
    if kind in ("remove", "collect"):
        action = RemovePosition(TICKED, lower, upper, amount if kind == "remove" else 0, ())
    refused: WalrasError | None = None
    try:
        if kind == "swap":
            made.swap(OWNERS[3], TICKED, ASSETS[who % 2], amount)
        else:
            made.do(key, action)
    except WalrasError as error:
        refused = error
    assert refused is None or made.state.root == before
    # The trader always has enough: a venue that has not would have taken in too little.
    assert kind != "swap" or not isinstance(refused, Overdrawn)


def due(made: Run) -> dict[str, int]:
    """What all positions together could take out now, fees included, each as the ledger pays it."""
    draft = made.state.draft()
    books = Books(draft)
    had = {asset: made.held(account_of_venue(TICKED), asset) for asset in ASSETS}
    for key, held in sorted(made.state.rows(POSITIONS).items(), key=lambda row: repr(row[0])):
        provider = next(owner(one) for one in OWNERS if holder(one) == key.provider)
        remove(books, TICKED, provider, key.lower, key.upper, held.liquidity)
    books.check()
    return {asset: had[asset] - books.balance(account_of_venue(TICKED), asset) for asset in ASSETS}


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from((Fraction(3, 1000), Fraction(1, 2), Fraction(0))), st.integers(-9, 9))
def test_whatever_happens_everybody_can_be_paid(
    steps: list[tuple[str, int, int, int, int]], fee: Fraction, tick: int
) -> None:
    """The pool lists exactly its positions; its account holds what they may take, and little more."""
    made = opened(fee, tick)
    for step in steps:
        act(made, step)
        check_all(made.state)
        state = pool(made)
        ranges = [Range(key.lower, key.upper, held.liquidity) for key, held in made.state.rows(POSITIONS).items()]
        assert (state.ticks, state.liquidity) == ticks_of(ranges, state.tick)
    owed = due(made)
    for asset in ASSETS:
        held = made.held(account_of_venue(TICKED), asset)
        # Each touch and each stretch of a swap keeps less than two units; there are at most eight stretches.
        assert 0 <= held - owed[asset] <= 20 * (len(steps) + 1)
    copy = State(TABLES)
    assert copy.absorb(dict(made.state.dump())) == made.state.root


@settings(max_examples=60, deadline=None)
@given(STEPS, PLACES, PLACES, st.integers(1, WHOLE))
def test_nobody_gains_by_adding_and_removing(
    steps: list[tuple[str, int, int, int, int]], lower: int, upper: int, liquidity: int
) -> None:
    """After any past: in and out again at once costs up to a unit of each asset, and others lose nothing."""
    made = opened(Fraction(3, 1000), 0)
    for step in steps:
        act(made, step)
    others = {key: earned(made.state.draft(), key) for key in made.state.rows(POSITIONS)}
    who = OWNERS[3]
    if lower >= upper:
        lower, upper = -120, 60
    before = {asset: made.held(owner(who), asset) for asset in ASSETS}
    made.do(who, AddPosition(TICKED, lower, upper, liquidity, ()))
    made.do(who, RemovePosition(TICKED, lower, upper, liquidity, ()))
    for asset in ASSETS:
        assert 0 <= before[asset] - made.held(owner(who), asset) <= 1
    assert others == {key: earned(made.state.draft(), key) for key in made.state.rows(POSITIONS)}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(10**6, WHOLE // 10)), min_size=1, max_size=8), st.data())
def test_two_of_one_range_earn_in_proportion(swaps: list[tuple[int, int]], data: st.DataObject) -> None:
    """Whoever has k times the liquidity of another in the same range has k times its fees, to a unit a swap."""
    made, times = opened(Fraction(3, 1000), 0), data.draw(st.integers(1, 9))
    made.do(OWNERS[0], AddPosition(TICKED, -600, 600, WHOLE, ()))
    made.do(OWNERS[1], AddPosition(TICKED, -600, 600, times * WHOLE, ()))
    made.do(OWNERS[2], AddPosition(TICKED, -60, 60, 5 * WHOLE, ()))
    for side, amount in swaps:
        try:
            made.swap(OWNERS[3], TICKED, ASSETS[side], amount)
        except WalrasError:
            continue
    found = {key.provider: earned(made.state.draft(), key) for key in made.state.rows(POSITIONS)}
    for one, many in zip(found[holder(OWNERS[0])], found[holder(OWNERS[1])], strict=True):
        assert 0 <= many - times * one <= times
