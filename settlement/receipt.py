"""The receipt: one file per settled batch with everything needed to check it offline.

A receipt is a pure function of four things: the auction, the solutions considered, the mechanism and the
reward caps. So checking one needs no trust: take those four out of it, settle again, and compare
every field. The first difference is named with both values.

    {"format": "walras-receipt/1", "mechanism": {…}, "caps": {…}, "auction": {…}, "auction_hash": "0x…",
     "solutions": […], "refused": […], "outcome": {…}, "settled": […], "failed": […], "rewards": {…},
     "fairness": {…}, "score": "…", "venues_after": […]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from intents.amounts import MAX_AMOUNT
from intents.auction_codec import auction_from_json, auction_hash, auction_to_json
from intents.fields import Fields
from intents.intent import Leg
from intents.venue_codec import VENUE
from settlement.errors import LawError
from settlement.fairness import fairness_report
from settlement.mechanism import MAX_BIDS, Mechanism, mechanism
from settlement.rewards import RewardCaps
from settlement.settle import Refused, Settlement, settle
from settlement.solution_codec import check_distinct_ids, solution_from_json, solution_to_json
from settlement.verified import Trade, Verified

FORMAT: Final = "walras-receipt/1"


@dataclass(eq=False)
class ReceiptMismatch(LawError):
    """The receipt says one thing, its own auction and solutions another."""

    code: ClassVar[str] = "receipt.mismatch"
    text: ClassVar[str] = "the receipt says {claimed}, recomputed {recomputed}"

    claimed: str
    recomputed: str


def receipt_of(settlement: Settlement, chosen_by: Mechanism, max_winners: int, caps: RewardCaps) -> dict[str, Any]:
    """The receipt as JSON values."""
    auction = settlement.auction
    solutions = [verified.solution for verified in settlement.verified]
    solutions += [refused.solution for refused in settlement.refused]
    solutions.sort(key=lambda solution: (solution.solver, solution.id))
    return {
        "format": FORMAT,
        "mechanism": {"name": chosen_by.name, "max_winners": max_winners},
        "caps": {"low": str(caps.low), "high": str(caps.high)},
        "auction_hash": "0x" + auction_hash(auction).hex(),
        "auction": auction_to_json(auction),
        "solutions": [solution_to_json(solution) for solution in solutions],
        **findings(settlement),
    }


def findings(settlement: Settlement) -> dict[str, Any]:
    """All that follows from auction, solutions, mechanism and caps."""
    outcome = settlement.outcome
    proof = outcome.certificate
    last = {venue: state for item in settlement.settled for venue, state in item.venues_after.items()}
    return {
        "refused": _sorted(settlement.refused),
        "outcome": {
            "fair": list(outcome.fair),
            "winners": list(outcome.winners),
            "total": str(outcome.total),
            "reference_scores": {solver: str(score) for solver, score in sorted(outcome.references.items())},
            "certificate": None
            if proof is None
            else {"bound": str(proof.bound), "optimal": proof.optimal, "greedy_total": str(proof.greedy_total)},
        },
        "settled": [_settled(item) for item in settlement.settled],
        "failed": [_refused(item) for item in settlement.failed],
        "rewards": {solver: str(reward) for solver, reward in sorted(settlement.rewards.items())},
        "score": str(settlement.score),
        "fairness": fairness_report(settlement).to_json(),
        "venues_after": [VENUE.to_json(state) for _, state in sorted(last.items())],
    }


def _sorted(refused: tuple[Refused, ...]) -> list[dict[str, Any]]:
    return [_refused(item) for item in sorted(refused, key=lambda r: (r.solution.solver, r.solution.id))]


def _refused(item: Refused) -> dict[str, Any]:
    return {
        "solver": item.solution.solver,
        "id": item.solution.id,
        "code": item.error.code,
        "reason": str(item.error),
    }


def _settled(item: Verified) -> dict[str, Any]:
    score = item.score
    return {
        "solver": item.solution.solver,
        "id": item.solution.id,
        "score": {
            "net": str(score.net),
            "surplus": str(score.surplus),
            "cost": str(score.cost),
            "collected": str(score.collected),
            "uncovered": str(score.uncovered),
        },
        "trades": [_trade(trade) for trade in item.trades],
        "leftovers": {asset: str(amount) for asset, amount in sorted(item.leftovers.items())},
        "protocol_fees": {asset: str(amount) for asset, amount in sorted(item.protocol_fees.items())},
        "unsigned": item.unsigned,
    }


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "order": "0x" + trade.order.hex(),
        "gives": _legs(trade.gives),
        "wants": _legs(trade.wants),
        "filled": str(trade.filled),
        "fee": str(trade.fee),
        "protocol_fees": _legs(trade.protocol_fees),
        "surplus": _legs(trade.surplus),
        "score": str(trade.score),
    }


def _legs(legs: tuple[Leg, ...]) -> list[dict[str, str]]:
    return [{"asset": leg.asset, "amount": str(leg.amount)} for leg in legs]


def verify_receipt(document: object, where: str) -> Settlement:
    """Settle the receipt's auction again and compare everything; returns what was recomputed.

    Raises ``InputError`` when the file cannot be read as a receipt and ``ReceiptMismatch`` at the first
    field that differs.
    """
    fields = Fields(document, where)
    fields.choice("format", (FORMAT,))
    auction = auction_from_json(fields.raw("auction"), f"{where}: auction")
    _compare("0x" + auction_hash(auction).hex(), fields.raw("auction_hash"), f"{where}: auction_hash")
    solutions = tuple(solution_from_json(item, place) for item, place in fields.items("solutions", limit=MAX_BIDS))
    check_distinct_ids(solutions, f"{where}: solutions")
    rule = fields.child("mechanism").only("name", "max_winners")
    max_winners = rule.integer("max_winners", low=1, high=MAX_BIDS)
    limits = fields.child("caps").only("low", "high")
    caps = RewardCaps(limits.integer("low", high=MAX_AMOUNT), limits.integer("high", high=MAX_AMOUNT))
    chosen_by = mechanism(rule.choice("name", ("greedy", "exact")), max_winners=max_winners)
    settlement = settle(auction, solutions, chosen_by, caps)
    found = findings(settlement)
    fields.only("format", "mechanism", "caps", "auction_hash", "auction", "solutions", *found)
    for name, value in found.items():
        _compare(value, fields.raw(name), f"{where}: {name}")
    return settlement


def _compare(recomputed: object, claimed: object, where: str) -> None:
    """Raise at the first difference, depth first."""
    if isinstance(recomputed, dict) and isinstance(claimed, Mapping):
        for key in (*recomputed, *(key for key in claimed if key not in recomputed)):
            _compare(recomputed.get(key), claimed.get(key), f"{where}.{key}")
    elif isinstance(recomputed, list) and isinstance(claimed, list):
        _compare(len(recomputed), len(claimed), f"{where}.length") if len(recomputed) != len(claimed) else None
        for index, (mine, theirs) in enumerate(zip(recomputed, claimed, strict=True)):
            _compare(mine, theirs, f"{where}[{index}]")
    elif recomputed != claimed or type(recomputed) is not type(claimed):
        raise ReceiptMismatch(where, _shown(claimed), _shown(recomputed))


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)[:160]
