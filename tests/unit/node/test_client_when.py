"""Conditions as users say them: read exactly, never met before the price that was said, told in the same words."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.conditions import Above, AllOf, AnyOf, Below, Condition, Filled, From, Schedule, Trailing
from intents.errors import UsageError, WalrasError
from node.client.asking import Ask, Terms, group_in, intent_of, schedule_in
from node.client.market import Market
from node.client.when import condition_in
from node.condition_words import condition_words, group_name, schedule_words
from node.pair_prices import Pair

ETH, USDC, BTC = AssetId("ETH"), AssetId("USDC"), AssetId("BTC")
MARKET = Market(b"n" * 32, 100, {ETH: 18, USDC: 6, BTC: 8}, ETH)
#: Of an asset of 6 decimals, one whole unit of which is worth one ETH.
MILLIONTH = 10**30
ID = bytes(range(32))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("BTC <= 19.5", Below(BTC, 195 * 10**27)),
        ("btc/eth>=19.5", Above(BTC, 195 * 10**27)),
        # One ETH for at most 2,800 USDC is one USDC for at least 1/2,800 ETH, and the other way round.
        ("ETH/USDC <= 2800", Above(USDC, -(-MILLIONTH // 2800))),
        ("ETH/USDC >= 2800", Below(USDC, MILLIONTH // 2800)),
        ("BTC falls 500 bps", Trailing(BTC, 500)),
        ("BTC rises 2.5%", Trailing(BTC, 250, rising=True)),
        # To nineteen twentieths is, seen from USDC, up by a nineteenth: 526.3 bps, and not before.
        ("ETH/USDC falls 5%", Trailing(USDC, 527, rising=True)),
        ("ETH/USDC rises 100%", Trailing(USDC, 5_000)),
        ("auction >= 120", From(120)),
        ("auction >= +20", From(120)),
        (f"filled 0x{ID.hex()}", Filled(ID)),
        (
            "auction >= 1 or auction >= 2 and (auction >= 3 or auction >= 4)",
            AnyOf((From(1), AllOf((From(2), AnyOf((From(3), From(4))))))),
        ),
        ("((auction >= 1))", From(1)),
    ],
)
def test_when_is_read(text: str, condition: Condition) -> None:
    """Prices of pairs, trails, auctions, other intents, and what joins them."""
    assert condition_in(text, MARKET) == condition


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a condition is missing"),
        ("ETH/USDC", "<=, >=, falls or rises"),
        ("ETH/USDC < 2800", "comes <=, >=, falls or rises, not '<'"),
        ("ETH <= 1", "prices are in ETH: say against which asset"),
        ("BTC/USDC <= 60000", "say BTC/ETH or ETH/USDC"),
        ("DOGE <= 1", 'no asset "DOGE"'),
        ("BTC <= 0", "above zero"),
        ("BTC <= 1e99", "above zero"),
        ("BTC <= nan", "above zero"),
        ("USDC <= 1e-40", "beyond what a price"),
        ("BTC falls 5", "bps"),
        ("BTC falls 0.5 bps", "whole bps"),
        ("BTC falls 101%", "whole bps"),
        ("ETH/USDC falls 100%", "by all it is worth"),
        ("ETH/USDC falls 60%", "at most 5000 bps"),
        ("auction <= 5", "auction >= 120"),
        ("auction >= ++5", "auction >= 120"),
        ("auction >= ٣", "auction >= 120"),
        ("filled 0x12", "64 hex digits"),
        ("auction >= 1 auction >= 2", "'auction' is one too many"),
        ("(auction >= 1", "missing"),
        ("(auction >= 1 (", "not closed"),
        ("(" * 500, "parentheses"),
        (" or ".join(["auction >= 1"] * 16), "conditions"),
        ("(" * 5_000, "characters"),
    ],
)
def test_when_is_refused(text: str, said: str) -> None:
    """With what was wrong, by a typed error."""
    with pytest.raises(WalrasError) as caught:
        condition_in(text, MARKET)
    assert said in str(caught.value)
    assert caught.value.where.startswith("--when") or caught.value.where == "ASSET"


PRICES = st.decimals("0.000001", "1000000", places=6).map(lambda number: f"{number.normalize():f}")
TERMS = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["ETH/USDC", "BTC/ETH"]), st.sampled_from(["<=", ">="]), PRICES),
    st.builds("BTC/ETH {} {} bps".format, st.sampled_from(["falls", "rises"]), st.integers(1, 10_000)),
    st.builds("auction >= {}".format, st.integers(0, 10**18 - 1)),
    st.just(f"filled 0x{ID.hex()}"),
)


@given(st.lists(TERMS, min_size=1, max_size=5), st.sampled_from([" and ", " or "]))
@example(["ETH/USDC <= 2800"], " and ")
@example(["ETH/USDC <= 9999.97764"], " and ")
def test_when_is_told_as_it_was_said(terms: list[str], word: str) -> None:
    """What the words of a condition are read as is that condition again."""
    condition = condition_in(word.join(terms), MARKET)
    assert condition_in(condition_words(condition, MARKET.denomination), MARKET) == condition


#: A whole USDC is worth 1/2,800 ETH, a whole BTC 19.5.
WORTH = replace(MARKET.denomination, prices={USDC: MILLIONTH // 2800, BTC: 195 * 10**27})


@pytest.mark.parametrize(
    "text",
    [
        *(f"ETH/USDC falls {bps} bps" for bps in (1, 25, 100, 500, 737, 1_000, 2_000, 5_000)),
        *(f"ETH/USDC rises {bps} bps" for bps in (1, 50, 500, 737, 2_500, 8_000, 10_000)),
        *(f"BTC/ETH falls {bps} bps" for bps in (1, 25, 500, 737, 2_000, 5_000, 10_000)),
        *(f"BTC/ETH rises {bps} bps" for bps in (1, 25, 500, 737, 2_000, 5_000, 10_000)),
        *(f"USDC/ETH {way} {bps} bps" for way in ("falls", "rises") for bps in (500, 1_000)),
    ],
)
def test_a_trail_is_told_the_way_round_it_was_said(text: str) -> None:
    """By what is round, and by which asset is worth more, as that comes first in what people say."""
    assert condition_words(condition_in(text, MARKET), WORTH) == text


@given(st.integers(1, 10_000), st.booleans(), st.sampled_from([USDC, BTC]), st.booleans())
def test_a_trail_is_told_as_itself(bps: int, rising: bool, asset: AssetId, worth: bool) -> None:
    """Any way round, whatever is known of prices, its words are read as that trail again."""
    trail = Trailing(asset, bps, rising)
    words = condition_words(trail, WORTH if worth else MARKET.denomination)
    assert condition_in(words, MARKET) == trail


@given(PRICES, st.sampled_from(["ETH/USDC", "USDC", "BTC"]), st.booleans())
def test_when_never_holds_before_the_price(text: str, name: str, above: bool) -> None:
    """The ledger's threshold is on the far side of the price that was said, and the next unit is not."""
    condition = condition_in(f"{name} {'>=' if above else '<='} {text}", MARKET)
    assert isinstance(condition, Above | Below)
    pair = Pair(condition.asset, "/" in name)
    beyond = MARKET.denomination.price_in(pair, condition.price) - Fraction(text)
    nearer = condition.price - 1 if isinstance(condition, Above) else condition.price + 1
    before = MARKET.denomination.price_in(pair, nearer) - Fraction(text)
    assert beyond >= 0 > before if above else beyond <= 0 < before


