"""People, makers, arbitrageurs and providers at a real ledger: what they hand in, and what comes of it."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from intents.conditions import Above, Below, Filled, From, Trailing
from intents.intent import IntentId, Kind
from intents.venue_states import ConstantProductState
from settlement.ledger.orders import ORDERS
from sim.agents.arbitrageur import ArbitrageurPart
from sim.agents.arrivals import Pattern
from sim.agents.best_trade import constant_product_input
from sim.agents.informed import InformedPart
from sim.agents.maker import MakerPart
from sim.agents.oracle import OraclePart
from sim.agents.provider import ProviderPart
from sim.agents.retail import RetailPart
from sim.agents.statistical import StatisticalPart, Usual, position
from sim.agents.valuing import best_prices
from sim.prices.declared import Law, PricesPart, Shock
from tests.desks import CASH, GOLD, Offered, Town, book, pool

RICH = 1e9


def values(offered: list[Offered], town: Town) -> list[float]:
    """What each gives, in cash at the outside price of a still market."""
    desk = town.desks[0]
    legs = [found.intent.give[0] for found in offered]
    return [desk.whole(leg.asset, leg.amount) * town.outside(leg.asset) for leg in legs]


def wanted_share(found: Offered, town: Town) -> float:
    """What an offer wants as a share of what it gives, at the prices of a still market."""
    desk = town.desks[0]
    given, wanted = (
        desk.whole(leg.asset, leg.amount) * town.outside(leg.asset)
        for leg in (found.intent.give[0], found.intent.want[0])
    )
    return wanted / given


def test_retail_comes_and_trades_as_declared() -> None:
    """Numbers, sizes, sides, room in the limit, exactness and patience of a thousand intents."""
    part = RetailPart(name="retail", funds=RICH, per_minute=3_000.0, size_median=7.0, size_sigma=0.5)
    town = Town([part]).run(10)
    assert not [found for found in town.offers if found.refused]
    count = len(town.offers)
    assert abs(count - 1_000) < 4 * math.sqrt(1_000)
    exact_in = [found for found in town.offers if found.intent.kind is Kind.EXACT_IN]
    assert abs(statistics.median(values(exact_in, town)) / 7.0 - 1.0) < 0.1
    assert abs(len(exact_in) / count - 0.8) < 0.06
    assert abs(sum(not found.intent.partial for found in town.offers) / count - 0.3) < 0.06
    plain = [found for found in town.offers if CASH in (found.intent.give[0].asset, found.intent.want[0].asset)]
    assert abs(sum(found.intent.give[0].asset == CASH for found in plain) / len(plain) - 0.5) < 0.06
    assert 0.02 < 1.0 - len(plain) / count < 0.1  # half of a tenth: two draws of two assets
    first = Counter(found.intent.valid_to for found in town.offers if found.at_us < 1_000_000)
    assert set(first) == {1, 2, 3}
    rooms = [10_000 * (1.0 - wanted_share(found, town)) for found in exact_in]
    assert abs(statistics.fmean(rooms) - 40.0) < 6.0
    assert abs(statistics.pstdev(rooms) - 40.0) < 6.0


def test_what_retail_hands_in_rests_on_the_ledger() -> None:
    """Every intent passes admission, those included that wait for prices, and is live as long as asked."""
    part = RetailPart(
        name="retail",
        per_minute=600.0,
        stop_share=0.2,
        profit_share=0.2,
        bracket_share=0.1,
        twap_share=0.2,
        trailing_share=0.2,
        later_share=0.05,
        return_share=0.05,
    )
    town = Town([part, OraclePart(name="oracle")]).run(5)
    assert town.refused == []
    purposes = Counter(found.purpose for found in town.offers)
    assert set(purposes) == {"retail", "stop", "take-profit", "trailing", "twap", "later", "return"}
    known = town.chain.state.rows(ORDERS)
    live = [
        found for found in town.offers if found.intent.valid_to >= town.chain.auction and found.at_us < 9_000_000
    ]
    assert len(live) > 20
    assert all(found.number in known for found in live)


def test_stops_turn_against_their_owner_and_profits_for_them() -> None:
    """Sellers stop below and take profits above, buyers the other way round; brackets are groups of two. A stop
    takes up to twice the move, a profit asks for all of it."""
    part = RetailPart(
        name="retail",
        per_minute=1_200.0,
        bracket_share=1.0,
        cross_share=0.0,
        trigger_bps=100.0,
        slack_bps=0.0,
        slack_sigma_bps=0.0,
    )
    town = Town([part]).run(4)
    groups: dict[tuple[int, bytes], set[str]] = {}
    for found in town.offers:
        intent = found.intent
        assert intent.group
        groups.setdefault((found.owner, intent.group), set()).add(found.purpose)
        selling = intent.want[0].asset == CASH
        price = 2.0 * 10**30 if GOLD in (intent.give[0].asset, intent.want[0].asset) else 0.5 * 10**18
        assert isinstance(intent.when, Below if selling == (found.purpose == "stop") else Above)
        assert intent.when.price / price == pytest.approx(1.01 if isinstance(intent.when, Above) else 0.99)
        asked = 0.98 if found.purpose == "stop" else 1.01
        assert wanted_share(found, town) == pytest.approx(asked, rel=1e-3)
    assert all(purposes == {"stop", "take-profit"} for purposes in groups.values())


def test_trailing_stops_follow_the_price_the_right_way() -> None:
    """Sellers are out when it falls from its highest, buyers are in when it rises from its lowest."""
    part = RetailPart(name="retail", per_minute=1_200.0, trailing_share=1.0, cross_share=0.0, trigger_bps=75.0)
    for found in Town([part]).run(2).offers:
        buying = found.intent.give[0].asset == CASH
        traded = found.intent.want[0].asset if buying else found.intent.give[0].asset
        assert found.intent.when == Trailing(traded, 75, rising=buying)


def test_what_waits_for_a_later_auction_or_another_intent() -> None:
    """A later auction is so many from now; who trades back waits for the first to be filled, at a better price."""
    part = RetailPart(
        name="retail",
        per_minute=1_200.0,
        cross_share=0.0,
        later_share=0.5,
        later=7,
        return_share=0.5,
        trigger_bps=100.0,
    )
    town = Town([part]).run(3)
    by_number = {found.number: found.intent for found in town.offers}
    conditions = [found for found in town.offers if found.intent.when is not None]
    for found in conditions:
        intent = found.intent
        if found.purpose == "later":
            assert isinstance(intent.when, From)
            assert intent.when.auction <= intent.valid_to <= intent.when.auction + part.patience
        else:
            assert isinstance(intent.when, Filled)
            first = by_number[IntentId(intent.when.intent)]
            assert (first.give[0].asset, first.want[0].asset) == (intent.want[0].asset, intent.give[0].asset)
            assert first.owner == intent.owner
            assert wanted_share(found, town) == pytest.approx(1.01, rel=1e-3)
    assert Counter(found.purpose for found in conditions).keys() == {"later", "return"}


def test_retail_that_trades_back_does_nothing_else_otherwise() -> None:
    """Everything but the trades back is as without them."""
    plain = RetailPart(name="retail", per_minute=600.0, stop_share=0.2, twap_share=0.2)
    alone = Town([plain]).run(2).offers
    both = Town([replace(plain, return_share=0.5)]).run(2).offers
    kept = [(one.at_us, one.purpose, one.intent.give) for one in both if one.purpose != "return"]
    assert kept == [(one.at_us, one.purpose, one.intent.give) for one in alone]
    assert len(both) > len(alone)


def test_a_stop_waits_for_its_price() -> None:
    """Nothing trades while gold stands; when it falls by a tenth, what stood below the stop does."""
    fall = PricesPart(law=Law.CONSTANT, shocks=(Shock(9.0, "GOLD", -1_000.0),))
    part = RetailPart(
        name="retail", assets=("GOLD",), per_minute=120.0, stop_share=1.0, buy_share=0.0, trigger_bps=300.0
    )
    town = Town([part, OraclePart(name="oracle")], moves=fall, venues=[pool(depth=1e6, gold_price=1.9)])
    town.solver = "baseline"
    town.run(4)
    assert town.fills["retail"] == []
    later = Town([part, OraclePart(name="oracle")], moves=fall, venues=[pool(depth=1e6, gold_price=1.9)])
    later.solver = "baseline"
    later.run(8)
    assert later.fills["retail"]


def test_bursts_are_bursts_at_the_same_rate() -> None:
    """Hawkes arrivals are as many as Poisson ones and bunch together."""
    found = {}
    for pattern in Pattern:
        part = RetailPart(
            name="retail", funds=RICH, per_minute=2_000.0, pattern=pattern, branching=0.8, decay_s=0.2
        )
        town = Town([part], seed=4).run(20)
        per_slot = Counter(int(offered.at_us / 400_000) for offered in town.offers)
        slots = [per_slot[slot] for slot in range(100)]
        found[pattern] = statistics.fmean(slots), statistics.pvariance(slots)
    (calm, calm_variance), (wild, wild_variance) = found[Pattern.POISSON], found[Pattern.HAWKES]
    assert abs(wild / calm - 1.0) < 0.4
    assert calm_variance < 2.0 * calm
    assert wild_variance > 2.5 * wild


def test_people_without_funds_stay_away() -> None:
    """And the streams of the others are as they were."""
    part = RetailPart(name="retail", funds=0.0)
    assert Town([part]).run(3).offers == []


def test_informed_traders_take_what_is_off_and_keep_their_threshold() -> None:
    """Gold rises by a twentieth; the pool has not heard; they buy from it below the new price."""
    rise = PricesPart(law=Law.CONSTANT, shocks=(Shock(2.5, "GOLD", 500.0),))
    part = InformedPart(name="informed", threshold_bps=50.0, size=0.03)
    town = Town([part], moves=rise, venues=[pool()], solver="baseline").run(4)
    assert town.offers
    assert min(found.at_us for found in town.offers) >= 2_500_000
    for found in town.offers:
        give, want = found.intent.give[0], found.intent.want[0]
        assert (give.asset, want.asset) == (CASH, GOLD)
        price = (give.amount / 10**18) / (want.amount / 10**6)
        assert price == pytest.approx(2.1 / 1.005, rel=1e-4)
    assert town.fills["informed"]
    assert all(fill.got.amount > 0 for fill in town.fills["informed"])


def test_foresight_buys_before_the_rise() -> None:
    """Who sees three seconds ahead trades in the three seconds before it, and is right."""
    rise = PricesPart(law=Law.CONSTANT, shocks=(Shock(6.0, "GOLD", 500.0),))
    part = InformedPart(name="informed", horizon_ms=3_000, threshold_bps=50.0, every_ms=500)
    town = Town([part], moves=rise, venues=[pool()], solver="baseline").run(4)
    first = min(found.at_us for found in town.offers)
    assert 3_000_000 <= first < 4_000_000
    assert all(found.intent.want[0].asset == GOLD for found in town.offers if found.at_us < 6_000_000)
    # Half of what it began with was not gold.
    assert town.worth("informed") > 1_000.0 * (1.0 + 0.05 / 3) + 1.0


def test_informed_traders_leave_a_fair_pool_alone() -> None:
    """Within the threshold, the fee included, there is nothing to do."""
    assert Town([InformedPart(name="informed")], venues=[pool()]).run(5).offers == []


def test_an_arbitrageur_brings_a_pool_back_to_the_band() -> None:
    """In one trade of the closed form's size; the profit is its own; then it leaves the pool alone."""
    part = ArbitrageurPart(name="arbitrageur", funds=100_000.0, margin_bps=1.0)
    town = Town([part], venues=[pool(gold_price=2.2)], solver="baseline")
    before, state = town.worth("arbitrageur"), town.venue("pool")
    assert isinstance(state, ConstantProductState)
    town.run(6)
    bid, ask = best_prices(town.desks[0], town.desks[0].venues(), GOLD)
    assert bid is not None
    assert ask is not None
    assert bid <= 2.0 * (1.0 + 2e-4) < ask
    # Gold for cash, which the pool has at 2.2.
    best = constant_product_input(state.reserves[1], state.reserves[0], state.fee, 2.0 * 1.0001 * 10**12)
    gave = sum(fill.gave.amount for fill in town.fills["arbitrageur"])
    assert gave == pytest.approx(best, rel=1e-3)
    value = town.worth("arbitrageur") - before
    got = state.reserves[0] * 0.997 * best / (state.reserves[1] + 0.997 * best)
    assert value == pytest.approx(got / 10**18 - 2.0 * best / 10**6, rel=1e-3)
    last = max(found.at_us for found in town.offers)
    assert last < 6_000_000


