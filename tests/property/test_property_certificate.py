"""Laws of certificates: nothing lawful scores more than any feasible prices prove, whoever solved it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder, Balance, CostModel
from intents.fees import SurplusFee, VolumeFee
from intents.intent import Kind
from intents.records import replace
from intents.venue_states import ConstantProductState, VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.certificate.bound import evaluate, least_prices
from settlement.certificate.dual import KIND as PAY_AS_BID
from settlement.certificate.dual import DualPrices
from settlement.certificate.errors import CertificateError
from settlement.certificate.kinds import Proof, verdict, verdicts
from settlement.certificate.offers import excess_units
from settlement.certificate.price_cells import KIND as CELLS
from settlement.errors import LawError
from settlement.execution import Amounts, Limit
from settlement.fees import charge, unwind
from settlement.solution import Fill, Interaction, Solution
from settlement.verify import Verifier
from solver.protocol import Deadline
from solver.registry import built_in
from tests.batches import build
from tests.solver_worlds import auction, pool, swap
from tests.strategies import auctions

A, B = AssetId("A"), AssetId("B")
POLICIES = (
    (),
    (VolumeFee(Fraction(1, 10)),),
    (VolumeFee(Fraction(9, 10)),),
    (SurplusFee(Fraction(1, 2), Fraction(9, 10)),),
    (SurplusFee(Fraction(1, 2), Fraction(1)), VolumeFee(Fraction(1, 5))),
)


def feasible_prices(batch: Auction, draw: random.Random) -> DualPrices:
    """Any prices that prove something: the least, or some way above."""
    weight = Fraction(draw.randint(0, 4), 4)
    least = least_prices(batch, weight)
    listed = {asset: price * (1 + Fraction(draw.randint(0, 9), 7)) for asset, price in least.items()}
    some = {asset: price + Fraction(draw.randint(0, 3), 3 * 2**30) for asset, price in listed.items()}
    return DualPrices({asset: price for asset, price in some.items() if draw.random() < 0.8}, weight)


@st.composite
def tiny_markets(draw: st.DrawFn) -> Auction:
    """Two orders of a few units of A and B, a pool, costs of a few units, perhaps one owner and one balance."""
    orders: list[AuctionOrder] = []
    for number in (1, 2):
        give, want = draw(st.permutations("AB"))
        kind = draw(st.sampled_from((Kind.EXACT_IN, Kind.EXACT_OUT)))
        order = swap(
            number,
            give,
            draw(st.integers(1, 6)),
            want,
            draw(st.integers(1, 6)),
            kind=kind,
            partial=draw(st.booleans()),
            policies=draw(st.sampled_from(POLICIES)),
            max_fee=draw(st.integers(0, 2)),
        )
        orders.append(replace(order, scored=draw(st.integers(0, 4)) > 0))
    if draw(st.booleans()):
        owner = orders[0].intent.owner
        orders[1] = replace(orders[1], intent=replace(orders[1].intent, owner=owner))
    held = [Balance(orders[0].intent.owner, orders[0].intent.give[0].asset, draw(st.integers(1, 8)))]
    costs = CostModel(draw(st.integers(0, 1)), draw(st.integers(0, 1)), draw(st.integers(0, 1)))
    between = pool("p", "A", draw(st.integers(3, 30)), "B", draw(st.integers(3, 30)), gas=1)
    made = auction(orders, [between], costs=costs, balances=held if draw(st.booleans()) else ())
    prices = {name: draw(st.sampled_from((PRICE_SCALE // 3, PRICE_SCALE, 5 * PRICE_SCALE))) for name in "AB"}
    return replace(made, assets=tuple(replace(a, reference_price=prices[a.id]) for a in made.assets))


def best_score(batch: Auction) -> int:
    """The best net score over a few prices, all fills with and without fees, and all small trades on the pool."""
    verifier, best = Verifier(batch), 0
    for a, b in ((1, 1), (1, 2), (2, 1), (2, 3), (3, 2)):
        for fills, trades in product(fillings(batch), pool_trades(batch.venues[0])):
            try:
                found = verifier.verify(Solution("s", 0, {A: a, B: b}, fills, trades))
            except LawError:
                continue
            best = max(best, found.score.net)
    return best


def fillings(batch: Auction) -> Iterator[tuple[Fill, ...]]:
    amounts = [
        [(0, 0)]
        + [(n, fee) for n in range(1, order.remaining + 1) for fee in ((0, 1) if order.fee_by_solver else (0,))]
        for order in batch.orders
    ]
    for chosen in product(*amounts):
        fills = tuple(Fill(o.id, n, fee) for o, (n, fee) in zip(batch.orders, chosen, strict=True) if n)
        if fills:
            yield fills


def pool_trades(state: VenueState) -> list[tuple[Interaction, ...]]:
    found: list[tuple[Interaction, ...]] = [()]
    for into, out in ((A, B), (B, A)):
        for amount in range(1, 7):
            try:
                got = open_venue(state).quote_in(into, out, amount)
            except VenueError:
                continue
            if got:
                found.append((Interaction(state.id, into, out, amount, got),))
    return found


@given(tiny_markets(), st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_nothing_lawful_scores_more_than_any_prices_prove(batch: Auction, seed: int) -> None:
    """Every way to fill and trade a tiny market, fees and costs included, against prices drawn at random."""
    draw = random.Random(seed)
    best = best_score(batch)
    for _ in range(5):
        assert evaluate(batch, feasible_prices(batch, draw)) >= best


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_large_batches_stay_below_their_bound(seed: int) -> None:
    """Baskets, buys, withheld fees and policies in a batch that verifies by construction."""
    draw = random.Random(seed)
    batch = build(draw)
    net = Verifier(batch.auction).recompute(batch.solution).score.net
    assert evaluate(batch.auction, feasible_prices(batch.auction, draw)) >= net


@given(
    st.sampled_from([policies for policies in POLICIES if policies]),
    st.sampled_from((Kind.EXACT_IN, Kind.EXACT_OUT)),
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 60),
    st.integers(1, 60),
)
@settings(max_examples=500, deadline=None)
def test_fees_read_back_exceed_those_charged_by_no_more_than_is_allowed_for(
    policies: tuple[VolumeFee | SurplusFee, ...], kind: Kind, given_: int, got: int, give: int, want: int
) -> None:
    """Charged and unwound by the law itself, on amounts so small that rounding is all there is."""
    before, limit = Amounts(given_, got), Limit(give, want)
    after = charge(kind, before, limit, policies)
    charged = after.given - before.given if kind is Kind.EXACT_OUT else before.got - after.got
    assert unwind(kind, after, limit, policies) - charged <= excess_units(policies, kind)


@given(tiny_markets(), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_more_orders_and_more_venues_never_lower_the_bound(batch: Auction, seed: int) -> None:
    """At the same prices, whatever is taken away."""
    dual = feasible_prices(batch, random.Random(seed))
    bound = evaluate(batch, dual)
    listed = DualPrices(least_prices(batch, dual.cost_weight) | dict(dual.prices), dual.cost_weight)
    fewer = [replace(batch, orders=batch.orders[:1]), replace(batch, orders=()), replace(batch, venues=())]
    assert all(evaluate(smaller, listed) <= bound for smaller in fewer)


@given(tiny_markets(), st.integers(0, 10**6), st.integers(0, 9), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_units_do_not_matter(batch: Auction, seed: int, a: int, b: int) -> None:
    """Every asset counted in smaller units, prices likewise: the same bound, but for fees read back in units."""
    plain = replace(
        batch,
        orders=tuple(replace(order, policies=()) for order in batch.orders),
        assets=tuple(
            replace(x, reference_price=(x.reference_price or 0) // 10**17 * 10**27) for x in batch.assets
        ),
    )
    dual, units = feasible_prices(plain, random.Random(seed)), {A: 10**a, B: 10**b}
    finer = DualPrices({asset: price / units[asset] for asset, price in dual.prices.items()}, dual.cost_weight)
    assert abs(evaluate(rescaled(plain, units), finer) - evaluate(plain, dual)) <= 1


def test_a_purchase_that_its_balance_pays_for_in_part_counts_in_that_proportion() -> None:
    """One A for at most two B, of which there is one: half of (2·6 − 4), and in units a tenth as large no less."""
    buy = replace(swap(1, "B", 2, "A", 1, kind=Kind.EXACT_OUT, partial=True), scored=False)
    held = Balance(buy.intent.owner, B, 1)
    batch = auction([buy], balances=[held])
    dual = DualPrices({A: Fraction(4 * 10**9), B: Fraction(6 * 10**9)}, Fraction(0))
    assert evaluate(batch, dual) == 4 * 10**9
    finer = DualPrices({A: Fraction(4 * 10**8), B: Fraction(6 * 10**9)}, Fraction(0))
    assert evaluate(rescaled(batch, {A: 10, B: 1}), finer) == 4 * 10**9


def rescaled(batch: Auction, units: dict[AssetId, int]) -> Auction:
    """``batch`` with every amount of an asset multiplied by its unit and reference prices divided."""
    orders = []
    for order in batch.orders:
        intent = order.intent
        give, want = intent.give[0], intent.want[0]
        moved = replace(
            intent,
            give=(replace(give, amount=give.amount * units[give.asset]),),
            want=(replace(want, amount=want.amount * units[want.asset]),),
        )
        left = order.remaining * units[intent.reference_leg.asset]
        orders.append(replace(order, intent=moved, remaining=left))
    venues = []
    for venue in batch.venues:
        assert isinstance(venue, ConstantProductState)
        reserves = tuple(r * units[asset] for r, asset in zip(venue.reserves, venue.assets, strict=True))
        venues.append(replace(venue, reserves=reserves))
    return replace(
        batch,
        orders=tuple(orders),
        venues=tuple(venues),
        assets=tuple(replace(x, reference_price=(x.reference_price or 0) // units[x.id]) for x in batch.assets),
        balances=tuple(replace(x, amount=x.amount * units[x.asset]) for x in batch.balances),
    )


Plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["A", "B", "1/1", "1/3", "cut"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["assets", "cells", "cut", "prices", "A", "B", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from((PAY_AS_BID, CELLS)),
    st.fixed_dictionaries(
        {}, optional={"bound": Plain, "cost_weight": Plain, "prices": Plain, "blocks": Plain, "more": Plain}
    ),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_a_certificate_holds_it_is_a_proof_or_an_error_by_name(
    kind: str, fields: dict[str, object], pooled: bool
) -> None:
    """Any JSON under the known names: never another exception."""
    venues = [pool("p", "A", 30, "B", 20)] if pooled else []
    batch = auction([swap(1, "A", 5, "B", 4, partial=True), swap(2, "B", 6, "A", 4, partial=True)], venues)
    found = verdict(batch, {"kind": kind, **fields})
    assert isinstance(found, Proof) or (isinstance(found, CertificateError) and str(found))


@given(auctions(), st.integers(0, 10**6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_auction_that_can_be_written_has_a_bound(batch: Auction, seed: int) -> None:
    """Whatever its venues' numbers are, at the least prices and above them."""
    draw = random.Random(seed)
    for weight in (Fraction(0), Fraction(1)):
        least = evaluate(batch, DualPrices({}, weight))
        assert least >= 0
        assert evaluate(batch, DualPrices(least_prices(batch, weight), weight)) == least
    assert evaluate(batch, feasible_prices(batch, draw)) >= 0


@given(tiny_markets())
@settings(max_examples=12, deadline=None)
def test_every_solver_stays_below_what_the_flagship_proves(batch: Auction) -> None:
    """Its certificates hold for the answers of all built-in solvers, on markets thousands of times a tiny one."""
    large = rescaled(batch, {A: 10**12, B: 10**12})
    answers = [
        replace(solution, solver=name)
        for name in ("walras", "baseline", "naive", "rings")
        for solution in built_in(name).solve(large, Deadline.work(200_000))
    ]
    bounds = list(verdicts(large, answers).values())
    assert all(isinstance(found, Proof) and found.claim is None for found in bounds)
    verifier = Verifier(large)
    for solution in answers:
        try:
            net = verifier.verify(solution).score.net
        except LawError:
            continue
        assert all(isinstance(found, Proof) and net <= found.bound for found in bounds)
