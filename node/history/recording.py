"""A decided block as rows: what it says itself, what became of intents, an auction's lines and its inputs.

All of it follows from the commit. Steps that every resting intent takes in every auction (into the batch, and out
of it again) are not rows: when it was first in a batch and when it last did not trade is kept with the intent.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from intents.codec import intent_id
from intents.errors import WalrasError
from intents.intent import IntentId
from node.chain.app import Applied
from node.chain.blocks import Phase, phase_of
from node.chain.items import Reveal, Submission, decode_item
from node.chain.transition import draft_name
from node.effects import Commit
from node.history.competition import ranked_bids
from node.history.inputs import Settled, inputs_of, pack_settled
from settlement.fairness import over_limit_bps
from settlement.ledger.accounts import account_of
from settlement.ledger.orders import DONE, ORDERS, Order, OrderState
from settlement.ledger.rules import Rules
from settlement.settle import Settlement

#: ``intent.taken`` of one that rested before this history begins, or goes on.
BEFORE: Final = 0
#: Of one that a block refused.
DENIED: Final = "denied"
#: Of one that rests, or is in a batch: the ledger says which.
OPEN: Final = "open"

_TAKEN: Final = (
    f"INSERT INTO intent (id, owner, terms, state, note, taken, batched) VALUES (?, ?, ?, '{OPEN}', '', ?, ?)"
    f" ON CONFLICT (id) DO UPDATE SET state = '{OPEN}', note = '', terms = excluded.terms, ended = NULL,"
    " taken = coalesce(taken, excluded.taken), batched = excluded.batched"
    f" WHERE batched IS NULL OR state = '{DENIED}'"
)
_DENIED: Final = (
    f"INSERT INTO intent (id, owner, terms, state, note, ended, ended_phase) VALUES (?, ?, ?, '{DENIED}', ?, ?, 0)"
    f" ON CONFLICT (id) DO UPDATE SET note = excluded.note, ended = excluded.ended WHERE state = '{DENIED}'"
)
_ENDED: Final = "UPDATE intent SET state = ?, ended = ?, ended_phase = ? WHERE id = ?"
_MISSED: Final = "UPDATE intent SET missed = ? WHERE id = ?"
_TRADED: Final = "INSERT OR REPLACE INTO trade SELECT seq, ?, ?, ?, ?, ? FROM intent WHERE id = ?"


def write_block(db: sqlite3.Connection, commit: Commit, proposer: bytes, now_ms: int) -> None:
    header, effects = commit.applied.block.header, commit.applied.effects
    db.execute(
        "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            commit.height,
            auction_at(commit.height),
            int(phase_of(commit.height)),
            commit.certificate.block,
            header.state_root,
            commit.certificate.round,
            proposer,
            len(commit.applied.block.items),
            len(effects.refused),
            now_ms,
        ),
    )


def auction_at(height: int) -> int:
    """Three heights make an auction; the first is number 1."""
    return height // len(Phase) + 1


def write_intents(db: sqlite3.Connection, height: int, applied: Applied) -> None:
    """What a BATCH block takes in, refuses, and ends."""
    now, orders = auction_at(height), _orders(applied)
    db.executemany(_TAKEN, (_taken(number, order, now, applied.delta) for number, order in orders))
    _end(db, orders, now, Phase.BATCH)
    refused = [(applied.block.items[place], why) for place, why in sorted(applied.effects.refused.items())]
    db.executemany(_DENIED, (_denied(item, why, now) for item, why in _submissions(refused)))


def write_earlier(db: sqlite3.Connection, orders: Iterable[tuple[IntentId, Order]], applied: Applied) -> None:
    """After heights that this history has not seen: intents on the ledger now that are not new in this block."""
    new = {intent_id(item.intent) for item, _ in _submissions([(data, "") for data in applied.block.items])}
    found = [(number, order) for number, order in orders if number not in new]
    db.executemany(_TAKEN, (_taken(number, order, BEFORE, {}) for number, order in found))


def write_auction(
    db: sqlite3.Connection, height: int, applied: Applied, rules: Rules, now_ms: int
) -> Settled | None:
    """What a SETTLE block settles; returns what all else is derived from."""
    settlement, slashed = applied.effects.settlement, applied.effects.slashed
    if settlement is None:
        return None
    found = Settled(settlement, inputs_of(settlement, rules.mechanism, rules.max_winners, rules.caps), slashed)
    number, data = settlement.auction.number, pack_settled(found, _reveals(applied))
    improvements = _write_trades(db, settlement)
    orders = settlement.auction.orders
    traded = {trade.order for item in settlement.settled for trade in item.trades}
    db.executemany(_MISSED, ((number, order.id) for order in orders if order.id not in traded))
    _end(db, _orders(applied), number, Phase.SETTLE)
    _write_parts(db, found)
    solvers = {solution.solver for solution in found.inputs.solutions}
    winners = tuple(dict.fromkeys(item.solution.solver for item in settlement.settled))
    db.execute("INSERT OR REPLACE INTO inputs VALUES (?, ?)", (number, data))
    db.execute(
        "INSERT OR REPLACE INTO auction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            height,
            len(orders),
            len(traded),
            len(solvers),
            len(settlement.verified) + len(settlement.refused),
            json.dumps(winners),
            str(settlement.score),
            math.fsum(improvements) / len(improvements) if improvements else None,
            now_ms,
        ),
    )
    return found


def _reveals(applied: Applied) -> list[tuple[str, bytes]]:
    """The answers that were opened, in bytes as they came, each with the name its solver bonded under."""
    names, found = applied.before.draft(), []
    for place, data in enumerate(applied.block.items):
        if place not in applied.effects.refused:
            item = decode_item(data)
            if isinstance(item, Reveal):
                found.append((draft_name(names, item.solver), item.solutions))
    return found


def _write_trades(db: sqlite3.Connection, settlement: Settlement) -> Sequence[int]:
    """Returns the improvements over limits, in basis points."""
    auction, rows = settlement.auction, []
    for winner in settlement.settled:
        for trade in winner.trades:
            better = over_limit_bps(auction, auction.order[trade.order], trade)
            gave, got = str(trade.gives[0].amount), str(trade.wants[0].amount)
            rows.append((auction.number, gave, got, winner.solution.solver, better, trade.order))
    db.executemany(_TRADED, rows)
    return [row[4] for row in rows]


def _write_parts(db: sqlite3.Connection, found: Settled) -> None:
    """Each solver's part: its rank by its best lawful solution, what it won, was paid, and lost."""
    settlement, slashed = found.settlement, found.slashed
    ranks = list(dict.fromkeys(item.solution.solver for item in ranked_bids(settlement)))
    scores: dict[str, int] = {}
    for item in settlement.settled:
        scores[item.solution.solver] = scores.get(item.solution.solver, 0) + item.score.net
    solvers = {*ranks, *(item.solution.solver for item in settlement.refused), *slashed}
    db.executemany(
        "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                settlement.auction.number,
                solver,
                ranks.index(solver) + 1 if solver in ranks else None,
                solver in scores,
                str(scores.get(solver, 0)),
                str(settlement.rewards.get(solver, 0)),
                str(slashed[solver].amount if solver in slashed else 0),
            )
            for solver in sorted(solvers)
        ),
    )


