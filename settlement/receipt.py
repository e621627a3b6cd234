"""The receipt: one file per settled batch with everything needed to check it offline.

A receipt is a pure function of four things: the auction, the solutions considered, the mechanism and the
reward caps. So checking one needs no trust: take those four out of it, settle again, and compare
every field. The first difference is named with both values.

    {"format": "walras-receipt/1", "mechanism": {…}, "caps": {…}, "auction": {…}, "solutions": […],
     "auction_hash": "0x…", "solutions_hash": "0x…", "id": "0x…", "refused": […], "outcome": {…},
     "settled": […], "failed": […], "rewards": {…}, "score": "…", "proof": {…}, "fairness": {…},
     "venues_after": […]}

``id`` is the hash of all four inputs: two receipts with one id must agree in everything. The compact form
is in ``settlement.receipt_codec``.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Final

from intents.auction import Auction
from intents.auction_codec import auction_from_json, auction_hash, auction_to_json
from intents.canonical import pack, pack_amount
from intents.fields import Fields
from intents.intent import IntentId, Leg
from intents.venue_codec import VENUE
from settlement.certificate.kinds import Verdict, verdicts
from settlement.errors import LawError
from settlement.fairness import fairness_report
from settlement.mechanism import MAX_BIDS, Mechanism, mechanism, mechanism_names
from settlement.proof import batch_proof
from settlement.rewards import RewardCaps
from settlement.settle import Refused, Settlement, settle
from settlement.solution import Solution
from settlement.solution_codec import check_distinct_ids, encode_solution, solution_from_json, solution_to_json
from settlement.unrealised import unrealised
from settlement.verified import Trade, Verified

FORMAT: Final = "walras-receipt/1"
_ABSENT: Final = object()


@dataclass(eq=False)
class ReceiptMismatch(LawError):
    """The receipt says one thing, its own auction and solutions another."""

    code: ClassVar[str] = "receipt.mismatch"
    text: ClassVar[str] = "the receipt says {claimed}, recomputed {recomputed}"

    claimed: str
    recomputed: str


@dataclass(frozen=True)
class ReceiptReport:
    """A receipt that holds: ``id`` names it, ``settlement`` is what was recomputed from its inputs.

    ``verdicts`` are what the solutions' certificates come to, by solver and id.
    """

    id: str
    solutions: int
    settlement: Settlement
    verdicts: Mapping[tuple[str, int], Verdict]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What everything else in a receipt follows from."""

    auction: Auction
    solutions: tuple[Solution, ...]
    mechanism: str
    max_winners: int
    caps: RewardCaps


def receipt_of(settlement: Settlement, chosen_by: Mechanism, max_winners: int, caps: RewardCaps) -> dict[str, Any]:
    """The receipt as JSON values."""
    solutions = [verified.solution for verified in settlement.verified]
    solutions += [refused.solution for refused in settlement.refused]
    solutions.sort(key=lambda solution: (solution.solver, solution.id))
    inputs = Inputs(settlement.auction, tuple(solutions), chosen_by.name, max_winners, caps)
    return {
        "format": FORMAT,
        "mechanism": {"name": chosen_by.name, "max_winners": max_winners},
        "caps": {"low": str(caps.low), "high": str(caps.high)},
        "auction": auction_to_json(settlement.auction),
        "solutions": [solution_to_json(solution) for solution in solutions],
        **hashes(inputs),
        **findings(settlement, verdicts(settlement.auction, solutions)),
    }


def hashes(inputs: Inputs) -> dict[str, str]:
    """What names the auction, the solutions considered and the whole batch: SHA-256 over domain-tagged bytes."""
    auction = auction_hash(inputs.auction)
    solutions = hashlib.sha256(b"walras/solutions/1\0")
    for solution in inputs.solutions:
        data = encode_solution(solution)
        solutions.update(len(data).to_bytes(8, "big") + data)
    caps = [pack_amount(inputs.caps.low), pack_amount(inputs.caps.high)]
    rule = pack([auction, solutions.digest(), inputs.mechanism, inputs.max_winners, caps])
    return {
        "auction_hash": "0x" + auction.hex(),
        "solutions_hash": "0x" + solutions.hexdigest(),
        "id": "0x" + hashlib.sha256(b"walras/receipt/1\0" + rule).hexdigest(),
    }


