"""Engine answers in CoW's format: what is read, what is refused, and the way back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intents.errors import (
    AmountOutOfRange,
    Duplicate,
    InputError,
    MissingField,
    UnknownAsset,
    WrongType,
    WrongValue,
)
from intents.formats.cow_export import CowNames
from intents.strict_json import parse_json
from settlement.cow_solution import (
    CustomInteraction,
    JitTrade,
    NotInCow,
    UnknownUid,
    solution_from_cow,
    solution_to_cow,
    solutions_from_cow,
)
from settlement.solution import Fill, Solution
from solver.engine_format import read_request
from tests.batches import Batch
from tests.bidding import MARKETS, batch_of, part
from tests.shared import SHARED, shared

BATCH = batch_of()
MARKETS_IN_COW = tuple(name for name in MARKETS if name != "basket")
ENGINE_PAIRS = sorted((SHARED / "vectors/cow/solver_engine").glob("*.json"))


def answer(batch: Batch = BATCH) -> dict[str, Any]:
    """A valid answer: everything but the basket, which the format has no word for."""
    written = solution_to_cow(part(batch, *MARKETS_IN_COW), batch.auction)
    return json.loads(json.dumps(written))  # type: ignore[no-any-return]


def read(document: dict[str, Any]) -> Solution:
    return solution_from_cow(parse_json(json.dumps(document).encode(), "a"), BATCH.auction, "honest", "a")


def test_there_and_back() -> None:
    """What is written is read as the same solution, gas included."""
    solution = replace(part(BATCH, *MARKETS_IN_COW), id=3, gas=12345)
    assert solution_from_cow(solution_to_cow(solution, BATCH.auction), BATCH.auction, "honest", "a") == solution


def test_a_liquidity_id_may_be_a_number() -> None:
    """The specification has numbers, the code has text: both name the same venue."""
    document = answer()
    document["interactions"] = [document["interactions"][0] | {"id": 7}]
    assert read(document).interactions[0].venue == "7"
    with pytest.raises(WrongValue):
        read(document | {"interactions": [document["interactions"][0] | {"id": True}]})


def test_amounts_may_be_hexadecimal() -> None:
    """As CoW's code reads them, in prices, fills and interactions."""
    plain, document = answer(), answer()
    document["prices"] = {token: hex(int(price)) for token, price in document["prices"].items()}
    for trade in document["trades"]:
        trade["executedAmount"] = hex(int(trade["executedAmount"]))
    for swap in document["interactions"]:
        swap["inputAmount"] = hex(int(swap["inputAmount"]))
        swap["outputAmount"] = hex(int(swap["outputAmount"]))
    assert read(document) == read(plain)


def test_names_may_be_in_capitals() -> None:
    """Checksummed addresses and upper-case uids name the same things."""
    document = answer()
    for trade in document["trades"]:
        trade["order"] = "0x" + trade["order"][2:].upper()
    document["prices"] = {"0x" + token[2:].upper(): price for token, price in document["prices"].items()}
    assert read(document) == read(answer())


@pytest.mark.parametrize("name", ["preInteractions", "postInteractions", "flashloans", "wrappers"])
def test_calls_beside_the_trades_are_refused(name: str) -> None:
    """Nothing that runs other contracts is believed; empty or absent it is fine."""
    absent: tuple[object, ...] = ([], {}, None)
    for empty in absent:
        assert read(answer() | {name: empty}) == read(answer())
    with pytest.raises(CustomInteraction) as caught:
        read(answer() | {name: [{"target": "0x" + "11" * 20, "value": "0", "callData": "0x"}]})
    assert name in caught.value.where
    with pytest.raises(WrongType):
        read(answer() | {name: "none"})


def test_a_custom_interaction_is_refused_by_its_target() -> None:
    """It cannot be re-executed from the snapshot."""
    document = answer()
    document["interactions"].append({"kind": "custom", "target": "0x" + "22" * 20, "internalize": False})
    with pytest.raises(CustomInteraction, match="0x2222"):
        read(document)


def test_a_just_in_time_order_is_refused() -> None:
    """It is no intent of the auction."""
    document = answer()
    document["trades"].append({"kind": "jit", "order": {"sellToken": "0x"}, "executedAmount": "1"})
    with pytest.raises(JitTrade):
        read(document)


