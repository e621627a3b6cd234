"""Why an intent is not filled, now: the first thing in its way, how far it is from a fill, and what it could have.

The ledger's own conditions come first, then the law's reasons (``settlement.why_not``) on the venues as they
stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from intents.auction import Auction, AuctionOrder, Balance
from intents.intent import FillMode, Intent, IntentId, Kind
from node.awaiting import awaited
from node.chain.tables import chain_of
from node.condition_words import group_name
from node.denials import denial_rule
from node.history.base import IntentLife
from node.quote_routes import near
from node.quoting import NoMarket, Quote, quote
from settlement.ledger.accounts import account_of
from settlement.ledger.auction import OPEN_STATES
from settlement.ledger.books import BALANCES
from settlement.ledger.conditions import look, may_trade
from settlement.ledger.feeds import ASSETS, price_of
from settlement.ledger.orders import DONE, ORDERS, Order, OrderState
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.state import State
from settlement.ledger.trading import TradingState, may_want, trading_of
from settlement.ledger.venues import VENUES
from settlement.mechanism import mechanism
from settlement.settle import settle
from settlement.why_not import Reason, unfilled_orders

_ENDED: Final = {
    OrderState.RECEIVED: "it waits for the block of the next batch",
    OrderState.SETTLED: "it was filled whole, or but for too little to trade",
    OrderState.EXPIRED: "its last auction is over",
    OrderState.CANCELLED: "its owner cancelled it, or another intent of its group traded",
    OrderState.DENIED: "it was not taken",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """``code`` names the rule (empty where nothing is in the way), ``why`` says it in words. ``distance_bps``: how
    much the limit would have to give way at the best price there is now, 0 if it need not, ``None`` if no price is
    known. ``best``: what is left of it could trade for so much alone, now. ``auction`` is the one under way.
    """

    intent: bytes
    state: str
    code: str
    why: str
    distance_bps: float | None
    best: Quote | None
    auction: int


def explain(life: IntentLife, state: State) -> Explanation:
    """Of an intent known to this node, on the ledger as it stands."""
    now, order = chain_of(state).auction, state.get(ORDERS, IntentId(life.intent))
    if order is None or order.state in DONE:
        said = OrderState(life.state) if life.state in list(OrderState) else None
        why = _ENDED.get(said, f"it is {life.state}") if said is not None else "its end was not recorded here"
        note = life.steps[-1].note if life.steps else ""
        if said is not OrderState.DENIED:
            return _bare(life, life.state, f"{why}: {note}" if note else why, now)
        told = "; ".join(part for part in (why, note, denial_rule(note, rules_of(state))) if part)
        return _bare(life, note.partition(":")[0] or life.state, told, now)
    rules = rules_of(state)
    barred = _barred(state, rules, order, IntentId(life.intent), now)
    if barred is not None:
        return _bare(life, *barred, now)
    if order.state is OrderState.BATCHED:
        code, why = "", "it can trade at its limit and is in every batch"
    else:
        code, why = "", "it can trade at its limit and waits for the next batch"
    return _on_market(life, state, rules, order, now, code, why)


def _bare(life: IntentLife, code: str, why: str, now: int) -> Explanation:
    return Explanation(life.intent, life.state, code, why, None, None, now)


def _barred(state: State, rules: Rules, order: Order, number: IntentId, now: int) -> tuple[str, str] | None:
    """What on the ledger keeps it out of the next batch, whatever the prices."""
    intent, trading = order.intent, trading_of(state, rules)
    if trading is TradingState.HALTED:
        return "halted", "trading is halted"
    if now < intent.valid_from:
        return Reason.NOT_YET_VALID.name.lower(), f"it is valid from auction {intent.valid_from} on, this is {now}"
    if not may_want(state, rules, intent, trading, now):
        return (
            "reducing",
            "nobody may take on what it wants now: trading is reduced, or the asset's price is stale",
        )
    for leg in intent.give:
        if not state.get(BALANCES, (account_of(intent.owner), leg.asset)):
            return Reason.NO_BALANCE.name.lower(), f"its owner has no {leg.asset}"
    if order.state in OPEN_STATES and (waits := awaited(state, rules, number, order, now)):
        return "condition", waits
    if intent.group and _another_of_group(state, rules, number, intent, now):
        name = group_name(intent.group)
        return "group", f"another intent of its group {name} may trade too: a batch takes one of them, by lot"
    return None


def _another_of_group(state: State, rules: Rules, number: IntentId, intent: Intent, now: int) -> bool:
    draft = state.draft()
    return any(
        other != number
        and order.state in OPEN_STATES
        and (order.intent.owner, order.intent.group) == (intent.owner, intent.group)
        and look(draft, rules, other, order, now)
        for other, order in state.rows(ORDERS).items()
    )


def _on_market(
    life: IntentLife, state: State, rules: Rules, order: Order, now: int, code: str, why: str
) -> Explanation:
    """The law's reason on the venues alone, as if nobody else traded."""
    number = IntentId(life.intent)
    left = _left(state, number, order, now)
    auction = _alone(state, rules, number, order, left, now)
    (found,) = unfilled_orders(settle(auction, (), mechanism("greedy")))
    if found.reason is not Reason.NO_BID:
        code, why = found.reason.name.lower(), found.reason.value
        if found.reason is Reason.OUT_OF_THE_MONEY and found.distance_bps is not None:
            why = f"its limit is {found.distance_bps} bps beyond the best price there is"
    distance = None if found.distance_bps is None else float(found.distance_bps)
    return Explanation(life.intent, life.state, code, why, distance, _best(state, order.intent, left), now)


def _left(state: State, number: IntentId, order: Order, now: int) -> int:
    if order.intent.fill.mode is FillMode.FILL_OR_KILL and order.filled:
        return 0
    return may_trade(state, number, order, now)


def _alone(state: State, rules: Rules, number: IntentId, order: Order, left: int, now: int) -> Auction:
    """A batch of this intent alone."""
    intent = order.intent
    give, want = intent.give[0].asset, intent.want[0].asset
    assets = sorted({leg.asset for leg in (*intent.give, *intent.want)} | {rules.numeraire})
    infos = [info for asset in assets if (info := state.get(ASSETS, asset)) is not None]
    return Auction(
        name="explained",
        network=rules.network,
        number=now,
        assets=tuple(
            type(info)(info.id, info.decimals, info.symbol, price_of(state, rules, info.id, now)) for info in infos
        ),
        orders=(AuctionOrder(number, intent, order.signature, left),),
        venues=near(dict(state.rows(VENUES)), give, want),
        costs=rules.costs,
        balances=tuple(
            Balance(intent.owner, leg.asset, state.get(BALANCES, (account_of(intent.owner), leg.asset)) or 0)
            for leg in intent.give
        ),
    )


def _best(state: State, intent: Intent, left: int) -> Quote | None:
    if not intent.is_swap or left == 0:
        return None
    try:
        kind = Kind.EXACT_OUT if intent.kind is Kind.EXACT_OUT else Kind.EXACT_IN
        return quote(state, intent.give[0].asset, intent.want[0].asset, left, kind)
    except NoMarket:
        return None