def test_an_arbitrageur_with_little_does_little() -> None:
    """Its account bounds its trades, and its patience the number of them."""
    pools = [pool(f"pool-{n}", gold_price=2.0 + n / 50) for n in range(8)]
    part = ArbitrageurPart(name="arbitrageur", funds=30.0, most_offers=3, assets=("GOLD",))
    town = Town([part], venues=pools).run(2)
    per_time = Counter(found.at_us for found in town.offers)
    assert set(per_time.values()) == {3}
    assert all(found.intent.give[0].amount <= 15 * 10**6 // 2 for found in town.offers)


def test_an_arbitrageur_prefers_what_pays_most() -> None:
    """Of three pools that are off it takes the one furthest off, at the size that pool asks for."""
    pools = [pool(f"pool-{n}", gold_price=price) for n, price in enumerate((2.05, 2.3, 2.1))]
    part = ArbitrageurPart(name="arbitrageur", funds=1e6, most_offers=1, margin_bps=0.0)
    town = Town([part], venues=pools).run(1)
    worst = pools[1]
    assert isinstance(worst, ConstantProductState)
    best = constant_product_input(worst.reserves[1], worst.reserves[0], worst.fee, 2.0 * 10**12)
    assert town.offers[0].intent.give[0].amount == pytest.approx(best, rel=1e-9)


def test_providers_do_not_promise_what_they_lack() -> None:
    """A deposit of ten times their funds is not handed in."""
    assert Town([ProviderPart(name="provider", size=10.0, every_s=1.0)], venues=[pool()]).run(3).items == []


def test_providers_add_and_take_out_what_shares_are_worth() -> None:
    """Every transaction takes effect; what is not on its account is in the pool, to the unit of rounding."""
    part = ProviderPart(name="provider", count=3, every_s=1.0, size=0.05, remove_share=0.5)
    town = Town([part], venues=[pool()], seed=3)
    before = town.worth("provider")
    town.run(10)
    assert town.refused == []
    state, desk = town.venue("pool"), town.desks[0]
    assert isinstance(state, ConstantProductState)
    shares = [desk.shares(state.id, owner) for owner in range(3)]
    assert sum(shares) > 0
    worth = state.reserves[0] / 10**18 + 2.0 * state.reserves[1] / 10**6
    inside = worth * sum(shares) / desk.shares(state.id)
    assert town.worth("provider") + inside == pytest.approx(before, rel=1e-6)
    assert worth == pytest.approx(20_000.0 + inside, rel=1e-6)


def test_providers_find_nothing_where_there_are_no_pools() -> None:
    """An order book takes no shares."""
    assert Town([ProviderPart(name="provider")], venues=[book()]).run(3).items == []


def test_what_is_usual_is_learnt_and_what_is_not_stands_out() -> None:
    """Of normal values most lie within two deviations; one far off does not, and weighs little afterwards."""
    draw, usual = Random(6), Usual(0.01)
    for _ in range(1_000):
        usual.deviations(draw.gauss(3.0, 0.5))
    found = [usual.deviations(draw.gauss(3.0, 0.5)) for _ in range(4_000)]
    assert abs(statistics.fmean(found)) < 0.1
    assert abs(statistics.pstdev(found) - 1.0) < 0.1
    assert usual.deviations(8.0) > 7.0
    assert usual.mean == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize(
    ("held", "deviations", "expected"),
    [
        (0, 1.9, 0),
        (0, 2.0, -1),
        (0, -2.0, 1),
        (-1, 1.0, -1),
        (-1, 0.5, 0),
        (-1, -0.6, 0),
        (1, -1.0, 1),
        (1, 0.6, 0),
        (1, 2.5, -1),
    ],
)
def test_positions_are_taken_when_unusual_and_given_up_when_usual(
    held: int, deviations: float, expected: int
) -> None:
    """Short of what is dear, long of what is cheap; nothing in between, and nothing past the middle."""
    assert position(held, deviations, 2.0, 0.5) == expected


def test_what_returns_pays_whoever_waits_for_it() -> None:
    """On a price that is pulled back within half a minute it buys low and sells high; on a random walk there is
    nothing in it."""
    earned = {}
    for law in (Law.PEGGED, Law.GBM):
        parts = [
            MakerPart(name="maker", assets=("GOLD",), funds=1e5, size=0.05, risk_aversion=0.0, fill_decay=0.5),
            StatisticalPart(name="statistical", assets=("GOLD",)),
        ]
        moves = PricesPart(law=law, volatility_bps=3_000.0, reversion_per_hour=125.0)
        town = Town(parts, seed=1, moves=moves, solver="naive").run(300)
        earned[law] = town.worth("statistical") - 500.0 - 250.0 * town.outside(GOLD)
        sides = Counter(fill.gave.asset for fill in town.fills["statistical"])
        assert sides[CASH] > 0
        assert sides[GOLD] > 0
    # Positions of a hundred, some seven round trips of a deviation and a half of 1.9% each.
    assert 7.0 < earned[Law.PEGGED] < 30.0
    assert earned[Law.GBM] < earned[Law.PEGGED] / 2.0