def _orders(applied: Applied) -> list[tuple[IntentId, Order]]:
    """Orders that the block wrote; not those it forgot."""
    return [
        (number, order) for number, order in applied.values.get(ORDERS.number, {}).items() if order is not None
    ]


def _end(db: sqlite3.Connection, orders: Iterable[tuple[IntentId, Order]], now: int, phase: Phase) -> None:
    db.executemany(
        _ENDED,
        (
            (order.state.value, now, int(phase), number)
            for number, order in orders
            if order.state in DONE and order.since == now
        ),
    )


def _submissions(items: Iterable[tuple[bytes, str]]) -> Iterable[tuple[Submission, str]]:
    """Those of a block's items that are intents, each with what is said of it."""
    for data, said in items:
        try:
            item = decode_item(data)
        except WalrasError:  # a block's items were read before it was decided
            continue
        if isinstance(item, Submission):
            yield item, said


def _taken(number: IntentId, order: Order, now: int, delta: Mapping[bytes, bytes | None]) -> tuple[Any, ...]:
    """``delta`` has most orders in bytes already."""
    terms = delta.get(ORDERS.key_bytes(number)) or ORDERS.value_bytes(order)
    batched = now if order.state is OrderState.BATCHED or now == BEFORE else None
    return number, account_of(order.intent.owner).holder, terms, now, batched


def _denied(item: Submission, why: str, now: int) -> tuple[Any, ...]:
    order = Order(item.intent, item.signature, OrderState.DENIED, 0, now)
    holder = account_of(item.intent.owner).holder
    return intent_id(item.intent), holder, ORDERS.value_bytes(order), why, now
