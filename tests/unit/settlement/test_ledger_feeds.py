"""The agreed price feed: who may report, which reports count, and how far a price moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.errors import WalrasError
from intents.intent import Leg
from settlement.ledger.errors import NotAnOracle
from settlement.ledger.feeds import AGREED, REPORTS, agree, price_of, report
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft
from settlement.ledger.trading import stale
from settlement.ledger.transactions import ReportPrices, Transaction, check_transaction
from tests.ledgers import ORACLES, OWNERS, A, B, Run, minter

KEYS = [bytes([i]) * 32 for i in range(1, 6)]


class Feed:
    """A ledger of so many oracles; B begins at two units of numeraire."""

    def __init__(self, oracles: int = 3, **changes: object) -> None:
        run = Run()
        self.draft: Draft = run.state.draft()
        keys = tuple(KEYS[:oracles])
        self.rules: Rules = replace(run.rules, oracles=keys, max_move_bps=10**9, **changes)  # type: ignore[arg-type]

    def say(self, now: int, *values: int | None) -> None:
        """What the oracles report at auction ``now``, one after the other."""
        for key, value in zip(KEYS, values, strict=False):
            if value is not None:
                report(self.draft, self.rules, key, [Leg(B, value)], now)

    def agreed(self, now: int) -> int | None:
        agree(self.draft, self.rules, now)
        return price_of(self.draft, self.rules, B, now)


@pytest.mark.parametrize(
    ("values", "median"),
    [((7,), 7), ((9, 7), 7), ((9, 7, 8), 8), ((4, 1, 3, 2), 2), ((5, 1, 10**30, 3, 4), 4), ((0, 0, 10**30), 0)],
)
def test_the_median_is_a_report(values: Sequence[int], median: int) -> None:
    """Of an even number the lower of the two in the middle: never a price that nobody said."""
    feed = Feed(len(values))
    feed.say(2, *values)
    assert feed.agreed(2) == median


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 10**24), min_size=5, max_size=5),
    st.sets(st.integers(0, 4), max_size=2),
    st.integers(0, 10**40),
)
def test_fewer_than_half_cannot_move_it_out_of_what_the_others_say(
    values: list[int], liars: set[int], lie: int
) -> None:
    """Two of five lie as they like: the price stays between what honest ones report."""
    feed = Feed(5)
    feed.say(2, *(lie if place in liars else value for place, value in enumerate(values)))
    honest = [value for place, value in enumerate(values) if place not in liars]
    price = feed.agreed(2)
    assert price is not None
    assert min(honest) <= price <= max(honest)


def test_only_oracles_report_and_only_with_their_signature() -> None:
    """Anybody else is refused by name; another's word under an oracle's key is not its word."""
    feed = Feed(3)
    with pytest.raises(NotAnOracle):
        report(feed.draft, feed.rules, KEYS[3], [Leg(B, 5)], 2)
    mint = minter()
    good = mint.transaction(ORACLES[0], 0, ReportPrices((Leg(B, 5),)))
    check_transaction(good, mint.network)
    stolen = mint.transaction(OWNERS[0], 0, ReportPrices((Leg(B, 5),)))
    forged = (
        Transaction(ORACLES[0].public, 0, stolen.action, stolen.signature),
        replace(good, action=ReportPrices((Leg(B, 6),))),
        replace(good, nonce=1),
    )
    for bad in forged:
        with pytest.raises(WalrasError):
            check_transaction(bad, mint.network)


def test_a_report_counts_until_it_is_stale() -> None:
    """Five auctions long, not six; then the others alone decide, and where they are too few there is no price."""
    feed = Feed(3, least_reports=2)
    feed.say(2, 90, 20, 30)
    feed.say(5, None, 22, 32)
    assert feed.agreed(7) == 32
    assert feed.agreed(8) == 22
    feed.say(9, None, None, 40)
    assert feed.agreed(10) == 22
    assert not stale(feed.draft, feed.rules, B, 10)
    # Only one of the two it needs is fresh.
    assert feed.agreed(11) is None
    assert stale(feed.draft, feed.rules, B, 11)
    feed.say(17, 50, None, 60)
    assert feed.agreed(17) == 50
    assert not stale(feed.draft, feed.rules, B, 17)


def test_too_few_reports_leave_the_price_as_it_was() -> None:
    """One of the two that are needed says nothing to the ledger."""
    feed = Feed(3, least_reports=2)
    feed.say(2, 10**30)
    assert feed.agreed(2) == 2 * PRICE_SCALE
    assert feed.draft.rows(AGREED)[B].at == 1


def test_the_last_word_of_an_oracle_counts() -> None:
    """Each has one; it replaces what it said before."""
    feed = Feed(3)
    feed.say(2, 10, 20, 30)
    feed.say(2, 40)
    assert feed.agreed(2) == 30
    assert len(feed.draft.rows(REPORTS)) == 3


@pytest.mark.parametrize(("reported", "agreed"), [(10**9, 1_100), (1, 900), (1_100, 1_100), (1_050, 1_050)])
def test_a_jump_is_held_at_the_most_a_price_may_move(reported: int, agreed: int) -> None:
    """A tenth an auction, up or down; it gets there in several."""
    feed = Feed(1)
    feed.say(2, 1_000)
    feed.agreed(2)
    feed.rules = replace(feed.rules, max_move_bps=1_000)
    feed.say(3, reported)
    assert feed.agreed(3) == agreed
    for now in range(4, 200):
        feed.say(now, reported)
        last = feed.agreed(now)
    assert last == reported or (reported == 1 and last is not None and last <= 9)


def test_bounds_of_a_move_round_inwards() -> None:
    """Of 999 a tenth is 99.9: the price moves by 99 at most."""
    for reported, agreed in ((10**9, 1_098), (1, 900)):
        feed = Feed(1)
        feed.say(2, 999)
        feed.agreed(2)
        feed.rules = replace(feed.rules, max_move_bps=1_000)
        feed.say(3, reported)
        assert feed.agreed(3) == agreed


def test_the_numeraire_and_what_the_ledger_does_not_know() -> None:
    """One costs one whatever is reported; a word on an unknown asset is not kept."""
    feed = Feed(1)
    report(feed.draft, feed.rules, KEYS[0], [Leg(A, 5), Leg(AssetId("none"), 5), Leg(B, 7)], 2)
    assert feed.agreed(2) == 7
    assert price_of(feed.draft, feed.rules, A, 999) == PRICE_SCALE
    assert not stale(feed.draft, feed.rules, AssetId("none"), 999)
    assert {asset for asset, _ in feed.draft.rows(REPORTS)} == {A, B}
