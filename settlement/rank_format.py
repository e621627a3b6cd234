"""Bids written down as cases: orders, reference prices, and per solution the final amounts of its trades.

The shape is that of the autopilot's winner-selection tests: a ``cases`` list, or one case with
``auction`` (``orders``, ``prices``) and ``solutions``. Amounts are final (after fees); scores, the
fair set, winners and references are computed here. As in CoW's arbitrator, bids conflict through their
directed pairs alone, and a solution whose score cannot be computed (worse than a limit, or without a
reference price) is set aside: it is *void*, and said why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.errors import Duplicate, WrongValue
from intents.fields import Fields, integer
from intents.intent import Kind
from settlement.errors import LawError, MissingReferencePrice
from settlement.execution import Amounts, Limit
from settlement.mechanism import Bid, Mechanism
from settlement.scoring import score_swap
from settlement.verified import DirectedPair

MAX_CASES: Final = 10_000
MAX_ITEMS: Final = 100_000
_WORD: Final = 2**256 - 1


@dataclass(frozen=True, slots=True)
class RankCase:
    """One auction's bids, scored; ``void`` holds, by name, the rule that each of the others broke."""

    name: str
    bids: tuple[Bid, ...]
    void: Mapping[str, LawError]


@dataclass(frozen=True, slots=True)
class _Order:
    kind: Kind
    pair: DirectedPair
    limit: Limit


def cases_from_json(document: object, where: str) -> tuple[RankCase, ...]:
    """All cases of the file; a single case without a name is called after the file."""
    fields = Fields(document, where)
    if "cases" in fields.document:
        found = tuple(
            _case(case, f"case {index}") for index, case in enumerate(fields.objects("cases", limit=MAX_CASES))
        )
        seen: set[str] = set()
        for case in found:
            if case.name in seen:
                raise Duplicate(fields.at("cases"), "case", f'"{case.name}"')
            seen.add(case.name)
        return found
    return (_case(fields, where),)


def rank(case: RankCase, mechanism: Mechanism, seed: bytes = b"") -> dict[str, Any]:
    """Scores, fair solutions, winners and reference scores, as plain JSON values."""
    outcome = mechanism.run(case.bids, seed)
    ranked: dict[str, Any] = {
        "mechanism": outcome.mechanism,
        "scores": {bid.name: str(bid.score) for bid in case.bids},
        "fair_solutions": list(outcome.fair),
        "winners": list(outcome.winners),
        "void": {name: str(error) for name, error in case.void.items()},
        "total": str(outcome.total),
        "reference_scores": {solver: str(score) for solver, score in outcome.references.items()},
    }
    if outcome.certificate is not None:
        proof = outcome.certificate
        ranked["certificate"] = {
            "bound": str(proof.bound),
            "optimal": proof.optimal,
            "references_optimal": proof.references_optimal,
            "greedy_total": str(proof.greedy_total),
            "greedy_loss": str(proof.total - proof.greedy_total),
        }
    return ranked


def _case(case: Fields, name: str) -> RankCase:
    auction = case.child("auction")
    prices = {
        AssetId(key): integer(value, where, high=MAX_PRICE)
        for key, value, where in auction.entries("prices", limit=MAX_ITEMS)
    }
    orders = {
        key: _order(Fields(value, where)) for key, value, where in auction.entries("orders", limit=MAX_ITEMS)
    }
    bids: list[Bid] = []
    void: dict[str, LawError] = {}
    for key, value, where in case.entries("solutions", limit=MAX_ITEMS):
        try:
            bids.append(_bid(key, Fields(value, where), orders, prices))
        except LawError as error:
            void[key] = error
    return RankCase(case.text_or("name", name, limit=256), tuple(bids), void)


def _order(order: Fields) -> _Order:
    selling = order.choice("side", ("sell", "buy")) == "sell"
    return _Order(
        kind=Kind.EXACT_IN if selling else Kind.EXACT_OUT,
        pair=(AssetId(order.text("sell_token")), AssetId(order.text("buy_token"))),
        limit=Limit(
            order.integer("sell_amount", low=1, high=_WORD), order.integer("buy_amount", low=1, high=_WORD)
        ),
    )


def _bid(name: str, solution: Fields, orders: dict[str, _Order], prices: dict[AssetId, int]) -> Bid:
    pairs: dict[DirectedPair, int] = {}
    for key, value, where in solution.entries("trades", limit=MAX_ITEMS):
        if key not in orders:
            raise WrongValue(where, "an order of the auction", f'"{key}"')
        pair, score = _trade(Fields(value, where), orders[key], prices, where)
        pairs[pair] = pairs.get(pair, 0) + score
    return Bid(name=name, solver=solution.text("solver"), score=sum(pairs.values()), pairs=pairs)


def _trade(trade: Fields, order: _Order, prices: dict[AssetId, int], where: str) -> tuple[DirectedPair, int]:
    final = Amounts(trade.integer("sell_amount", high=_WORD), trade.integer("buy_amount", high=_WORD))
    price = prices.get(order.pair[1])
    if price is None:
        raise MissingReferencePrice(where, order.pair[1], final.got)
    return order.pair, score_swap(order.kind, final, order.limit, (), price, where).value
