"""The decoders of what other programs say: recorded auctions, CoW's solver engines, and nodes asked over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import json_bytes
from benchmarks.fuzzing.target import Target
from intents.assets import AssetId
from intents.auction import Auction
from intents.fields import Fields
from intents.formats import load_auction
from intents.intent import IntentId
from intents.strict_json import parse_json
from node.api.errors import BadParameter
from node.api.operations import OPERATIONS
from node.api.reading import parameters_of
from node.cli.auction_files import solutions_in
from node.cli.intent_text import explained_text, life_text, quote_text
from node.client.following import life_in
from node.client.market import Market
from node.client.quoting import quoted_in
from settlement.solution_codec import solution_to_json
from solver.engine_client import read_answer
from solver.engine_format import read_request
from tests.unit.intents.documents import cow_document, gpv1_document, legacy_document

_MARKET = Market(corpus.network(), 7, {AssetId("ETH"): 18, AssetId("USDC"): 6})
_FIGURES = (
    "0",
    "-1",
    "7",
    "9" * 30,
    "0x" + "ab" * 32,
    "ed25519:" + "ab" * 32,
    "a,b",
    "",
    "٣",
    "\0",
    "\ufffd",
    "x" * 300,
)


def outside_targets() -> tuple[Target, ...]:
    batch = load_auction(json_bytes(cow_document()), "c").auction
    uid = batch.orders[0].id
    return (
        Target("cow auction", documents(cow_document()), lambda data: load_auction(data, "c", lenient=True)),
        Target("legacy auction", documents(legacy_document()), lambda data: load_auction(data, "l")),
        Target("gpv1 auction", documents(gpv1_document()), lambda data: load_auction(data, "g")),
        Target("engine request", documents(cow_document()), lambda data: read_request(data, "r")),
        Target(
            "engine answer", documents(_answer(uid)), lambda data: read_answer(data, batch, "s", "a"), share=0.5
        ),
        Target("solutions file", _solutions(batch), lambda data: solutions_in(parse_json(data, "s"), batch, "s")),
        Target("node's intent", documents(_life()), _lived),
        Target("node's quote", documents(_quote()), _quoted),
        Target("node's reasons", documents(_reasons()), lambda data: explained_text(_fields(data))),
        Target("api: parameters", _parameters, _parametered, (BadParameter,)),
    )


def _fields(data: bytes) -> Fields:
    return Fields(parse_json(data, "a"), "a")


def _answer(uid: IntentId) -> dict[str, Any]:
    tokens = list(cow_document()["tokens"])
    trade = {"kind": "fulfillment", "order": "0x" + uid.hex(), "executedAmount": "1000", "fee": "5"}
    hop = {
        "kind": "liquidity", "internalize": False, "id": "0", "inputToken": tokens[0], "outputToken": tokens[1],
        "inputAmount": "1000", "outputAmount": "900",
    }  # fmt: skip
    prices = dict.fromkeys(tokens, "1000")
    return {"solutions": [{"id": 1, "prices": prices, "trades": [trade], "interactions": [hop], "gas": 5}]}


def _solutions(batch: Auction) -> Callable[[Random], bytes]:
    """One, a list of them, or an engine's answer."""
    ours = [solution_to_json(solution) for solution in corpus.solutions()]
    makers = [documents(sound) for sound in ({"solutions": ours}, ours[0], _answer(batch.orders[0].id))]
    return lambda rng: rng.choice(makers)(rng)


def _life() -> dict[str, Any]:
    trade = {"gave": "5", "got": "7", "solver": "s", "over_limit_bps": "30.5", "over_route_bps": None}
    return {
        "intent": "0x" + "ab" * 32, "owner": "0x" + "ab" * 33, "state": "settled", "give": "ETH", "want": "USDC",
        "give_max": "10", "want_min": "5", "gave": "10", "got": "7", "valid_to": 9,
        "steps": [{"state": "batched", "auction": 3, "note": "x"}],
        "trades": [{"auction": 3, "trade": trade}],
        "missed": {"auction": 2, "missed": {"code": "price", "why": "y"}},
    }  # fmt: skip


def _lived(data: bytes) -> None:
    life_text(life_in(_fields(data)), _MARKET)


def _quote() -> dict[str, Any]:
    hop = {"venue": "pool", "sold": "ETH", "bought": "USDC", "amount_in": "10", "amount_out": "9"}
    return {"amount_in": "10", "amount_out": "9", "limit": "8", "impact_bps": "1/3", "route": [hop]}


def _quoted(data: bytes) -> None:
    quote_text(quoted_in(_fields(data), AssetId("ETH"), AssetId("USDC"), False), _MARKET, 50)


def _reasons() -> dict[str, Any]:
    return {
        "state": "waiting", "why": "x", "auction": 4, "code": "limit", "distance_bps": "3/7",
        "now": {"why": "y", "code": "z"},
    }  # fmt: skip


def _parameters(rng: Random) -> bytes:
    """An operation's number, and names with values as they stand in a path and in a query."""
    number = rng.randrange(len(OPERATIONS))
    wanted = OPERATIONS[number].parameters
    given = [[one.place, one.name, rng.choice(_FIGURES)] for one in wanted if rng.random() < 0.8]
    if rng.random() < 0.2:
        given.append(["query", rng.choice(("", "limit", "x" * 200, "\0")), rng.choice(_FIGURES)])
    return json_bytes([number, given])


def _parametered(data: bytes) -> None:
    number, given = json.loads(data)
    path = {name: text for place, name, text in given if place == "path"}
    query = [(name, text) for place, name, text in given if place == "query"]
    parameters_of(OPERATIONS[number].parameters, path, query)