def test_terms_of_an_intent() -> None:
    """Condition, schedule and group are in what is signed; how long it lasts follows from them."""
    ask, owner = Ask("1", "ETH", "2700", "USDC"), b"\x01" * 32
    plain = intent_of(ask, Terms(owner), MARKET)
    assert (plain.valid_to, plain.when, plain.schedule, plain.group) == (110, None, None, b"")
    stop = intent_of(ask, Terms(owner, when=From(120), group=group_in("mine")), MARKET)
    assert (stop.valid_to, stop.when, stop.group) == (10_100, From(120), b"mine")
    parts = intent_of(ask, Terms(owner, schedule=schedule_in("5/20")), MARKET)
    assert (parts.valid_to, parts.schedule) == (190, Schedule(5, 20))
    assert intent_of(ask, Terms(owner, 80, schedule=schedule_in("5/20")), MARKET).valid_to == 180
    with pytest.raises(UsageError, match="80 auctions after the first"):
        intent_of(ask, Terms(owner, 79, schedule=schedule_in("5/20")), MARKET)


@pytest.mark.parametrize(
    "text", ["5", "5/", "/2", "1/2", "1025/1", "5/0", "5/1000001", "-5/2", "5/2/1", "a/b", "٥/٢"]
)
def test_schedule_is_refused(text: str) -> None:
    """Anything but so many parts, one every so many auctions."""
    with pytest.raises(UsageError, match="--twap"):
        schedule_in(text)


@pytest.mark.parametrize("name", ["", "a b", "é", "x" * 33, "a\n"])
def test_group_is_refused(name: str) -> None:
    """A group has a plain name."""
    with pytest.raises(UsageError, match="--oco"):
        group_in(name)


def test_terms_in_words() -> None:
    """A group that others named in bytes is told in hex; one auction is no plural."""
    groups = (b"mine", b"\xff\x01", b"\xff\xfe", b"a b")
    assert [group_name(group) for group in groups] == ["mine", "0xff01", "0xfffe", "0x612062"]
    assert schedule_words(Schedule(5, 2)) == "in 5 parts, one every 2 auctions"
    assert schedule_words(Schedule(2, 1)) == "in 2 parts, one every 1 auction"
    unknown = condition_words(Above(AssetId("NEW"), 7), MARKET.denomination)
    assert unknown == "NEW >= 7 numeraire base units per 10^18"
