"""Hard cases: on each, every built-in solver gives valid answers or an honest empty one, and the law agrees."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.auction import Auction, Balance, CostModel
from intents.intent import Kind
from intents.records import replace
from intents.venue_states import ConcentratedState, StableState, VenueId
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.solution import Solution
from settlement.verify import Verifier
from solver.protocol import Deadline
from solver.registry import NAMES, built_in
from tests.solver_worlds import ONE, auction, pool, swap

#: Enough for each of these small markets.
ENOUGH_S = 1.0
#: Units of work (about microseconds) that may be spent where none are left.
MOMENTS = 10_000
K = 1000 * ONE


def answers(name: str, market: Auction, deadline: Deadline | None = None) -> list[Solution]:
    """What counts of a solver's answers: the last under each id."""
    found = built_in(name).solve(market, deadline or Deadline.after(ENOUGH_S, seed=1))
    return list({solution.id: solution for solution in found}.values())


def value(market: Auction, solutions: list[Solution]) -> int:
    """What they win together; every one of them must be lawful."""
    passed, refused = judge(Verifier(market), solutions)
    assert [str(item.error) for item in refused] == []
    return alone([bid_of(item) for item in passed], market.seed)


def ticks(*nets: tuple[int, int], tick: int = 0, liquidity: int = 10**22) -> ConcentratedState:
    """A pool at price 1 with liquidity in given ranges."""
    return ConcentratedState(
        VenueId("ticks"), (AssetId("A"), AssetId("B")), 0, "", 1 << 96, liquidity, tick, nets, Fraction(3, 1000)
    )


def stable(a: int, b: int) -> StableState:
    return StableState(
        VenueId("stable"),
        (AssetId("A"), AssetId("B")),
        0,
        "",
        (a, b),
        (Fraction(1), Fraction(1)),
        Fraction(100),
        Fraction(1, 10_000),
    )


