"""Files of bids: what ranking prints, which solutions are void, and which files are refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from intents.errors import AmountOutOfRange, Duplicate, InputError, MissingField, WrongType, WrongValue
from settlement.errors import MissingReferencePrice, NegativeSurplus
from settlement.mechanism import mechanism
from settlement.rank_format import cases_from_json, rank
from tests.shared import shared

UNIT = 10**18


def case() -> dict[str, Any]:
    """Two orders; one batch of both, and a better bid for the first alone."""
    return {
        "name": "two orders",
        "auction": {
            "orders": {
                "sell": order("sell", "A", "B", UNIT, UNIT),
                "buy": order("buy", "C", "D", UNIT, UNIT),
            },
            "prices": {"A": "1000", "B": "1000", "C": "1000", "D": "1000"},
        },
        "solutions": {
            "batch": {
                "solver": "s",
                "trades": {"sell": amounts(UNIT, UNIT * 11 // 10), "buy": amounts(UNIT * 8 // 10, UNIT)},
            },
            "single": {"solver": "t", "trades": {"sell": amounts(UNIT, UNIT * 12 // 10)}},
        },
    }


def order(side: str, sell: str, buy: str, sell_amount: int, buy_amount: int) -> dict[str, str]:
    return {
        "side": side,
        "sell_token": sell,
        "sell_amount": str(sell_amount),
        "buy_token": buy,
        "buy_amount": str(buy_amount),
    }


def amounts(sell: int, buy: int) -> dict[str, str]:
    return {"sell_amount": str(sell), "buy_amount": str(buy)}


def ranked(document: object, name: str = "greedy") -> dict[str, Any]:
    (read,) = cases_from_json(document, "file")
    return rank(read, mechanism(name))


def test_scores_fair_set_winners_and_references() -> None:
    """The batch falls short on the first pair, so it is filtered out, and its worth is no reference."""
    assert ranked(case()) == {
        "mechanism": "greedy",
        "scores": {"batch": "300", "single": "200"},
        "fair_solutions": ["single"],
        "winners": ["single"],
        "void": {},
        "total": "200",
        "reference_scores": {"t": "0"},
    }


def test_exact_adds_its_certificate() -> None:
    """Bound, whether it is reached, and what greedy would have lost."""
    path = shared("vectors/cow/winner_selection_autopilot.json")
    cases = {item.name: item for item in cases_from_json(json.loads(path.read_bytes()), "file")}
    found = rank(cases["reference_better_than_winners"], mechanism("exact"))
    assert found["total"] == "380"
    assert found["certificate"] == {
        "bound": "380",
        "optimal": True,
        "references_optimal": True,
        "greedy_total": "300",
        "greedy_loss": "80",
    }


def test_a_solution_that_cannot_be_scored_is_void() -> None:
    """Worse than a limit, or without a reference price: set aside by name, the others are ranked."""
    document = case()
    document["solutions"]["bad"] = {"solver": "u", "trades": {"sell": amounts(UNIT, UNIT - 1)}}
    del document["auction"]["prices"]["D"]
    (read,) = cases_from_json(document, "file")
    assert {name: type(error) for name, error in read.void.items()} == {
        "batch": MissingReferencePrice,
        "bad": NegativeSurplus,
    }
    found = rank(read, mechanism("greedy"))
    assert found["winners"] == ["single"]
    assert set(found["void"]) == {"batch", "bad"}
    assert "solutions.bad" in found["void"]["bad"]


def test_a_zero_score_is_ranked() -> None:
    """At the limit exactly: fair, and it wins if nobody else wants its pair."""
    document = case()
    document["solutions"] = {"flat": {"solver": "u", "trades": {"sell": amounts(UNIT, UNIT)}}}
    assert ranked(document)["winners"] == ["flat"]


def test_one_case_or_many() -> None:
    """A single case takes the file's name if it has none; several need names of their own."""
    unnamed = case()
    del unnamed["name"]
    assert cases_from_json(unnamed, "file")[0].name == "file"
    assert cases_from_json(case(), "file")[0].name == "two orders"
    other = case() | {"name": "other"}
    assert [item.name for item in cases_from_json({"cases": [case(), other]}, "file")] == ["two orders", "other"]
    with pytest.raises(Duplicate, match="two orders"):
        cases_from_json({"cases": [case(), case()]}, "file")


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (("auction", "orders", "sell", "side"), "hold", WrongValue),
        (("auction", "orders", "sell", "sell_amount"), "0", AmountOutOfRange),
        (("auction", "orders", "sell", "buy_amount"), "-1", AmountOutOfRange),
        (("auction", "orders", "sell", "buy_amount"), str(2**256), AmountOutOfRange),
        (("auction", "orders", "sell"), "order", WrongType),
        (("auction", "prices"), [], WrongType),
        (("auction", "prices", "A"), 1.5, WrongType),
        (("solutions", "batch", "trades", "stranger"), {}, WrongValue),
        (("solutions", "batch", "trades", "sell"), {"sell_amount": "1"}, MissingField),
        (("solutions", "batch", "solver"), None, WrongType),
        (("solutions",), None, WrongType),
        (("auction",), [], WrongType),
    ],
)
def test_malformed_cases_are_refused(path: tuple[str, ...], value: object, error: type[InputError]) -> None:
    """Each with an error that names the place."""
    document = copy.deepcopy(case())
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(error) as caught:
        cases_from_json(document, "file")
    assert path[0] in str(caught.value)
