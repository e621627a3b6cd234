"""Oracles, spammers and attackers at a real ledger: what they try, and what it gets them."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from intents.errors import WalrasError
from node.chain.reading import read_item
from sim.agents.maker import MakerPart
from sim.agents.oracle import OraclePart
from sim.agents.part import AgentPart
from sim.agents.retail import RetailPart
from sim.agents.sandwich import SandwichPart
from sim.agents.spammer import SpammerPart, malformed
from sim.agents.stale import StalePart
from sim.agents.stale_quotes import expected_gain, gain
from sim.agents.valuing import Anchor
from sim.agents.wash import WashPart
from sim.prices.declared import Law, PricesPart, Shock
from tests.desks import CASH, GOLD, SALT, Offered, Town, pool

RISE = PricesPart(law=Law.CONSTANT, shocks=(Shock(4.5, "GOLD", 1_000.0),))


def agreed(town: Town) -> float | None:
    return town.desks[0].agreed(GOLD)


def limit(found: Offered) -> float:
    """Cash per gold."""
    legs = {leg.asset: leg.amount for leg in (*found.intent.give, *found.intent.want)}
    return (legs[CASH] / 10**18) / (legs[GOLD] / 10**6)


# Oracles


def test_an_oracle_reports_what_it_saw_when_it_saw_it() -> None:
    """The agreed price follows a rise one report later; with a lag of three auctions, three later."""
    prompt = Town([OraclePart(name="oracle")], moves=RISE).run(4)
    assert agreed(prompt) == pytest.approx(2.2, rel=1e-9)
    assert prompt.desks[0].agreed(SALT) == pytest.approx(0.5, rel=1e-9)
    late = [Town([OraclePart(name="oracle", lag_ms=6_000)], moves=RISE).run(n) for n in (4, 6, 7)]
    assert [agreed(town) for town in late] == pytest.approx([2.0, 2.0, 2.2], rel=1e-9)


def test_one_liar_among_three_changes_nothing_and_two_do() -> None:
    """The median is an honest word as long as most are honest."""
    for liars, expected in ((0, 2.0), (1, 2.0), (2, 2.6), (3, 2.6)):
        part = OraclePart(name="oracle", count=3, liars=liars, lie_bps=3_000.0, lie_from_s=1.0)
        assert agreed(Town([part]).run(4)) == pytest.approx(expected, rel=1e-9)


def test_noise_is_noise_about_the_price() -> None:
    """Fifteen oracles' words spread as declared, and their median is nearer than most."""
    town = Town([OraclePart(name="oracle", count=31, noise_bps=100.0)]).run(6)
    words = []
    for data in town.taken:
        item = read_item(data, town.chain.network)
        words += [leg.amount / (2 * 10**30) - 1.0 for leg in item.action.prices if leg.asset == GOLD]  # type: ignore[union-attr]
    assert len(words) == 31 * 6
    assert abs(statistics.fmean(words)) < 4 * 0.01 / (31 * 6) ** 0.5
    assert abs(statistics.pstdev(words) - 0.01) < 4 * 0.01 / (2 * 31 * 6) ** 0.5


def test_an_oracle_may_fall_silent() -> None:
    """For good, or for some auctions."""
    assert len(Town([OraclePart(name="oracle", silent_from_s=3.5)]).run(6).taken) == 3
    assert 0 < len(Town([OraclePart(name="oracle", silent_share=0.5)]).run(20).taken) < 20


# Spammers


def test_spam_costs_work_and_changes_nothing() -> None:
    """As many items as declared; copies and noise go no further than the node; nothing of it trades."""
    part = SpammerPart(name="spam", per_s=100.0, from_s=1.0, until_s=9.0, lasts=4)
    town = Town([part], venues=[pool()], solver="baseline").run(5)
    assert abs(len(town.items) - 800) < 4 * 800**0.5
    copies = len(town.items) - len(set(town.items))
    assert 0.15 < copies / len(town.items) < 0.35
    sound = {item for item in town.items if _readable(item, town)}
    assert 0.4 < len(sound) / len(town.items) < 0.6
    assert set(town.taken) <= sound
    assert not any(town.fills["spam"])
    assert town.worth("spam") == pytest.approx(1_000.0)


