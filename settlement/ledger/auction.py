"""The auction that a ledger state holds: its open intents, venues, prices and balances as one frozen snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder, Balance
from intents.intent import FillMode, IntentId, Owner
from settlement.ledger.accounts import account_of
from settlement.ledger.books import BALANCES
from settlement.ledger.conditions import look, may_trade
from settlement.ledger.congestion import room_of
from settlement.ledger.feeds import ASSETS, price_of
from settlement.ledger.orders import ORDERS, Order, OrderState
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State
from settlement.ledger.trading import may_want, trading_of
from settlement.ledger.venues import VENUES

#: What an intent must be to go into a batch. Which it is does not change by going into one more.
OPEN_STATES: Final = frozenset({OrderState.CHECKED, OrderState.BATCHED, OrderState.PART_FILLED})


def batch(draft: Draft, rules: Rules, now: int, seed: bytes) -> list[IntentId]:
    """Which open intents auction ``now`` takes: all that may trade, up to its room by H(seed ‖ id).

    Of a group at most one: only one may trade, and in one auction nobody knows which will. Intents that could not
    be taken now, for the state of trading or a stale price, wait.

    Nothing that this reads changes between BATCH and SETTLE, so whoever asks again in between is answered alike.
    """
    rows, trading, room = draft.rows(ORDERS), trading_of(draft, rules), room_of(draft, rules)
    ready = [
        (hashlib.sha256(seed + number).digest(), number)
        for number, order in rows.items()
        if order.state in OPEN_STATES
        and order.intent.valid_from <= now <= order.intent.valid_to
        and look(draft, rules, number, order, now)
        and may_want(draft, rules, order.intent, trading, now)
    ]
    taken: list[IntentId] = []
    groups: set[tuple[Owner, bytes]] = set()
    for _, number in sorted(ready):
        intent = rows[number].intent
        if intent.group and (intent.owner, intent.group) in groups:
            continue
        groups.add((intent.owner, intent.group))
        taken.append(number)
        if len(taken) == room:
            break
    return sorted(taken)


def auction_of(
    state: State | Draft, rules: Rules, now: int, seed: bytes, numbers: Sequence[IntentId] | None = None
) -> Auction:
    """The snapshot of auction ``now``: a pure function of the state and of ``seed``, which breaks ties.

    ``numbers`` is its batch, for whoever has just worked it out.
    """
    if numbers is None:
        numbers = batch(state.draft(), rules, now, seed)
    rows = state.rows(ORDERS)
    batched = [(number, rows[number]) for number in numbers]
    balances = _balances(state, [order for _, order in batched])
    assets = tuple(
        replace(info, reference_price=price_of(state, rules, asset, now))
        for asset, info in sorted(state.rows(ASSETS).items())
    )
    return Auction(
        name=f"{rules.network.hex()[:8]}-{now}",
        network=rules.network,
        number=now,
        assets=assets,
        orders=tuple(
            AuctionOrder(number, o.intent, o.signature, _remaining(state, number, o, now)) for number, o in batched
        ),
        venues=tuple(venue for _, venue in sorted(state.rows(VENUES).items())),
        costs=rules.costs,
        balances=balances,
        seed=seed,
    )


def _remaining(state: State | Draft, number: IntentId, order: Order, now: int) -> int:
    """In units of the reference leg; a fill-or-kill order that has traded has nothing left."""
    if order.filled and order.intent.fill.mode is FillMode.FILL_OR_KILL:
        return 0
    return may_trade(state, number, order, now)


def _balances(state: State | Draft, orders: list[Order]) -> tuple[Balance, ...]:
    """What the owners of ``orders`` hold of what they offer."""
    wanted: dict[tuple[bytes, AssetId], Owner] = {}
    for order in orders:
        holder = account_of(order.intent.owner).holder
        for leg in order.intent.give:
            wanted[holder, leg.asset] = order.intent.owner
    found = [
        Balance(owner, asset, state.get(BALANCES, (account_of(owner), asset)) or 0)
        for (_, asset), owner in wanted.items()
    ]
    return tuple(sorted(found, key=lambda balance: (balance.owner.scheme, balance.owner.key, balance.asset)))
