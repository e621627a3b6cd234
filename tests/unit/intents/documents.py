"""Small hand-made auction documents in each outside format, for tests to bend."""

from __future__ import annotations

import json
from typing import Any

from intents.auction_codec import decode_auction, encode_auction
from intents.formats import Imported, load_auction

WETH = "0x" + "c0" * 20
USDC = "0x" + "a0" * 20
DAI = "0x" + "6b" * 20
SHARE = "0x" + "b1" * 20
OWNER = "0x" + "11" * 20
UID = "0x" + "22" * 32 + "11" * 20 + "ffffffff"


def cow_order(**changes: Any) -> dict[str, Any]:
    """A sell of one WETH for 1,500 USDC, whole or in part; a value of ``...`` leaves the field out."""
    order: dict[str, Any] = {
        "uid": UID,
        "sellToken": WETH,
        "buyToken": USDC,
        "sellAmount": "1000000000000000000",
        "fullSellAmount": "1000000000000000000",
        "buyAmount": "1500000000",
        "fullBuyAmount": "1500000000",
        "feePolicies": [],
        "validTo": 4294967295,
        "kind": "sell",
        "owner": OWNER,
        "partiallyFillable": True,
        "preInteractions": [],
        "postInteractions": [],
        "sellTokenSource": "erc20",
        "buyTokenDestination": "erc20",
        "class": "limit",
        "appData": "0x" + "00" * 32,
        "signingScheme": "presign",
        "signature": "0x",
    }
    return {name: value for name, value in (order | changes).items() if value is not ...}


def cow_pools() -> list[dict[str, Any]]:
    """One liquidity source of each kind, in the order of ``cow_venues.KINDS``."""
    head = {"address": "0x" + "33" * 20, "gasEstimate": "90000"}
    return [
        {"kind": "constantProduct", "id": "0", **head, "fee": "0.003", "router": OWNER,
         "tokens": {WETH: {"balance": "1000"}, USDC: {"balance": "2000"}}},
        {"kind": "weightedProduct", "id": "1", **head, "fee": "0.01", "version": "v3Plus",
         "balancerPoolId": "0xAB",
         "tokens": {WETH: {"balance": "1000", "weight": "0.8", "scalingFactor": "1"},
                    DAI: {"balance": "2000", "weight": "0.2", "scalingFactor": "1"}}},
        {"kind": "stable", "id": "2", **head, "fee": "0.0001", "amplificationParameter": "200.0",
         "balancerPoolId": "0xAB",
         "tokens": {USDC: {"balance": "1000", "scalingFactor": "1000000000000"},
                    DAI: {"balance": "2000", "scalingFactor": "1"}}},
        {"kind": "concentratedLiquidity", "id": "3", **head, "fee": "0.0005", "router": OWNER,
         "tokens": [USDC, WETH], "sqrtPrice": str(2**96), "liquidity": "5000", "tick": 0,
         "liquidityNet": {"10": "-5000", "-10": "5000"}},
        {"kind": "limitOrder", "id": "4", **head, "makerToken": WETH, "takerToken": USDC, "makerAmount": "7",
         "takerAmount": "9", "takerTokenFeeAmount": "1"},
    ]  # fmt: skip