def _readable(item: bytes, town: Town) -> bool:
    try:
        read_item(item, town.chain.network)
    except WalrasError:
        return False
    return True


def test_malformed_items_are_refused_by_name() -> None:
    """Two thousand of them: never an exception that is not a refusal, and never one taken for an item."""
    town = Town([SpammerPart(name="spam", duplicate_share=0.0, malformed_share=0.0)]).run(1)
    sound, draw = town.items[0], Random(8)
    for _ in range(2_000):
        data = malformed(sound, draw)
        assert data != sound
        with pytest.raises(WalrasError):
            town.chain.add(data)
    assert {len(malformed(b"", draw)) for _ in range(50)} >= {0, 5}


# Sandwiches


def test_a_sandwich_goes_in_with_its_victim_and_out_after_it() -> None:
    """Same direction, same batch; what it got is offered back in the next."""
    parts = [
        RetailPart(
            name="victim", assets=("GOLD",), per_minute=30.0, size_median=50.0, slack_bps=200.0, patience=1
        ),
        SandwichPart(name="attacker", assets=("GOLD",), least_value=20.0),
    ]
    town = Town(parts, venues=[pool()], solver="naive", seed=2).run(8)
    purposes = Counter(found.purpose for found in town.offers)
    assert purposes["front-run"] > 0
    assert purposes["back-run"] > 0
    victims = [found for found in town.offers if found.desk == "victim"]
    town_prices = {CASH: 1.0 / 10**18, GOLD: 2.0 / 10**6}
    sizes = [found.intent.give[0].amount * town_prices[found.intent.give[0].asset] for found in victims]
    for front in (found for found in town.offers if found.purpose == "front-run"):
        before = [found for found in victims if 0 <= front.at_us - found.at_us <= 100_000]
        assert any(found.intent.give[0].asset == front.intent.give[0].asset for found in before)
        assert any(found.intent.valid_to == front.intent.valid_to for found in before)
        # Twice its victim, or all that it has.
        size = front.intent.give[0].amount * town_prices[front.intent.give[0].asset]
        assert size > 300.0 or any(size == pytest.approx(2.0 * found, rel=1e-6) for found in sizes)
    fronts = {found.number: found.intent for found in town.offers if found.purpose == "front-run"}
    for back in (found for found in town.offers if found.purpose == "back-run"):
        got = [
            fill
            for fill in town.fills["attacker"]
            if fill.intent in fronts and fill.got.asset == back.intent.give[0].asset
        ]
        assert any(fill.got.amount == pytest.approx(back.intent.give[0].amount, rel=1e-6) for fill in got)


def test_small_fry_is_not_worth_a_sandwich() -> None:
    """Nor is anybody attacked twice, nor more often than declared."""
    small = RetailPart(name="victim", size_median=1.0, size_sigma=0.0, per_minute=120.0)
    assert not [
        o
        for o in Town([small, SandwichPart(name="attacker", least_value=5.0)]).run(5).offers
        if o.desk == "attacker"
    ]
    large = RetailPart(name="victim", size_median=10.0, per_minute=600.0)
    town = Town([large, SandwichPart(name="attacker", most_attacks=3)]).run(5)
    per_auction = Counter(found.intent.valid_to for found in town.offers if found.desk == "attacker")
    assert max(per_auction.values()) == 3


# Wash trades


