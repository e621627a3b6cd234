"""Order management: of all steps there could be, only the legal ones are taken."""

from __future__ import annotations

from itertools import product

import pytest

from intents.codec import intent_id
from intents.intent import Leg
from intents.records import replace
from settlement.ledger.errors import IllegalStep
from settlement.ledger.orders import DONE, ORDERS, STEPS, Order, OrderState, step
from tests.ledgers import OWNERS, WHOLE, A, B, ledger, minter

S = OrderState
SUBMISSION = minter().intent(OWNERS[0], 1, Leg(A, WHOLE), Leg(B, WHOLE))
NUMBER = intent_id(SUBMISSION.intent)
#: As the life of an intent is told: each state and what may come next.
LIFE = {
    S.RECEIVED: {S.CHECKED, S.DENIED},
    S.CHECKED: {S.BATCHED, S.EXPIRED, S.CANCELLED, S.DENIED},
    S.BATCHED: {S.WON, S.EXPIRED, S.CANCELLED},
    S.WON: {S.SETTLED, S.PART_FILLED},
    S.PART_FILLED: {S.WON, S.EXPIRED, S.CANCELLED},
}


@pytest.mark.parametrize(("before", "after"), list(product(OrderState, OrderState)))
def test_only_legal_steps_are_taken(before: OrderState, after: OrderState) -> None:
    """Every pair of states: taken where it is legal, refused by name and without a trace where not."""
    draft = ledger().draft()
    order = Order(SUBMISSION.intent, SUBMISSION.signature, before, 3, 1)
    draft.set(ORDERS, NUMBER, order)
    if after in LIFE.get(before, set()):
        assert step(draft, NUMBER, after, 7, filled=2) == replace(order, state=after, filled=5, since=7)
        return
    with pytest.raises(IllegalStep):
        step(draft, NUMBER, after, 7)
    assert draft.get(ORDERS, NUMBER) == order


def test_an_intent_nobody_knows_takes_no_step() -> None:
    """Not even one that a new intent could take."""
    with pytest.raises(IllegalStep):
        step(ledger().draft(), NUMBER, S.CHECKED, 1)


def test_every_state_leads_to_an_end() -> None:
    """From any state the end is in reach, and nothing leaves it."""
    assert {S.SETTLED, S.EXPIRED, S.CANCELLED, S.DENIED} == DONE
    for state in OrderState:
        reached, more = {state}, {state}
        while more:
            more = {after for one in more for after in STEPS[one]} - reached
            reached |= more
        assert reached & DONE
