"""Pre-trade checks: every denial by its code, at its bound and not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from intents.assets import AssetId
from intents.intent import NEVER, Intent, Leg
from intents.records import replace
from settlement.ledger.admission import OPEN, RATES, USED, Denial, admit, closed, forget_rates
from settlement.ledger.books import Books
from settlement.ledger.orders import ORDERS, OrderState, step
from settlement.ledger.rules import Rules, put_rules
from settlement.ledger.trading import TradingState, ask
from tests.ledgers import OWNERS, WHOLE, A, B, Run, holder

ANN, BOB = OWNERS[0], OWNERS[1]
GUARDIAN = b"guard" + bytes(27)


class Desk:
    """A ledger whose rules a test changes, and one draft that everything is admitted to."""

    def __init__(self, **changes: object) -> None:
        run = Run()
        self.rules: Rules = replace(run.rules, guardians=(GUARDIAN,), **changes)
        self.mint = run.minter
        self.draft = run.state.draft()
        put_rules(self.draft, self.rules)
        self.books = Books(self.draft)

    def intent(
        self,
        nonce: int = 1,
        give: int = 20,
        want: int = 9,
        *,
        back: bool = False,
        whole: bool = False,
        valid_to: int = NEVER,
    ) -> Intent:
        """A for B, or back, in whole units."""
        first, second = (B, A) if back else (A, B)
        legs = Leg(first, give * WHOLE), Leg(second, want * WHOLE)
        return self.mint.intent(ANN, nonce, *legs, whole=whole, valid_to=valid_to).intent

    def take(self, intent: Intent, now: int = 1) -> Denial | None:
        return admit(self.books, self.rules, intent, b"", now)


@dataclass(frozen=True)
class Case:
    """``make`` is denied with ``code`` on a ledger of such ``rules``; ``instead``, a hair better, is taken."""

    code: Denial
    make: Callable[[Desk], Intent]
    instead: Callable[[Desk], Intent]
    rules: tuple[tuple[str, object], ...] = ()
    before: Callable[[Desk], object] = lambda desk: None
    now: int = 1


def stop(desk: Desk, trading: TradingState) -> None:
    ask(desk.draft, desk.rules, GUARDIAN, trading)


CASES = (
    Case(Denial.DUPLICATE, Desk.intent, lambda d: d.intent(2), before=lambda d: d.take(d.intent())),
    Case(Denial.NONCE, lambda d: d.intent(1, 21), lambda d: d.intent(2), before=lambda d: d.take(d.intent())),
    Case(Denial.EXPIRED, lambda d: d.intent(valid_to=0), lambda d: d.intent(valid_to=1)),
    Case(
        Denial.ASSET,
        lambda d: replace(d.intent(), want=(Leg(AssetId("none"), 1),)),
        Desk.intent,
    ),
    Case(
        Denial.BALANCE,
        lambda d: d.intent(1, 1001, 400, whole=True),
        lambda d: d.intent(1, 1000, 400, whole=True),
    ),
    Case(Denial.SIZE, lambda d: d.intent(1, 19), Desk.intent, rules=(("min_notional", 20 * WHOLE),)),
    Case(Denial.SIZE, lambda d: d.intent(1, 21), Desk.intent, rules=(("max_notional", 20 * WHOLE),)),
    Case(
        Denial.SIZE,
        lambda d: d.intent(1, 11, 18, back=True),
        lambda d: d.intent(1, 10, 18, back=True),
        rules=(("max_notional", 20 * WHOLE),),
    ),
    Case(Denial.PRICE_BAND, lambda d: d.intent(1, 20, 4), lambda d: d.intent(1, 20, 5)),
    Case(
        Denial.RATE,
        lambda d: d.intent(3),
        lambda d: d.intent(2),
        rules=(("max_new_per_owner", 2),),
        before=lambda d: (d.take(d.intent(1)), d.take(d.intent(2, 21)), d.take(d.intent(1))),
    ),
    Case(
        Denial.OPEN,
        lambda d: d.intent(2),
        lambda d: d.intent(1),
        rules=(("max_open_per_owner", 1),),
        before=lambda d: d.take(d.intent(1)),
    ),
    Case(Denial.HALTED, Desk.intent, Desk.intent, before=lambda d: stop(d, TradingState.HALTED)),
    Case(
        Denial.REDUCING,
        Desk.intent,
        lambda d: d.intent(1, 10, 18, back=True),
        before=lambda d: stop(d, TradingState.REDUCING),
    ),
    # The price of genesis, of auction 1, is stale after five more: B is not taken on, and may be given away.
    Case(Denial.REDUCING, Desk.intent, lambda d: d.intent(1, 10, 18, back=True), now=7),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code.value)
def test_each_denial_has_its_bound(case: Case) -> None:
    """What breaks one rule is denied by its code and changes nothing."""
    desk = Desk(**dict(case.rules))
    case.before(desk)
    before = desk.draft.delta()
    assert desk.take(case.make(desk), case.now) is case.code
    assert desk.draft.delta() == before


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.code not in (Denial.HALTED, Denial.RATE, Denial.OPEN)],
    ids=lambda case: case.code.value,
)
def test_within_the_bound_it_is_taken(case: Case) -> None:
    """The same but for the one unit."""
    desk = Desk(**dict(case.rules))
    case.before(desk)
    assert desk.take(case.instead(desk), case.now) is None


def test_every_code_is_reached() -> None:
    """No denial is only a name."""
    assert {case.code for case in CASES} == set(Denial)


def test_the_first_that_fails_is_named() -> None:
    """A duplicate that is also too large is a duplicate; halted is halted whatever else."""
    desk = Desk(max_notional=20 * WHOLE)
    desk.take(desk.intent())
    desk.rules = replace(desk.rules, max_notional=1)
    assert desk.take(desk.intent()) is Denial.DUPLICATE
    assert desk.take(desk.intent(2)) is Denial.SIZE
    stop(desk, TradingState.HALTED)
    assert desk.take(desk.intent()) is Denial.HALTED


def test_a_rate_is_per_owner_and_auction() -> None:
    """The next auction counts from nothing, others count for themselves, and old counts are forgotten."""
    desk = Desk(max_new_per_owner=2)
    assert [desk.take(desk.intent(nonce)) for nonce in (1, 2, 3)] == [None, None, Denial.RATE]
    other = desk.mint.intent(BOB, 1, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE)).intent
    assert desk.take(other) is None
    assert [desk.take(desk.intent(nonce), 2) for nonce in (3, 4, 5)] == [None, None, Denial.RATE]
    forget_rates(desk.draft, 2)
    assert set(desk.draft.rows(RATES)) == {holder(ANN)}
    forget_rates(desk.draft, 3)
    assert desk.draft.rows(RATES) == {}


def test_one_that_has_ended_makes_room_and_keeps_its_nonce() -> None:
    """Open intents are counted, not all there ever were."""
    desk = Desk(max_open_per_owner=1)
    desk.take(desk.intent(1, valid_to=NEVER))
    (number,) = desk.draft.rows(ORDERS)
    closed(desk.books, step(desk.draft, number, OrderState.CANCELLED, 1))
    assert desk.draft.rows(OPEN) == {}
    assert desk.take(desk.intent(1, 21)) is Denial.NONCE
    assert desk.take(desk.intent(2)) is None
    assert len(desk.draft.rows(USED)) == 2


def test_one_side_tells_the_size_and_without_prices_nothing_does() -> None:
    """On a ledger without oracles prices grow old: bands are not checked, sizes by the side that has a price."""
    desk = Desk(max_notional=20 * WHOLE, oracles=())
    assert desk.take(desk.intent(1, 20, 1), 7) is None
    assert desk.take(desk.intent(2, 21, 1), 7) is Denial.SIZE
    assert desk.take(desk.intent(3, 1, 20, back=True), 7) is None
    assert desk.take(desk.intent(4, 1, 21, back=True), 7) is Denial.SIZE
    unknown = replace(desk.intent(5), give=(Leg(B, WHOLE),), want=(Leg(B, 99 * WHOLE),))
    assert desk.take(unknown, 7) is None