def test_wash_trades_meet_each_other_to_and_fro() -> None:
    """Two accounts, opposite offers at limits far below fair; after many turns the pair is as rich as before."""
    part = WashPart(name="wash", count=2, assets=("GOLD",), size=0.05)
    town = Town([part], solver="naive").run(6)
    assert len(town.fills["wash"]) == 12
    for found in town.offers:
        assert abs(limit(found) / 2.0 - 1.0) > 0.25
    assert town.worth("wash") == pytest.approx(2_000.0, rel=1e-9)
    owners = Counter((fill.owner, fill.gave.asset) for fill in town.fills["wash"])
    assert set(owners.values()) == {3}


# Stale prices


def stale_town(lag_ms: int) -> Town:
    """A maker that goes by the agreed price, an oracle that lags, and somebody who knows."""
    parts = [
        MakerPart(name="maker", assets=("GOLD",), anchor=Anchor.AGREED, size=0.04),
        OraclePart(name="oracle", lag_ms=lag_ms),
        StalePart(name="stale", assets=("GOLD",), size=0.04),
    ]
    return Town(parts, moves=RISE, solver="naive")


def test_a_lagging_price_is_paid_for_by_those_who_trust_it() -> None:
    """The one who knows buys from the maker below the outside price; what it gains the maker loses."""
    town = stale_town(6_000)
    town.run(8)
    assert town.fills["stale"]
    assert all(fill.gave.asset == CASH for fill in town.fills["stale"])
    # Bids half way between the two prices, a tenth apart.
    bids = [limit(found) for found in town.offers if found.desk == "stale"]
    assert bids == pytest.approx([2.2 / 1.05] * len(bids), rel=1e-4)
    # Half of what each began with was gold, now a tenth dearer.
    held = 500.0 * 1.1 + 500.0
    earned = town.worth("stale") - held
    assert earned > 0.0
    assert earned == pytest.approx(held - town.worth("maker"), rel=1e-6)
    # At most a size's worth at the stale price, each auction that it lasted.
    assert earned <= 4 * 40.0 * gain(2.2, 2.0, 0.0) * 1.01


def test_a_prompt_price_leaves_little_to_take() -> None:
    """With the oracle up to date it earns less than with one that lags."""
    prompt, late = stale_town(0).run(8), stale_town(6_000).run(8)
    assert prompt.worth("stale") < late.worth("stale")


def test_a_longer_batch_leaves_less_per_second_to_whoever_knows() -> None:
    """A maker quotes at the agreed price, two auctions old when somebody who looks last trades with it. What it
    loses is what two options cost, shared as the solver prices it; four times the length costs it twice as much
    each time, and half as much in all."""
    earned, expected = {}, {}
    for seconds, auctions in ((2, 320), (8, 80)):
        parts: list[AgentPart] = [
            # Without risk aversion it quotes 2 basis points either way, whatever it holds.
            MakerPart(
                name="maker", assets=("GOLD",), anchor=Anchor.AGREED, size=0.01, risk_aversion=0.0, fill_decay=0.5
            ),
            OraclePart(name="oracle"),
            StalePart(
                name="stale",
                assets=("GOLD",),
                size=0.01,
                keep_share=0.0,
                threshold_bps=0.0,
                delay_ms=seconds * 1000 - 100,
            ),
        ]
        parts = [replace(part, funds=1e6, assets=("GOLD",)) for part in parts]
        moves = PricesPart(volatility_bps=900.0)
        town = Town(parts, seed=5, moves=moves, solver="naive", auction_us=seconds * 1_000_000).run(auctions)
        assert town.earned["stale"] == pytest.approx(-town.earned["maker"], rel=1e-6)
        earned[seconds] = town.earned["stale"]
        expected[seconds] = auctions * 1e4 * expected_gain(900.0, 2.0 * seconds, 2e-4)
        assert 0.3 * expected[seconds] < earned[seconds] < expected[seconds]
    assert earned[2] > 1.3 * earned[8]


def test_where_prices_agree_nobody_acts() -> None:
    """Below the threshold there is nothing to do."""
    assert Town([StalePart(name="stale"), OraclePart(name="oracle")]).run(4).offers == []
