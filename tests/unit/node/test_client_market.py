"""Amounts and intents as users say them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.codec import INTENT
from intents.errors import WalrasError
from intents.intent import FillMode, Kind, Leg
from node.client.asking import Ask, Terms, ask_in, intent_in, intent_of
from node.client.market import Market
from node.client.quoting import Quoted, filled_in

ETH, USDC, ONE = AssetId("ETH"), AssetId("USDC"), AssetId("ONE")
MARKET = Market(b"n" * 32, 7, {ETH: 18, USDC: 6, ONE: 0})
OWNER = b"o" * 32


def test_client_amounts() -> None:
    """Decimal text becomes base units exactly, or not at all."""
    assert MARKET.units("1", ETH) == 10**18
    assert MARKET.units("0.000001", USDC) == 1
    assert MARKET.units("1e3", USDC) == 10**9
    assert MARKET.units("123", USDC, raw=True) == 123
    for text in ("0", "-1", "0.0000001", "1,5", "", "nan", "inf", "1e99", "1" * 90, "0x10", "1.5.2"):
        with pytest.raises(WalrasError):
            MARKET.units(text, USDC)
    with pytest.raises(WalrasError):
        MARKET.units("1.5", ETH, raw=True)


@given(amount=st.integers(1, MAX_AMOUNT), asset=st.sampled_from([ETH, USDC, ONE]))
def test_client_amounts_round_trip(amount: int, asset: AssetId) -> None:
    """What is shown of an amount is read as the same amount, and is what decimals say."""
    text = MARKET.shown(amount, asset).removesuffix(f" {asset}")
    assert MARKET.units(text, asset) == amount
    assert Fraction(text) == Fraction(amount, 10 ** MARKET.decimals[asset])


def test_client_assets() -> None:
    """Assets are found in any case; an unknown one is answered with the nearest."""
    assert MARKET.asset("eth") == ETH
    with pytest.raises(WalrasError, match='did you mean "USDC"'):
        MARKET.asset("USDT")


def test_client_of_a_light_node() -> None:
    """It names no assets: what it proves is shown in base units, and who asks for one is sent to a full node."""
    light = Market(b"n" * 32, 7, {})
    assert light.shown(30_000, USDC) == "30000 units of USDC"
    with pytest.raises(WalrasError, match="ask a full node"):
        light.asset("USDC")
    two = Market(b"", 0, {AssetId("a"): 1, AssetId("A"): 2})
    assert two.asset("A") == "A"


def test_client_words() -> None:
    """Three ways to ask: a limit order, one by quote, and one for an exact outcome."""
    assert ask_in(["1", "ETH", "for", "2", "USDC"]) == Ask("1", "ETH", "2", "USDC")
    assert ask_in(["1", "ETH", "FOR", "USDC"]) == Ask("1", "ETH", None, "USDC")
    assert ask_in(["ETH", "for", "2", "USDC"]) == Ask(None, "ETH", "2", "USDC", exact_out=True)
    for words in ([], ["1", "ETH"], ["1", "ETH", "to", "2", "USDC"], ["for"] * 5, ["1", "for", "for", "1", "x"]):
        with pytest.raises(WalrasError):
            ask_in(words)


def test_client_intent() -> None:
    """The intent says what was asked, for as long as was asked."""
    intent = intent_of(Ask("1.5", "eth", "3000", "USDC", min_fill="0.5"), Terms(OWNER, 4, 9), MARKET)
    assert (intent.give, intent.want) == ((Leg(ETH, 15 * 10**17),), (Leg(USDC, 3 * 10**9),))
    assert (intent.kind, intent.fill.mode, intent.fill.min_fill) == (Kind.EXACT_IN, FillMode.PARTIAL, 5 * 10**17)
    assert (intent.nonce, intent.valid_from, intent.valid_to) == (9, 0, 11)
    exact = intent_of(Ask("1", "ETH", "2", "USDC", exact_out=True, min_fill="1"), Terms(OWNER), MARKET)
    assert (exact.kind, exact.fill.min_fill) == (Kind.EXACT_OUT, 10**6)
    for ask in (
        Ask("1", "ETH", "1", "ETH"),
        Ask("1", "ETH", "1", "USDC", whole=True, min_fill="1"),
        Ask("1", "ETH", "1", "USDC", min_fill="2"),
    ):
        with pytest.raises(WalrasError):
            intent_of(ask, Terms(OWNER), MARKET)


def test_client_nonces_differ() -> None:
    """Two intents made alike are two intents."""
    one, two = (intent_of(Ask("1", "ETH", "1", "USDC"), Terms(OWNER), MARKET) for _ in range(2))
    assert one.nonce != two.nonce


def test_client_intent_file() -> None:
    """A file may leave out whose it is and how long it lives; what it says it keeps."""
    made = intent_of(Ask("1", "ETH", "2", "USDC"), Terms(OWNER, 10, 5), MARKET)
    assert intent_in(INTENT.to_json(made), "f", Terms(OWNER), MARKET) == made
    short: dict[str, object] = {
        "give": [{"asset": "ETH", "amount": "1"}],
        "want": [{"asset": "USDC", "amount": "2"}],
    }
    found = intent_in(short, "f", Terms(OWNER, 3), MARKET)
    assert (found.network, found.owner.key, found.valid_to) == (MARKET.network, OWNER, 10)
    changes: list[dict[str, object]] = [
        {"network": "0x" + "00" * 32},
        {"owner": {"scheme": "ed25519", "key": "0x" + "00" * 32}},
        {"giv": []},
    ]
    for change in changes:
        with pytest.raises(WalrasError, match="f"):
            intent_in({**short, **change}, "f", Terms(OWNER), MARKET)


def test_client_quote_becomes_a_limit() -> None:
    """An ask without a limit takes the quote's: the least to want, or the most to give."""
    sold = Quoted(ETH, USDC, False, 100, 300, 290, None, ())
    assert filled_in(Ask("0.1", "ETH", None, "USDC"), sold) == Ask("100", "ETH", "290", "USDC", raw=True)
    bought = Quoted(ETH, USDC, True, 100, 300, 110, None, ())
    ask = Ask(None, "ETH", "1", "USDC", exact_out=True)
    assert filled_in(ask, bought) == Ask("110", "ETH", "300", "USDC", raw=True, exact_out=True)
