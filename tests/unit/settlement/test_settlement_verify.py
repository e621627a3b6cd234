"""The verifier as a whole: what it reports, what it remembers, and the edges of its rules."""

from __future__ import annotations

from random import Random

import pytest

from intents.auction import AuctionOrder
from intents.intent import Intent, IntentId, Owner, OwnerScheme
from intents.records import replace
from intents.signing import verify_signature
from intents.venue_states import VenueId
from liquidity.registry import open_venue
from settlement.errors import (
    BadSignature,
    BelowMinimumFill,
    LeftoversTooLarge,
    NotConserved,
    PartialFillOfWhole,
    WorthNothing,
)
from settlement.signatures import count_as_signed
from settlement.verify import Verifier
from tests.batches import ROLES, Batch, build
from tests.tampering.operator import with_fill, with_intent, with_order, with_price


def batch_of(seed: int = 3) -> Batch:
    return build(Random(seed))


def test_the_report_follows_the_solution() -> None:
    """Trades come in fill order, venues in order of first use, with the states interactions left."""
    batch = batch_of()
    verified = Verifier(batch.auction).verify(batch.solution)
    assert [trade.order for trade in verified.trades] == [fill.order for fill in batch.solution.fills]
    assert verified.venues_used == tuple(dict.fromkeys(swap.venue for swap in batch.solution.interactions))
    state = batch.auction.venue[VenueId("pool2")]
    for swap in batch.solution.interactions:
        if swap.venue == "pool2":
            state = open_venue(state).swap_in(swap.asset_in, swap.asset_out, swap.amount_in).state
    assert verified.venues_after[VenueId("pool2")] == state


def test_fees_are_kept_apart() -> None:
    """Network fees stay among the leftovers, protocol fees go to their own account."""
    batch = batch_of()
    verified = Verifier(batch.auction).verify(batch.solution)
    paying = verified.trades[ROLES.index("paying")]
    charged = verified.trades[ROLES.index("charged")]
    assert paying.fee == batch.fill("paying").fee
    assert verified.leftovers[paying.gives[0].asset] == paying.fee
    assert dict(verified.protocol_fees) == {leg.asset: leg.amount for leg in charged.protocol_fees}
    assert charged.protocol_fees[0].amount > 0


def test_a_basket_scores_on_all_its_pairs() -> None:
    """Four pairs share the basket's score by value given, and lose nothing of it."""
    batch = batch_of()
    basket = Verifier(batch.auction).verify(batch.solution).trades[ROLES.index("basket")]
    assert len(basket.pairs) == len(basket.pair_scores) == 4
    assert all(score > 0 for score in basket.pair_scores)


def test_verdicts_repeat() -> None:
    """One verifier gives equal answers to the same solution, and its venues stay as in the snapshot."""
    batch = batch_of()
    verifier = Verifier(batch.auction)
    assert verifier.verify(batch.solution) == verifier.verify(batch.solution)


