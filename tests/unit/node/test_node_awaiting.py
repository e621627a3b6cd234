"""What is said of an intent that waits: for which price, what would trigger it, what its schedule still allows."""

from __future__ import annotations

from typing import Any

import pytest

from intents.codec import intent_id
from intents.conditions import AllOf, Below, Filled, From, Schedule, Trailing
from intents.intent import Leg
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission
from node.chain.tables import chain_of
from node.denials import denial_rule, denial_words
from node.explaining import Explanation, explain
from node.history.lives import life_on_ledger
from settlement.ledger.admission import Denial
from settlement.ledger.rules import Rules
from tests.ledgers import OWNERS, WHOLE, A, B, genesis
from tests.markets import Market

ANN, BOB = OWNERS[0], OWNERS[1]
TWO = 2 * WHOLE


class Waiting:
    """One market and intents that sell B for A at 1.8, which the pool would fill at any time."""

    def __init__(self, rules: Rules | None = None) -> None:
        first = genesis()
        self.market = Market(first if rules is None else replace(first, rules=rules))

    def sell(self, nonce: int, key: SigningKey = ANN, **terms: Any) -> Submission:
        bare = self.market.minter.intent(key, nonce, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE)).intent
        intent = replace(bare, **terms)
        return Submission(intent, sign_intent(key, intent))

    def said(self, submission: Submission) -> Explanation:
        number, state = intent_id(submission.intent), self.market.chain.state
        return explain(life_on_ledger(number, self.market.orders[number]), state)


def test_a_stop_is_told_against_the_agreed_price() -> None:
    """Its pair, its price, the price now and which auction that is of."""
    waiting = Waiting()
    stop = waiting.sell(1, when=AllOf((Below(B, TWO * 9 // 10), From(9))))
    waiting.market.auction(stop, price=100)
    found = waiting.said(stop)
    assert found.code == "condition"
    agreed = "agreed now 2, of auction 1"
    assert found.why == f"it waits until {B}/{A} <= 1.8 [{agreed}] and auction >= 9 [now 2]"


def test_a_trail_is_told_from_its_best() -> None:
    """The highest price it has seen, and the one at which it holds."""
    waiting = Waiting()
    trail = waiting.sell(1, when=Trailing(B, 1_000))
    waiting.market.auction(trail, price=100)
    waiting.market.auction(price=120)
    waiting.market.auction(price=110)
    words = f"{B}/{A} falls 1000 bps [agreed now 2.2, highest 2.4: holds at <= 2.16, of auction 3]"
    assert waiting.said(trail).why == f"it waits until {words}"


def test_a_trail_of_a_cheap_asset_is_told_the_other_way_round() -> None:
    """Of an asset worth half a numeraire, the numeraire falls: from its highest, to a point below it."""
    waiting = Waiting()
    trail = waiting.sell(1, when=Trailing(B, 1_112, rising=True))
    waiting.market.auction(trail, price=25)
    for price in (20, 21, 22):
        waiting.market.auction(price=price)
    now = "agreed now 2.27272727273, highest 2.38095238095: holds at <= 2.142685728, of auction 4"
    assert waiting.said(trail).why == f"it waits until {A}/{B} falls 1000 bps [{now}]"


def test_a_price_that_is_missing_or_stale_is_told() -> None:
    """Nothing that asks for it can hold, and why not is said."""
    waiting = Waiting(replace(genesis().rules, stale_after=1))
    stop = waiting.sell(1, when=Below(B, TWO * 9 // 10))
    waiting.market.auction(stop, price=100)
    for _ in range(3):
        waiting.market.auction()
    assert "the price of B is stale: the last is of auction 1" in waiting.said(stop).why.replace(str(B), "B")


def test_what_another_intent_is_waited_for_is_told() -> None:
    """How that one stands; and that another owner's is waited for in vain."""
    waiting = Waiting()
    first = waiting.sell(1, when=From(5))
    mine = waiting.sell(2, when=Filled(intent_id(first.intent)))
    other = waiting.sell(3, BOB, when=Filled(intent_id(first.intent)))
    nobody = waiting.sell(4, when=Filled(bytes(32)))
    waiting.market.auction(first, mine, other, nobody, price=100)
    assert waiting.said(mine).why.endswith("[now checked]")
    assert waiting.said(other).why.endswith("[another owner's: it will never hold]")
    assert waiting.said(nobody).why.endswith("[not known on the ledger]")


def test_a_schedule_is_told_by_its_parts() -> None:
    """How many may have traded, and from when on the next."""
    waiting = Waiting()
    parts = waiting.sell(1, schedule=Schedule(5, 3))
    waiting.market.auction(parts, price=100)
    assert chain_of(waiting.market.chain.state).auction == 2
    assert waiting.said(parts).why == "its schedule allows no more yet: 1 of 5 parts; the next from auction 4 on"


def test_one_of_a_group_at_a_time_is_told() -> None:
    """Where two of a group may trade, a batch takes one of them; a group is one owner's."""
    waiting = Waiting()
    dear: dict[str, Any] = {"group": b"mine", "want": (Leg(A, 1_000 * WHOLE),)}
    later = waiting.sell(1, when=From(3), **dear)
    alone, strange = waiting.sell(2, **dear), waiting.sell(3, BOB, **dear)
    waiting.market.auction(later, alone, strange, price=100)
    assert [waiting.said(one).code for one in (later, strange)] == ["condition", "out_of_the_money"]
    assert waiting.said(alone).code == "out_of_the_money"
    waiting.market.auction(price=100)
    assert [waiting.said(one).code for one in (later, alone, strange)] == ["group", "group", "out_of_the_money"]
    assert "its group mine" in waiting.said(alone).why


@pytest.mark.parametrize("denial", list(Denial))
def test_each_denial_is_told(denial: Denial) -> None:
    """Its code first, as blocks say it, then what it means; what goes by a figure tells the figure."""
    rules = replace(genesis().rules, min_notional=7, max_notional=9, band_bps=123, max_open_per_owner=5)
    words = denial_words(f"denied.{denial}")
    assert words.startswith(f"denied.{denial}: ")
    assert len(words) > 40
    with_figures = {Denial.SIZE, Denial.PRICE_BAND, Denial.RATE, Denial.OPEN}
    assert bool(denial_rule(words, rules)) == (denial in with_figures)
    assert denial_rule(words, rules) == denial_rule(f"denied.{denial}", rules)


def test_other_words_are_left_as_they_are() -> None:
    """A note that is no denial is no denial."""
    assert denial_words("by walras") == "by walras"
    assert denial_words("denied.what") == "denied.what"
    assert denial_words("") == ""
