"""Cheating with prices, limits and baskets."""

from __future__ import annotations

from random import Random

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.intent import CurvePoint, DutchCurve, Exclusivity
from settlement import errors as law
from tests.batches import NUMBER, Batch
from tests.tampering.operator import (
    price,
    refused_by,
    with_fill,
    with_intent,
    with_price,
    with_prices,
)


@refused_by(law.MissingPrice)
def a_price_left_out(batch: Batch, rng: Random) -> Batch:
    gone = rng.choice(list(batch.solution.prices))
    return with_prices(batch, {a: p for a, p in batch.solution.prices.items() if a != gone})


@refused_by(law.NonPositivePrice)
def a_price_of_zero_or_less(batch: Batch, rng: Random) -> Batch:
    return with_price(batch, rng.choice(list(batch.solution.prices)), -rng.randrange(10**9))


@refused_by(law.PriceTooLarge)
def a_huge_price(batch: Batch, rng: Random) -> Batch:
    return with_price(batch, rng.choice(list(batch.solution.prices)), MAX_PRICE + rng.randint(1, 10**9))


@refused_by(law.NotAnInteger)
def a_price_in_floats(batch: Batch, rng: Random) -> Batch:
    asset = rng.choice(list(batch.solution.prices))
    return with_price(batch, asset, float(batch.solution.prices[asset]))


@refused_by(law.UnknownPricedAsset)
def a_price_for_an_unknown_asset(batch: Batch, rng: Random) -> Batch:
    return with_price(batch, "nowhere", rng.randint(1, 10**9))


@refused_by(law.NotConserved)
def a_price_one_percent_up(batch: Batch, rng: Random) -> Batch:
    """Owners are promised more than the pools pay."""
    return with_price(batch, "give2", price(batch, "give2") * 101 // 100)


@refused_by(law.LeftoversTooLarge)
def a_price_three_percent_down(batch: Batch, rng: Random) -> Batch:
    """Within everyone's limit: what owners lose would stay in the settlement."""
    return with_price(batch, "give2", price(batch, "give2") * 97 // 100)


@refused_by(law.LimitNotMet)
def a_price_beyond_the_limit(batch: Batch, rng: Random) -> Batch:
    return with_price(batch, "give2", price(batch, "give2") * rng.randint(10, 87) // 100)


@refused_by(law.LimitNotMet)
def two_prices_swapped(batch: Batch, rng: Random) -> Batch:
    prices = dict(batch.solution.prices)
    give, want = AssetId("give2"), AssetId("want2")
    prices[give], prices[want] = prices[want], prices[give]
    return with_prices(batch, prices)


@refused_by(law.LimitNotMet)
def a_curve_that_asks_for_more_now(batch: Batch, rng: Random) -> Batch:
    """The owner signed a Dutch curve that still stands far above the clearing price."""
    order = batch.order("split")
    want = order.intent.want[0].amount
    points = (CurvePoint(NUMBER, want * 2), CurvePoint(NUMBER + 5, want))
    return with_intent(batch, "split", curve=DutchCurve(points))


@refused_by(law.LimitNotMet)
def exclusive_without_the_extra(batch: Batch, rng: Random) -> Batch:
    """Others than the favourite must beat the limit by half."""
    return with_intent(batch, "split", exclusive=Exclusivity("favourite", NUMBER, 5000))


@refused_by(law.LegsOnSwap)
def leg_amounts_on_a_swap(batch: Batch, rng: Random) -> Batch:
    role = rng.choice(("whole", "split", "exact_out"))
    return with_fill(batch, role, gives=(1,), wants=(1,))


@refused_by(law.LegCountMismatch)
def a_basket_leg_dropped(batch: Batch, rng: Random) -> Batch:
    side = rng.choice(("gives", "wants"))
    return with_fill(batch, "basket", **{side: getattr(batch.fill("basket"), side)[:1]})


@refused_by(law.ReferenceLegMismatch)
def a_basket_fraction_of_its_own(batch: Batch, rng: Random) -> Batch:
    gives = batch.fill("basket").gives
    return with_fill(batch, "basket", gives=(gives[0] - rng.randint(1, gives[0]), gives[1]))


@refused_by(law.GivesTooMuch)
def a_basket_leg_over_its_fraction(batch: Batch, rng: Random) -> Batch:
    gives = batch.fill("basket").gives
    return with_fill(batch, "basket", gives=(gives[0], gives[1] + rng.randint(1, 10**6)))


@refused_by(law.BasketUnderpaid)
def a_basket_short_of_its_value(batch: Batch, rng: Random) -> Batch:
    wants = batch.fill("basket").wants
    less = 1 + max(price(batch, "want4"), price(batch, "want5")) // price(batch, "want4")
    return with_fill(batch, "basket", wants=(wants[0] - less, wants[1]))


@refused_by(law.BasketOverpaid)
def a_basket_over_its_value(batch: Batch, rng: Random) -> Batch:
    """The 0.2 % the pools paid on top, for this owner alone: not the one price for all."""
    wants = batch.fill("basket").wants
    more = 2 + max(price(batch, "want4"), price(batch, "want5")) // price(batch, "want4")
    return with_fill(batch, "basket", wants=(wants[0] + more, wants[1]))


@refused_by(law.LimitNotMet)
def a_basket_leg_under_its_limit(batch: Batch, rng: Random) -> Batch:
    """The same value in all, taken from one wanted leg and added to the other."""
    fill, p, q = batch.fill("basket"), price(batch, "want4"), price(batch, "want5")
    less = fill.wants[0] * rng.randint(40, 87) // 100
    given = fill.gives[0] * price(batch, "give4") + fill.gives[1] * price(batch, "give5")
    more = -(-(given - less * p) // q)
    return with_fill(batch, "basket", wants=(less, more))