def cow_document(*orders: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A ``/solve`` request with one order and one source of each kind; ``...`` leaves a field out."""
    document: dict[str, Any] = {
        "id": "77",
        "tokens": {
            WETH: {"decimals": 18, "symbol": "WETH", "referencePrice": str(10**18), "availableBalance": "5",
                   "trusted": True},
            USDC: {"decimals": 6, "symbol": "USDC", "referencePrice": None, "availableBalance": "0",
                   "trusted": False},
            DAI: {"decimals": 18, "symbol": "DAI", "referencePrice": "600000000000000", "availableBalance": "0",
                  "trusted": False},
        },
        "orders": list(orders) or [cow_order()],
        "liquidity": cow_pools(),
        "effectiveGasPrice": "15000000000",
        "deadline": "2106-01-01T00:00:00.000Z",
        "surplusCapturingJitOrderOwners": [],
    }  # fmt: skip
    return {name: value for name, value in (document | changes).items() if value is not ...}


def legacy_document() -> dict[str, Any]:
    """The legacy batch schema: two orders, one pool of each of its kinds."""
    cost = {"amount": str(90_000 * 10**9), "token": WETH}
    order = {
        "sell_token": WETH, "buy_token": USDC, "sell_amount": "1000", "buy_amount": "2000", "id": UID,
        "allow_partial_fill": False, "is_sell_order": True, "fee": {"amount": "0", "token": WETH}, "cost": cost,
        "is_liquidity_order": False, "mandatory": False, "has_atomic_execution": False,
    }  # fmt: skip
    other = order | {"id": "0x" + "66" * 56, "is_sell_order": False, "allow_partial_fill": True}
    pool = {"fee": "0.003", "cost": cost, "mandatory": False}
    return {
        "metadata": {"environment": "mainnet", "auction_id": 5, "gas_price": 10**9, "native_token": WETH},
        "tokens": {
            WETH: {"decimals": 18, "alias": "WETH", "external_price": 1.0, "normalize_priority": 1,
                   "internal_buffer": "5", "accepted_for_internalization": True},
            USDC: {"decimals": 6, "alias": "USDC", "external_price": 0.5, "normalize_priority": 0,
                   "internal_buffer": None, "accepted_for_internalization": False},
        },
        "orders": {"0": order, "1": other},
        "amms": {
            "0xAA": {"kind": "ConstantProduct", "reserves": {WETH: "1000", USDC: "2000"}, **pool},
            "0xBB": {"kind": "WeightedProduct", **pool,
                     "reserves": {WETH: {"balance": "1000", "weight": "0.5"},
                                  USDC: {"balance": "2000", "weight": "0.5"}}},
            "0xCC": {"kind": "Stable", "reserves": {WETH: "1000", USDC: "2000"}, "amplification_parameter": "100",
                     "scaling_rates": {WETH: str(10**18), USDC: "1000000"}, **pool},
            "0xDD": {"kind": "Concentrated", **pool,
                     "pool": {"tokens": [{"id": USDC, "decimals": 6}, {"id": WETH, "decimals": 18}],
                              "state": {"sqrt_price": str(2**96), "liquidity": "5", "tick": "0",
                                        "liquidity_net": {"-10": "5", "10": "-5"}}}},
        },
    }  # fmt: skip


def gpv1_document() -> dict[str, Any]:
    """A batch of the 2020 exchange: two accounts with balances, two orders, a flat fee."""
    return {
        "tokens": {
            "T0000": {"alias": "OWL", "decimals": 18, "externalPrice": 10**18},
            "T0001": {"alias": "USDC", "decimals": 6, "externalPrice": 10**30},
        },
        "refToken": "T0000",
        "accounts": {OWNER: {"T0000": "500", "T0001": str(2**256 - 1)}, "alice": {}},
        "orders": [
            {"accountID": OWNER, "sellToken": "T0000", "buyToken": "T0001", "sellAmount": "1000",
             "buyAmount": "2000", "orderID": "3"},
            {"accountID": OWNER, "sellToken": "T0001", "buyToken": "T0000", "sellAmount": str(2**128 - 1),
             "buyAmount": str(2**128 - 1), "orderID": "4"},
        ],
        "fee": {"token": "T0000", "ratio": 0.001},
        "metadata": {"min_tradable_amount": "100"},
    }  # fmt: skip


def load(document: object, *, lenient: bool = False) -> Imported:
    """The auction of ``document``, through text as users send it; its bytes must come back."""
    imported = load_auction(json.dumps(document).encode(), "a.json", lenient=lenient)
    assert decode_auction(encode_auction(imported.auction)) == imported.auction
    return imported
