"""Intents' lives: what the rows say of the past, the ledger of the present."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from intents.conditions import CONDITION, SCHEDULE
from intents.intent import Intent, IntentId
from node.chain.blocks import Phase
from node.denials import denial_words
from node.history.base import IntentLife, Missed, Step, TradeRow
from node.history.recording import BEFORE, OPEN
from node.history.rows import intent_of, trades_in
from settlement.ledger.accounts import account_of
from settlement.ledger.orders import Order, OrderState

#: The state of an intent that the ledger has forgotten, and whose end this history did not see.
UNKNOWN: Final = "unknown"
#: Trades of one intent that are told of, the latest.
MAX_TRADES: Final = 256

COLUMNS: Final = "seq, id, owner, terms, state, note, taken, batched, missed, ended, ended_phase"


@dataclass(frozen=True, slots=True)
class Known:
    """An intent's row."""

    seq: int
    id: bytes
    owner: bytes
    intent: Intent
    state: str
    note: str
    taken: int | None
    batched: int | None
    missed: int | None
    ended: int | None
    ended_phase: int | None


def known(row: Sequence[Any]) -> Known:
    """Raises an ``InputError`` for a row that no intent's can be."""
    intent = intent_of(row)
    seq, number, owner, _, *rest = row
    return Known(seq, number, owner, intent, *rest)


def trades_of(db: sqlite3.Connection, found: Known) -> tuple[tuple[int, TradeRow], ...]:
    """Oldest first, each with its auction."""
    rows = db.execute(
        "SELECT auction, gave, got, solver, over_limit_bps FROM trade WHERE intent = ?"
        " ORDER BY auction DESC LIMIT ?",
        (found.seq, MAX_TRADES),
    ).fetchall()
    pair = (found.intent.give[0].asset, found.intent.want[0].asset)
    return tuple(
        (
            auction,
            TradeRow(found.id, found.owner, *pair, gave, got, solver, bps, None),
        )
        for auction, gave, got, solver, bps in trades_in(reversed(rows))
    )


def life_of(
    found: Known,
    order: Order | None,
    trades: tuple[tuple[int, TradeRow], ...],
    missed: Missed | None,
    at_ms: Mapping[int, int],
    *,
    asked: bool = True,
) -> IntentLife:
    """``order`` is what the ledger holds of it now, if it was ``asked``; ``at_ms`` when heights were decided, if
    that is known."""
    state = found.state if order is None else order.state.value
    if state == OPEN:
        state = UNKNOWN if asked else (OrderState.PART_FILLED if trades else OrderState.CHECKED).value
    steps = _steps(found, trades, at_ms)
    return replace(
        life_begun(found.id, found.owner, found.intent, state),
        gave=sum(trade.gave for _, trade in trades),
        got=sum(trade.got for _, trade in trades),
        steps=steps,
        trades=trades,
        missed=None if missed is None or found.missed is None else (found.missed, missed),
    )


def life_on_ledger(number: IntentId, order: Order) -> IntentLife:
    """Of an intent that this history knows nothing of: what the ledger holds."""
    state, note = order.state.value, "the steps before are from before this node's history"
    step = Step(state, order.since, height_of(order.since, Phase.BATCH), 0, note)
    begun = life_begun(number, account_of(order.intent.owner).holder, order.intent, state)
    return replace(begun, steps=(step,))


def life_begun(number: bytes, owner: bytes, intent: Intent, state: str) -> IntentLife:
    """The life of an intent of which nothing is known but itself."""
    give, want = intent.give[0], intent.want[0]
    return IntentLife(
        intent=number,
        owner=owner,
        state=state,
        give=give.asset,
        want=want.asset,
        give_max=give.amount,
        want_min=want.amount,
        gave=0,
        got=0,
        valid_from=intent.valid_from,
        valid_to=intent.valid_to,
        steps=(),
        trades=(),
        missed=None,
        when=None if intent.when is None else CONDITION.to_json(intent.when),
        schedule=None if intent.schedule is None else SCHEDULE.to_json(intent.schedule),
        group=intent.group,
    )


def height_of(auction: int, phase: Phase) -> int:
    return (auction - 1) * len(Phase) + int(phase)


def heights_of(found: Known, trades: Sequence[tuple[int, TradeRow]]) -> list[int]:
    """Heights at which something happened to it."""
    marks = [(found.taken, Phase.BATCH), (found.batched, Phase.BATCH), (found.missed, Phase.SETTLE)]
    marks += [(auction, Phase.SETTLE) for auction, _ in trades]
    marks.append((found.ended, Phase(found.ended_phase or 0)))
    return [height_of(auction, phase) for auction, phase in marks if auction]


def _steps(found: Known, trades: Sequence[tuple[int, TradeRow]], at_ms: Mapping[int, int]) -> tuple[Step, ...]:
    def step(state: str, auction: int, phase: Phase, note: str = "") -> Step:
        height = height_of(auction, phase)
        return Step(state, auction, height, at_ms.get(height, 0), note)

    steps: list[Step] = []
    if found.taken == BEFORE:
        steps.append(Step(OrderState.CHECKED.value, 0, -1, 0, "taken before this node's history begins"))
    elif found.taken is not None:
        steps.append(step(OrderState.CHECKED.value, found.taken, Phase.BATCH))
    if found.batched:
        steps.append(step(OrderState.BATCHED.value, found.batched, Phase.BATCH, "in a batch for the first time"))
    for auction, trade in trades:
        whole = found.state == OrderState.SETTLED.value and auction == found.ended
        state = OrderState.SETTLED if whole else OrderState.PART_FILLED
        steps.append(step(state.value, auction, Phase.SETTLE, f"by {trade.solver}"))
    if found.missed is not None:
        rested = OrderState.PART_FILLED if any(at < found.missed for at, _ in trades) else OrderState.BATCHED
        steps.append(step(rested.value, found.missed, Phase.SETTLE, "did not trade in this batch"))
    if found.ended is not None and not (trades and found.state == OrderState.SETTLED.value):
        steps.append(step(found.state, found.ended, Phase(found.ended_phase or 0), denial_words(found.note)))
    return tuple(sorted(steps, key=lambda item: item.height))