def findings(settlement: Settlement, found: Mapping[tuple[str, int], Verdict]) -> dict[str, Any]:
    """All that follows from auction, solutions, mechanism and caps; ``found`` from the solutions' certificates."""
    auction, outcome = settlement.auction, settlement.outcome
    best, proof = outcome.certificate, batch_proof(settlement, found)
    filled: dict[IntentId, int] = {}
    for trade in (trade for item in settlement.settled for trade in item.trades):
        filled[trade.order] = filled.get(trade.order, 0) + trade.filled
    last = {venue: state for item in settlement.settled for venue, state in item.venues_after.items()}
    return {
        "refused": _sorted(settlement.refused),
        "outcome": {
            "fair": list(outcome.fair),
            "winners": list(outcome.winners),
            "total": str(outcome.total),
            "reference_scores": {solver: str(score) for solver, score in sorted(outcome.references.items())},
            "certificate": None
            if best is None
            else {
                "bound": str(best.bound),
                "optimal": best.optimal,
                "references_optimal": best.references_optimal,
                "greedy_total": str(best.greedy_total),
                "greedy_loss": str(best.total - best.greedy_total),
            },
        },
        "settled": [_settled(item, unrealised(auction, item, filled)) for item in settlement.settled],
        "failed": [_refused(item) for item in settlement.failed],
        "rewards": {solver: str(reward) for solver, reward in sorted(settlement.rewards.items())},
        "score": str(settlement.score),
        "proof": None if proof is None else proof.to_json(),
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


def _settled(item: Verified, left: Fraction | None) -> dict[str, Any]:
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
        "unrealised": None if left is None else str(left),
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


def verify_receipt(document: object, where: str) -> ReceiptReport:
    """Settle the receipt's auction again and compare everything.

    Raises ``InputError`` when the file cannot be read as a receipt and ``ReceiptMismatch`` at the first
    field that differs, with the receipt's value and the recomputed one.
    """
    fields = Fields(document, where)
    inputs = read_inputs(fields, where)
    named = hashes(inputs)
    for name, value in named.items():
        _compare(value, fields.raw(name), f"{where}: {name}")
    chosen_by = mechanism(inputs.mechanism, max_winners=inputs.max_winners)
    settlement = settle(inputs.auction, inputs.solutions, chosen_by, inputs.caps)
    certified = verdicts(inputs.auction, sorted(inputs.solutions, key=lambda s: (s.solver, s.id)))
    found = findings(settlement, certified)
    fields.only("format", "mechanism", "caps", "auction", "solutions", *named, *found)
    for name, value in found.items():
        _compare(value, fields.raw(name), f"{where}: {name}")
    return ReceiptReport(named["id"], len(inputs.solutions), settlement, certified)


def read_inputs(fields: Fields, where: str) -> Inputs:
    """The four inputs of a receipt; two solutions of one solver under one id are refused."""
    fields.choice("format", (FORMAT,))
    auction = auction_from_json(fields.raw("auction"), f"{where}: auction")
    solutions = tuple(solution_from_json(item, place) for item, place in fields.items("solutions", limit=MAX_BIDS))
    check_distinct_ids(solutions, f"{where}: solutions")
    rule = fields.child("mechanism").only("name", "max_winners")
    caps = fields.child("caps").only("low", "high")
    return Inputs(
        auction,
        solutions,
        rule.choice("name", mechanism_names()),
        rule.integer("max_winners", low=1, high=MAX_BIDS),
        RewardCaps(caps.integer("low"), caps.integer("high")),
    )


def _compare(recomputed: object, claimed: object, where: str) -> None:
    """Raise at the first difference, depth first in the order of what was recomputed."""
    if isinstance(recomputed, dict) and isinstance(claimed, Mapping):
        for key, value in recomputed.items():
            _compare(value, claimed.get(key, _ABSENT), f"{where}.{key}")
        for key in claimed:
            if key not in recomputed:
                raise ReceiptMismatch(f"{where}.{key}", _shown(claimed[key]), _shown(_ABSENT))
    elif isinstance(recomputed, list) and isinstance(claimed, list):
        for index, (mine, theirs) in enumerate(itertools.zip_longest(recomputed, claimed, fillvalue=_ABSENT)):
            _compare(mine, theirs, f"{where}[{index}]")
    elif recomputed != claimed or type(recomputed) is not type(claimed):
        raise ReceiptMismatch(where, _shown(claimed), _shown(recomputed))


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    return "null" if value is None else str(value)[:160]
