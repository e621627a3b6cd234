"""Conditional intents: stops, take-profits, trails, times, chains, schedules and groups on a live ledger."""

from __future__ import annotations

from typing import Any

import pytest

from intents.codec import decode_intent, encode_intent, intent_id
from intents.conditions import (
    Above,
    AllOf,
    AnyOf,
    Below,
    Condition,
    Filled,
    From,
    Schedule,
    Trailing,
    allowed,
)
from intents.errors import InputError, NonCanonical, TooMany, WrongValue
from intents.intent import Intent, IntentId, Leg
from intents.records import replace
from intents.signing import sign_intent
from node.agreement.messages import Seen
from node.chain.app import ChainApp
from node.chain.items import Submission
from settlement.ledger.orders import ORDERS, OrderState
from settlement.ledger.transactions import ReportPrices
from tests.ledgers import ORACLES, OWNERS, WHOLE, A, B, app, item, minter

MINT = minter()
ANN = OWNERS[0]


def made(nonce: int = 1, amount: int = 20, **terms: Any) -> Submission:
    bare = MINT.intent(ANN, nonce, Leg(A, amount * WHOLE), Leg(B, 9 * WHOLE)).intent
    intent = replace(bare, **terms)
    return Submission(intent, sign_intent(ANN, intent))


class Market:
    """A chain driven auction by auction, with an oracle."""

    def __init__(self, *submissions: Submission) -> None:
        self.chain: ChainApp = app()
        self.nonce = 0
        for submission in submissions:
            self.chain.add(item(submission))

    def batched(self, price: int | None = None) -> set[IntentId]:
        """One whole auction at a price of B (percent of 2); the intents that were in its batch."""
        if price is not None:
            for oracle in ORACLES:
                report = ReportPrices((Leg(B, 2 * WHOLE * price // 100),))
                self.chain.add(item(MINT.transaction(oracle, self.nonce, report)))
            self.nonce += 1
        self.step()
        assert self.chain.batch is not None
        found = {order.id for order in self.chain.batch.orders}
        self.step()
        self.step()
        return found

    def step(self) -> None:
        height = self.chain.height + 1
        said = (Seen(height, tuple(sorted(self.chain.held(height))), 0, b"\0" * 32),)
        block = self.chain.propose(height, 0, said)
        assert block is not None
        self.chain.apply(height, block)


def runs(condition: Condition, prices: list[int | None]) -> list[bool]:
    """In which auctions, at these prices, the intent is in the batch."""
    market = Market(made(when=condition))
    return [bool(market.batched(price)) for price in prices]


def test_a_stop_waits_for_its_price_and_stays_triggered() -> None:
    """Below 90 % it is in, and goes on though the price comes back."""
    assert runs(Below(B, 18 * WHOLE // 10), [100, 95, 90, 100]) == [False, False, True, True]


def test_a_take_profit_waits_for_its_price() -> None:
    """At 110 % and above."""
    assert runs(Above(B, 22 * WHOLE // 10), [100, 109, 110]) == [False, False, True]


def test_a_trail_follows_the_best_price() -> None:
    """Up to 120, then down a tenth from there; rising trails mirror it."""
    assert runs(Trailing(B, 1000), [100, 120, 110, 109, 108]) == [False, False, False, False, True]
    assert runs(Trailing(B, 1000, rising=True), [100, 80, 87, 88]) == [False, False, False, True]


def test_a_stale_price_triggers_nothing() -> None:
    """The price of genesis grows old after five auctions: nobody acts on it."""
    falling: list[int | None] = [None] * 8
    assert runs(AllOf((From(7), Below(B, 3 * WHOLE))), falling) == [False] * 8


def test_time_and_trees() -> None:
    """All of, any of."""
    assert runs(From(3), [None, None, None]) == [False, False, True]
    tree = AnyOf((AllOf((From(2), Above(B, 2 * WHOLE))), Below(B, WHOLE)))
    assert runs(tree, [100, 100]) == [False, True]
    assert runs(tree, [None, 50]) == [False, True]


def test_one_intent_may_wait_for_another() -> None:
    """Filled whole, not merely in a batch."""
    first = made(1)
    second = made(2, when=Filled(intent_id(first.intent)))
    market = Market(first, second)
    assert market.batched() == {intent_id(first.intent)}
    draft = market.chain.state.draft()
    order = draft.get(ORDERS, intent_id(first.intent))
    assert order is not None
    draft.set(ORDERS, intent_id(first.intent), replace(order, state=OrderState.SETTLED))
    draft.commit()
    assert market.batched() == {intent_id(second.intent)}


def test_of_a_group_one_at_a_time_is_in_a_batch() -> None:
    """And intents of no group, or of others, are not held up by it."""
    group = [made(nonce, group=b"oco") for nonce in (1, 2, 3)]
    other = made(4)
    found = Market(*group, other).batched()
    assert len(found) == 2
    assert intent_id(other.intent) in found


def test_a_schedule_frees_part_after_part() -> None:
    """Of 10 in 4 parts every 3 auctions: 2, 5, 7, 10, rounded down; all of it at the end."""
    schedule = Schedule(4, 3)
    assert [allowed(schedule, 10, 5, now) for now in range(5, 16)] == [2, 2, 2, 5, 5, 5, 7, 7, 7, 10, 10]


@pytest.mark.parametrize(
    "terms",
    [
        {"when": Below(B, 5)},
        {"when": AllOf((AnyOf((From(1), Filled(b"x" * 32))), Trailing(A, 5, rising=True)))},
        {"schedule": Schedule(4, 3)},
        {"group": b"oco"},
        {},
    ],
)
def test_terms_survive_bytes(terms: dict[str, Any]) -> None:
    """And an intent without them has the form it always had."""
    intent = made(**terms).intent
    data = encode_intent(intent)
    assert decode_intent(data) == intent
    assert (data[0], data[1]) == ((0x9D, 1) if not terms else (0xDC, 0))


def deep(levels: int) -> Condition:
    return From(1) if levels == 0 else AllOf((deep(levels - 1),))


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"when": deep(4)}, WrongValue),
        ({"when": AnyOf((From(1),) * 16)}, TooMany),
        ({"when": AnyOf(())}, InputError),
        ({"schedule": Schedule(1, 1)}, InputError),
        ({"group": b"g" * 33}, InputError),
    ],
)
def test_terms_are_bounded(terms: dict[str, Any], error: type[InputError]) -> None:
    """Depth, nodes, parts, name: each refused at the border."""
    with pytest.raises(error):
        decode_intent(encode_intent(made(**terms).intent))


def test_terms_at_their_defaults_are_not_another_form() -> None:
    """One intent, one byte string."""
    plain = encode_intent(made().intent)
    longer = b"\xdc\x00\x10" + plain[1:] + b"\xc0\xc0\xc4\x00"
    with pytest.raises(NonCanonical):
        decode_intent(longer)


def test_intents_alike() -> None:
    """``Intent`` knows no term by default."""
    intent: Intent = made().intent
    assert (intent.when, intent.schedule, intent.group) == (None, None, b"")
