"""What can be wrong in CoW's solver-engine JSON, each met by one line that begins with its path."""

from __future__ import annotations

from typing import Any

import pytest

from intents.errors import WalrasError
from tests.unit.intents.documents import DAI, SHARE, UID, USDC, WETH, cow_document, cow_order, load

#: The place in a good request, what is put there (``...`` removes it), and how the error begins.
DEFECTS: list[tuple[str, object, str]] = [
    ("orders 0 sellAmount", "-1", "orders[0].sellAmount: -1 is outside 1 .. "),
    ("orders 0 sellAmount", "0", "orders[0].sellAmount: 0 is outside 1 .. "),
    ("orders 0 sellAmount", str(10**78), f"orders[0].sellAmount: {10**78} is outside"),
    ("orders 0 buyAmount", 10**78, f"orders[0].buyAmount: {10**78} is outside"),
    ("orders 0 sellAmount", 1.5, "orders[0].sellAmount: expected an integer, got the number 1.5"),
    ("orders 0 sellAmount", None, "orders[0].sellAmount: expected an integer, got null"),
    ("orders 0 sellAmount", ..., 'orders[0]: field "sellAmount" is missing'),
    ("orders 0 kind", "swap", "orders[0].kind: 'swap' is not one of sell, buy"),
    ("orders 0 partiallyFillable", "yes", "orders[0].partiallyFillable: expected true or false"),
    ("orders 0 validTo", -1, "orders[0].validTo: -1 is outside"),
    ("orders 0 validTo", 2**32, "orders[0].validTo: 4294967296 is outside"),
    ("orders 0 uid", "1234", "orders[0].uid: expected 0x-prefixed"),
    ("orders 0 uid", "0x", "orders[0]"),
    ("orders 0 uid", "0x" + "00" * 65, "orders[0].uid: 132 characters, at most 130"),
    ("orders 0 owner", "0x", "orders[0]"),
    ("orders 0 sellToken", 5, "orders[0].sellToken: expected text, got the number 5"),
    ("orders 0 sellToken", "a b", "orders[0].sellToken: 'a b' is not 1 to 64"),
    ("orders 0 buyToken", SHARE, f'orders[0]: asset "{SHARE}" is not declared'),
    ("orders 0 feePolicies", [{"kind": "tax"}], "orders[0].feePolicies[0].kind: 'tax' is not one of"),
    (
        "orders 0 feePolicies",
        [{"kind": "volume", "factor": 1}],
        "orders[0].feePolicies[0].factor: 1 is not between",
    ),
    (
        "orders 0 feePolicies",
        [{"kind": "surplus", "factor": 0}],
        'orders[0].feePolicies[0]: field "maxVolumeFactor"',
    ),
    ("orders 0 feePolicies", [{}] * 9, "orders[0]: 9 feePolicies, at most 8"),
    ("orders", {}, "orders: expected a list, got an object"),
    ("orders", [None], "orders[0]: expected an object, got null"),
    ("orders", [cow_order()] * 2, f"orders: order {UID} appears twice"),
    ("tokens", [], "tokens: expected an object, got a list"),
    ("tokens", ..., 'field "tokens" is missing'),
    ("tokens " + WETH, None, f"tokens.{WETH}: expected an object, got null"),
    ("tokens " + WETH, ..., f'orders[0]: asset "{WETH}" is not declared'),
    (f"tokens {WETH} decimals", 37, f"tokens.{WETH}.decimals: 37 is outside"),
    (f"tokens {WETH} referencePrice", "-1", f"tokens.{WETH}.referencePrice: -1 is outside"),
    ("tokens é", {}, "tokens.é: 'é' is not 1 to 64"),
    ("liquidity", None, "liquidity: expected a list, got null"),
    ("liquidity 0 kind", ..., 'liquidity[0]: field "kind" is missing'),
    ("liquidity 0 kind", 7, "liquidity[0].kind: expected text, got the number 7"),
    ("liquidity 0 id", True, "liquidity[0].id: True is not an id"),
    ("liquidity 0 id", "", "liquidity[0].id: '' is not an id"),
    ("liquidity 1 id", 0, "venues: venue 0 appears twice"),
    ("liquidity 0 tokens " + USDC, ..., "liquidity[0].assets: 1 assets, a venue trades at least 2"),
    ("liquidity 3 tokens", [WETH], "liquidity[3].assets: 1 assets, a venue trades at least 2"),
    ("liquidity 0 tokens " + WETH.upper(), {"balance": "5"}, f"liquidity[0].assets: asset {WETH} appears twice"),
    (f"liquidity 0 tokens {WETH} balance", "-5", f"liquidity[0].tokens.{WETH}.balance: -5 is outside"),
    ("liquidity 0 fee", "1", "liquidity[0].fee: 1 is not a fraction from 0"),
    ("liquidity 0 fee", "0.3%", "liquidity[0].fee: expected a number"),
    (f"liquidity 1 tokens {WETH} weight", "0.1", "liquidity[1].weights: 3/10 is not positive and adding up to 1"),
    ("liquidity 1 version", "v9", "liquidity[1].version: 'v9' is not one of v0, v3Plus"),
    (f"liquidity 2 tokens {DAI} scalingFactor", "1e-37", f"liquidity[2].tokens.{DAI}.scalingFactor: "),
    ("liquidity 2 amplificationParameter", "0", "liquidity[2].amplification: 0 is not positive"),
    ("liquidity 3 sqrtPrice", "1", "liquidity[3].sqrt_price: 1 is not in"),
    ("liquidity 3 liquidityNet x", "1", "liquidity[3].liquidityNet.x: expected an integer"),
    ("liquidity 3 liquidityNet 900000", "1", "liquidity[3].ticks[2]: 900000 is not a tick"),
    ("liquidity 4 takerAmount", "-1", "liquidity[4].takerAmount: -1 is outside"),
    ("effectiveGasPrice", "-1", "effectiveGasPrice: -1 is outside"),
    ("deadline", "soon", "deadline: 'soon' is not an ISO-8601"),
    ("deadline", 5, "deadline: expected text"),
    ("surplusCapturingJitOrderOwners", ["x"], "surplusCapturingJitOrderOwners[0]: expected 0x"),
]


def put(document: Any, place: str, value: object) -> None:
    """Set the item at ``place``, names and indices apart by blanks, or remove it."""
    *path, last = place.split(" ")
    for name in path:
        document = document[int(name) if isinstance(document, list) else name]
    if value is ...:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize(
    ("place", "value", "message"), DEFECTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DEFECTS)]
)
def test_a_defect_is_named_by_path(place: str, value: object, message: str) -> None:
    """One wrong field meets one error on one line, with the file, the path and both values."""
    document = cow_document()
    put(document, place, value)
    with pytest.raises(WalrasError) as caught:
        load(document)
    shown = str(caught.value)
    assert shown.startswith(f"a.json: {message}")
    assert "\n" not in shown
    assert caught.value.exit_code == 3