def test_signatures_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second solution to the auction costs no second signature check."""
    batch = batch_of()
    calls: list[IntentId] = []

    def counted(intent: Intent, intent_id: IntentId, signature: bytes, where: str) -> None:
        calls.append(intent_id)
        verify_signature(intent, intent_id, signature, where)

    monkeypatch.setattr("settlement.signatures.verify_signature", counted)
    verifier = Verifier(batch.auction)
    verifier.verify(batch.solution)
    verifier.verify(batch.solution)
    assert calls == [fill.order for fill in batch.solution.fills]


def recorded(order: AuctionOrder) -> AuctionOrder:
    owner = Owner(OwnerScheme.RECORDED, b"\x01" * 20)
    return replace(order, id=IntentId(b"\x02" * 56), intent=replace(order.intent, owner=owner), signature=b"")


def test_recorded_orders_count_as_unsigned() -> None:
    """An order without a checkable signature passes, and is counted."""
    batch = batch_of()
    changed = recorded(batch.order("split"))
    batch = with_order(batch, "split", id=changed.id, intent=changed.intent, signature=b"")
    assert Verifier(batch.auction).verify(batch.solution).unsigned == 1


def test_orders_that_count_as_signed_are_these_very_ones() -> None:
    """A wrong signature passes on an order handed over as checked; not on an equal one, nor once others are."""
    batch = with_order(batch_of(), "split", signature=bytes(64))
    count_as_signed(batch.auction.orders)
    assert Verifier(batch.auction).verify(batch.solution).unsigned == 0
    copied = replace(batch.auction, orders=tuple(replace(order) for order in batch.auction.orders))
    with pytest.raises(BadSignature):
        Verifier(copied).verify(batch.solution)
    count_as_signed(())
    with pytest.raises(BadSignature):
        Verifier(batch.auction).verify(batch.solution)


def test_an_unrecorded_clock_checks_no_validity() -> None:
    """Auction number 0 stands for no clock: validity of recorded orders is left unchecked."""
    batch = batch_of()
    auction = replace(batch.auction, number=0)
    assert Verifier(auction).verify(batch.solution).score.net > 0


def test_the_last_remainder_may_be_below_the_minimum_fill() -> None:
    """What completes an order is no partial fill; one unit less of remaining makes no difference to that."""
    batch = batch_of()
    order, fill = batch.order("split"), batch.fill("split")
    rule = replace(order.intent.fill, min_fill=fill.executed + 1)
    signed = with_intent(batch, "split", fill=rule)
    with pytest.raises(BelowMinimumFill):
        Verifier(with_order(signed, "split", remaining=fill.executed + 1).auction).verify(signed.solution)
    last = with_order(signed, "split", remaining=fill.executed)
    assert Verifier(last.auction).verify(last.solution).trades[ROLES.index("split")].filled == fill.executed


def test_unscored_orders_count_nothing() -> None:
    """A liquidity order's surplus is shown but not scored, and needs no reference price."""
    batch = batch_of()
    asset = batch.order("split").intent.want[0].asset
    assets = tuple(replace(a, reference_price=None) if a.id == asset else a for a in batch.auction.assets)
    plain = with_order(batch, "split", scored=False)
    plain = replace(plain, auction=replace(plain.auction, assets=assets))
    trade = Verifier(plain.auction).verify(plain.solution).trades[ROLES.index("split")]
    assert trade.surplus[0].amount > 0
    assert trade.score == 0


def test_recompute_reports_what_verify_refuses() -> None:
    """A bid not worth its cost can still be shown with all its numbers."""
    batch = batch_of()
    auction = replace(batch.auction, costs=replace(batch.auction.costs, gas_price=10**30))
    verified = Verifier(auction).recompute(batch.solution)
    assert verified.score.net < 0
    with pytest.raises(WorthNothing) as refusal:
        Verifier(auction).verify(batch.solution)
    assert refusal.value.net == verified.score.net


def test_prices_of_one_market_buy_no_room_in_another() -> None:
    """Scaling an unconnected market's prices changes nothing about leftovers elsewhere."""
    batch = batch_of()
    down = with_price(batch, "give2", batch.solution.prices[batch.order("split").intent.give[0].asset] * 97 // 100)
    for asset in ("give6", "want6"):
        price = next(p for a, p in batch.solution.prices.items() if a == asset)
        down = with_price(down, asset, price * 10**30)
    with pytest.raises(LeftoversTooLarge) as refusal:
        Verifier(down.auction).verify(down.solution)
    assert refusal.value.where in ("give2", "want2")


def test_protocol_fees_must_really_be_there() -> None:
    """Withheld amounts count as paid out: the pool's output must cover what is charged."""
    batch = batch_of()
    swaps = [swap for swap in batch.solution.interactions if swap.venue == "pool6"]
    verified = Verifier(batch.auction).verify(batch.solution)
    less = swaps[0].amount_out - verified.leftovers[swaps[0].asset_out] - 1
    pool = open_venue(batch.auction.venue[swaps[0].venue])
    needed = pool.swap_out(swaps[0].asset_in, swaps[0].asset_out, less).amount_in - 1
    paid = pool.swap_in(swaps[0].asset_in, swaps[0].asset_out, needed).amount_out
    changed = tuple(
        replace(swap, amount_in=needed, amount_out=paid) if swap.venue == "pool6" else swap
        for swap in batch.solution.interactions
    )
    with pytest.raises(NotConserved) as refusal:
        Verifier(batch.auction).verify(replace(batch.solution, interactions=changed))
    assert refusal.value.where == swaps[0].asset_out
    assert refusal.value.paid_out - refusal.value.taken_in <= verified.protocol_fees[swaps[0].asset_out]


def test_fill_or_kill_needs_the_fee_too() -> None:
    """A whole sell executes its amount and fee together: the fee left out is a partial fill."""
    batch = batch_of()
    without = with_fill(batch, "paying", fee=0)
    with pytest.raises(PartialFillOfWhole):
        Verifier(without.auction).verify(without.solution)