def one_owner() -> Auction:
    """A thousand orders of one owner who can pay for ten."""
    orders = [swap(i + 1, "A", ONE, "B", ONE * 9 // 10, partial=i % 2 == 0) for i in range(1000)]
    owner = orders[0].intent.owner
    orders = [replace(order, intent=replace(order.intent, owner=owner, nonce=i)) for i, order in enumerate(orders)]
    return auction(orders, [pool("p", "A", K, "B", K)], balances=[Balance(owner, AssetId("A"), 10 * ONE)])


def whole(market: Auction) -> Auction:
    return replace(market, costs=CostModel(1, 10**12, 10**12))


EMPTY: dict[str, Callable[[], Auction]] = {
    "no orders": lambda: auction([], [pool("p", "A", K, "B", K)]),
    "no venues, one order": lambda: auction([swap(1, "A", ONE, "B", ONE)]),
    "all one way, no venues": lambda: auction([swap(i, "A", ONE, "B", ONE) for i in range(1, 20)]),
    "disconnected": lambda: auction([swap(1, "A", ONE, "B", 1)], [pool("p", "C", K, "D", K)]),
    "a token without reference price": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2)], [pool("p", "A", K, "B", K)], unpriced=["B"]
    ),
    "zero liquidity everywhere": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2)], [ticks((-600, 0), (600, 0), liquidity=0)]
    ),
    "cost above any surplus": lambda: replace(
        auction([swap(1, "A", ONE, "B", ONE // 2)], [pool("p", "A", K, "B", K)]),
        costs=CostModel(10**18, 10**6, 10**6),
    ),
}
FULL: dict[str, Callable[[], Auction]] = {
    "one order": lambda: auction([swap(1, "A", ONE, "B", ONE // 2)], [pool("p", "A", K, "B", K)]),
    "one buy": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2, kind=Kind.EXACT_OUT)], [pool("p", "A", K, "B", K)]
    ),
    "all one way": lambda: auction(
        [swap(i, "A", ONE, "B", ONE // 2) for i in range(1, 20)], [pool("p", "A", K, "B", K)]
    ),
    "two tokens": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2, partial=True), swap(2, "B", ONE, "A", ONE // 2, partial=True)]
    ),
    "two markets apart": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2), swap(2, "C", ONE, "D", ONE // 2)],
        [pool("p", "A", K, "B", K), pool("q", "C", K, "D", K)],
    ),
    "identical limits": lambda: auction(
        [swap(i, "A", ONE, "B", ONE * 9 // 10, partial=True) for i in range(1, 9)]
        + [swap(20, "B", 2 * ONE, "A", ONE, partial=True)]
    ),
    "the edge of a pool's range": lambda: auction(
        [swap(1, "A", 10**24, "B", ONE, partial=True)], [ticks((-60, 10**22), (60, -(10**22)))]
    ),
    "ticks without liquidity between": lambda: auction(
        [swap(1, "A", 2 * 10**20, "B", ONE, partial=True)],
        [ticks((-1200, 10**22), (-600, -(10**22)), (-60, 10**22), (60, -(10**22)))],
    ),
    "a pool whose price does not stand on its tick": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2)],
        [pool("p", "A", K, "B", K), ticks((-600, 10**22), (600, -(10**22)), tick=300)],
    ),
    "a stable pool far off its peg": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 10**5, partial=True), swap(2, "B", ONE, "A", ONE)],
        [stable(10**27, 10**21)],
    ),
    "limits that cross by 111 times": lambda: auction(
        [swap(1, "A", 111 * ONE, "B", ONE), swap(2, "B", 111 * ONE, "A", ONE)], [pool("p", "A", K, "B", K)]
    ),
    "an arbitrage cycle": lambda: auction(
        [swap(1, "A", ONE, "B", ONE // 2)],
        [pool("p", "A", K, "B", 2 * K), pool("q", "B", K, "C", K), pool("r", "C", K, "A", K)],
    ),
    "a thousand orders of an owner with balance for ten": one_owner,
    "amounts of 2^126": lambda: auction(
        [swap(1, "A", 2**126, "B", 2**125, partial=True), swap(2, "B", 2**126, "A", 2**125, partial=True)]
    ),
}
TINY: dict[str, Callable[[], Auction]] = {
    "amounts of one unit": lambda: auction([swap(1, "A", 1, "B", 1), swap(2, "B", 1, "A", 1)]),
    "one unit against the largest": lambda: auction(
        [swap(1, "A", 1, "B", 1), swap(2, "B", 2**126, "A", 1, partial=True)],
        [pool("p", "A", 2**100, "B", 2**100)],
    ),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", EMPTY)
def test_where_nothing_can_be_won_the_answer_is_empty(case: str, name: str) -> None:
    """No exception, and no bid that the law would void."""
    market = EMPTY[case]()
    assert value(market, answers(name, market)) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", [*FULL, *TINY])
def test_whatever_is_answered_is_lawful(case: str, name: str) -> None:
    """Every bid of every solver passes the verifier."""
    market = {**FULL, **TINY}[case]()
    assert value(market, answers(name, market)) >= 0


@pytest.mark.parametrize("case", FULL)
def test_the_flagship_finds_something_wherever_there_is_something(case: str) -> None:
    """And never less than the best of the others."""
    market = FULL[case]()
    others = [value(market, answers(name, market)) for name in NAMES if name != "walras"]
    found = value(market, answers("walras", market, Deadline.after(2 * ENOUGH_S, seed=1)))
    assert found > 0
    assert found >= max(others)


@pytest.mark.parametrize("name", NAMES)
def test_a_deadline_that_has_passed_ends_at_once(name: str) -> None:
    """Nothing, or something valid, on the clock; and where work counts, for hardly any."""
    market = FULL["all one way"]()
    assert value(market, answers(name, market, Deadline(time.monotonic() - 1.0))) >= 0
    none_left = Deadline.work(0)
    assert value(market, answers(name, market, none_left)) >= 0
    assert none_left.meter is not None
    assert none_left.meter.spent <= MOMENTS


def test_orders_with_one_limit_are_rationed_alike() -> None:
    """Eight like orders share what one counterparty takes, each the same part to a unit of value (a millionth)."""
    market = FULL["identical limits"]()
    passed, _ = judge(Verifier(market), answers("walras", market))
    filled = {int.from_bytes(trade.order, "big"): trade.filled for item in passed for trade in item.trades}
    shares = [filled[number] for number in range(1, 9)]
    assert max(shares) - min(shares) <= max(shares) // 10**5
    assert sum(shares) > 2 * ONE