def test_unknown_names_are_refused() -> None:
    """Orders, tokens and kinds that the auction does not know."""
    document = answer()
    document["trades"][0]["order"] = "0x" + "ab" * 56
    with pytest.raises(UnknownUid, match="abab"):
        read(document)
    with pytest.raises(UnknownAsset):
        read(answer() | {"prices": {"0x" + "cd" * 20: "1"}})
    with pytest.raises(WrongValue, match="fulfillment"):
        read(answer() | {"trades": [{"kind": "magic"}]})


def test_amounts_are_bounded() -> None:
    """Negative, beyond 127 bits, fractional or missing amounts each have an error that says where."""
    for value, error in (
        ("-1", AmountOutOfRange),
        (str(2**127), AmountOutOfRange),
        (1.5, WrongType),
        (None, WrongType),
    ):
        document = answer()
        document["trades"][1]["executedAmount"] = value
        with pytest.raises(error, match=r"trades\[1\]\.executedAmount"):
            read(document)
    document = answer()
    del document["interactions"][0]["outputAmount"]
    with pytest.raises(MissingField, match=r"interactions\[0\]"):
        read(document)


def test_one_token_has_one_price() -> None:
    """The same address in two spellings is two prices for one token."""
    document = answer()
    token = next(iter(document["prices"]))
    spelt = "0x" + token[2:].upper()
    assert spelt != token
    with pytest.raises(Duplicate):
        read(document | {"prices": document["prices"] | {spelt: "1"}})


def test_a_whole_answer() -> None:
    """All solutions in order; none is an answer too, and no list is none."""
    document = {"solutions": [answer() | {"id": 5}, answer() | {"id": 9}]}
    assert [found.id for found in solutions_from_cow(document, BATCH.auction, "honest", "a")] == [5, 9]
    assert solutions_from_cow({"solutions": []}, BATCH.auction, "honest", "a") == ()
    broken: tuple[object, ...] = ({}, {"solutions": {}}, [], {"solutions": [1]})
    for bad in broken:
        with pytest.raises(InputError):
            solutions_from_cow(bad, BATCH.auction, "honest", "a")


def test_what_cannot_be_said_is_not_written() -> None:
    """Baskets have no word in the format, and strangers have no name."""
    with pytest.raises(NotInCow):
        solution_to_cow(part(BATCH, "basket"), BATCH.auction)
    strange = replace(part(BATCH, "split"), fills=(Fill(BATCH.auction.orders[0].id[::-1], 1),))  # type: ignore[arg-type]
    with pytest.raises(UnknownUid):
        solution_to_cow(strange, BATCH.auction)


def test_fees_are_told_where_the_solver_sets_them() -> None:
    """An order whose fee the solver sets shows one, even of zero; the others show none."""
    names = CowNames(BATCH.auction)
    shown = {trade["order"]: trade.get("fee") for trade in answer()["trades"]}
    assert shown[names.uid[BATCH.order("paying").id]] == str(BATCH.fill("paying").fee)
    assert shown[names.uid[BATCH.order("charged").id]] is None


def test_internalisation_needs_trust_and_a_buffer() -> None:
    """CIP-2: what comes in is trusted, and enough of what goes out is held already."""
    swap = BATCH.solution.interactions[0]
    assets = tuple(
        replace(asset, trusted=asset.id == swap.asset_in, buffer=swap.amount_out * (asset.id == swap.asset_out))
        for asset in BATCH.auction.assets
    )
    auction = replace(BATCH.auction, assets=assets)
    flags = [
        leg["internalize"]
        for leg in solution_to_cow(part(BATCH, "matched", "split"), auction, internalize=True)["interactions"]
    ]
    assert flags == [True, False, False]


@pytest.mark.skipif(not ENGINE_PAIRS, reason="the recorded engine answers are not beside this checkout")
@pytest.mark.parametrize("path", ENGINE_PAIRS, ids=lambda path: path.stem)
def test_recorded_answers_survive(path: Path) -> None:
    """Every recorded answer without just-in-time parts is read, and written back as it was recorded."""
    document = json.loads(shared(f"vectors/cow/solver_engine/{path.name}").read_bytes())
    auction = read_request(json.dumps(document["auction"]).encode(), path.name).auction
    for recorded in document["expected_response"]["solutions"]:
        solution = solution_from_cow(recorded, auction, "engine", path.name)
        written = solution_to_cow(solution, auction)
        assert written["prices"] == {token.lower(): price for token, price in recorded["prices"].items()}
        assert [trade["executedAmount"] for trade in written["trades"]] == [
            trade["executedAmount"] for trade in recorded["trades"]
        ]
        assert len(written["interactions"]) == len(recorded["interactions"])
