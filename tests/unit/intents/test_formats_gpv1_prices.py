"""GPv1 files with some prices, with the previous batch's, and with none: each can be scored."""

from __future__ import annotations

from typing import Any

import pytest

from intents.errors import InputError
from intents.formats import load_auction
from tests.shared import shared
from tests.unit.intents.documents import OWNER, gpv1_document, load

PARITY = 10**18


def unpriced(**changes: Any) -> dict[str, Any]:
    """A batch whose table of tokens says nothing about them."""
    return gpv1_document() | {"tokens": {"T0000": None, "T0001": None}} | changes


def test_recorded_prices_are_taken_as_they_are() -> None:
    """OWL atoms per 10^18 token atoms is the unit of ours: no scaling by decimals."""
    assert [asset.reference_price for asset in load(gpv1_document()).auction.assets] == [10**18, 10**30]


def test_one_price_is_enough_to_leave_the_others_unknown() -> None:
    """A token without a price beside others that have one was not priced then, and is not now."""
    document = gpv1_document()
    document["tokens"]["T0001"] = None
    imported = load(document)
    assert [asset.reference_price for asset in imported.auction.assets] == [10**18, None]
    assert imported.notes == ()


@pytest.mark.parametrize("tokens", [{"T0000": None, "T0001": None}, ["T0000", "T0001"]], ids=["table", "list"])
def test_the_previous_batch_lends_its_prices(tokens: Any) -> None:
    """Hand-made instances carry ``pricesPrev``; a token missing there counts at parity."""
    imported = load(unpriced(tokens=tokens, pricesPrev={"T0000": "7"}))
    assert [asset.reference_price for asset in imported.auction.assets] == [7, PARITY]
    assert imported.notes == ()


@pytest.mark.parametrize("tokens", [{"T0000": None, "T0001": {}}, ["T0000", "T0001"]], ids=["table", "list"])
def test_parity_is_made_up_and_said_so(tokens: Any) -> None:
    """Without any price nothing could be scored, so every base unit counts the same; a note says it."""
    imported = load(unpriced(tokens=tokens))
    assert [asset.reference_price for asset in imported.auction.assets] == [PARITY, PARITY]
    assert imported.notes == ("no prices recorded: each of the 2 tokens counts the same per base unit",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pricesPrev": {"T0000": "0"}}, "pricesPrev.T0000: 0 is outside 1"),
        ({"pricesPrev": []}, "pricesPrev: expected an object, got a list"),
        ({"tokens": ["T0000", 5]}, "tokens[1]: expected text, got the number 5"),
        ({"tokens": ["T0000", "a b"]}, "tokens[1]: 'a b' is not 1 to 64"),
        ({"tokens": ["T0000", "T0001", "T0000"]}, "assets: asset T0000 appears twice"),
    ],
)
def test_a_defect_is_named_by_path(changes: dict[str, Any], message: str) -> None:
    """One wrong field meets one error that begins with its path."""
    with pytest.raises(InputError) as caught:
        load(unpriced(**changes))
    assert str(caught.value).startswith(f"a.json: {message}")


def test_an_account_in_two_spellings_is_refused() -> None:
    """Addresses are bytes: upper and lower case are one account, which cannot hold two balances."""
    address = "0x" + "ab" * 20
    document = gpv1_document()
    document["accounts"] = {address: {"T0000": "5"}, address.replace("b", "B"): {"T0001": "6"}}
    assert len({balance.owner for balance in load(document).auction.balances}) == 1
    document["accounts"][address.replace("b", "B")]["T0000"] = "7"
    with pytest.raises(InputError, match="balance of T0000 appears twice"):
        load(document)
    assert address != OWNER


def test_the_recorded_instance_without_prices_can_be_scored() -> None:
    """813 orders over ten tokens whose table is all null."""
    imported = load_auction(shared("data/gpv1/instance_1.json").read_bytes(), "instance_1.json")
    assert len(imported.auction.orders) == 813
    assert {asset.reference_price for asset in imported.auction.assets} == {PARITY}
    assert imported.notes == ("no prices recorded: each of the 10 tokens counts the same per base unit",)
