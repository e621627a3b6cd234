"""An order as the single-pair solvers see it: what it still sells, and for how much at least.

All amounts are base units at the order's remaining size. Limits are the effective ones of this
auction (Dutch curve, exclusivity), scaled to what remains and rounded for the owner.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from intents.amounts import mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.curves import ExclusiveToAnother, Limits, limits_at
from intents.fees import VolumeFee
from intents.intent import Kind, Owner


class Ask(Struct, frozen=True):
    """``sell_amount`` is the most to give, ``buy_amount`` the least to get for it; ``place`` in the auction.

    ``exact_out`` orders fill by the bought amount, the others by the sold one. ``min_fill`` is the
    smallest partial fill in those units.
    """

    order: AuctionOrder
    place: int
    sell: AssetId
    buy: AssetId
    sell_amount: int
    buy_amount: int
    exact_out: bool
    partial: bool
    min_fill: int

    @property
    def exact_rate(self) -> int:
        """``rate`` in 2^-256ths: of amounts below 2^127 two rates differ by more than 2^-254, or not at all."""
        return (self.buy_amount << 256) // self.sell_amount

    @property
    def rate(self) -> float:
        """Units of ``buy`` wanted per unit of ``sell``: the lower, the easier to fill."""
        return self.buy_amount / self.sell_amount


def recorded_asks(auction: Auction) -> list[Ask]:
    """Every swap as an outside engine would take it: no clock, no balances, no policies."""
    asks = []
    for place, order in enumerate(auction.orders):
        intent = order.intent
        if not intent.is_swap:
            continue
        limits = Limits((intent.give[0].amount,), (intent.want[0].amount,))
        ask = _ask(place, order, limits, order.remaining)
        if ask is not None:
            asks.append(ask)
    return asks


def lawful_asks(auction: Auction, solver: str) -> list[Ask]:
    """The swaps that the law lets ``solver`` fill now and that can score.

    What remains is capped by a listed balance (a fill-or-kill order over its balance is left out), and
    limits are tightened by volume fees, which the law takes after clearing prices.
    """
    balances = auction.balance
    asks = []
    for place, order in enumerate(auction.orders):
        intent = order.intent
        if not intent.is_swap or not _live(auction, order):
            continue
        if auction.reference_price(intent.want[0].asset) is None:
            continue  # its surplus could not be scored, which voids a solution
        try:
            limits = limits_at(intent, auction.number, solver)
        except ExclusiveToAnother:
            continue
        ask = _ask(place, order, _before_volume_fees(order, limits), _covered(order, limits, balances))
        if ask is not None:
            asks.append(ask)
    return asks


def _live(auction: Auction, order: AuctionOrder) -> bool:
    intent = order.intent
    if intent.network != auction.network:
        return False
    return not auction.number or intent.valid_from <= auction.number <= intent.valid_to


def _covered(order: AuctionOrder, limits: Limits, balances: Mapping[tuple[Owner, AssetId], int]) -> int:
    """What remains, in reference units, within the owner's balance; 0 when a whole fill is not covered."""
    intent = order.intent
    balance = balances.get((intent.owner, intent.give[0].asset)) if balances else None
    if balance is None:
        return order.remaining
    if intent.kind is Kind.EXACT_OUT:
        affordable = mul_div_floor(balance, limits.want[0], max(1, limits.give[0]))
    else:
        affordable = balance
    if affordable >= order.remaining:
        return order.remaining
    return affordable if intent.partial else 0


def _before_volume_fees(order: AuctionOrder, limits: Limits) -> Limits:
    """What clearing prices must leave so that the limit still holds after every volume fee."""
    if not order.policies:
        return limits
    give, want = limits.give[0], limits.want[0]
    for policy in order.policies:
        if not isinstance(policy, VolumeFee):
            continue
        if order.intent.kind is Kind.EXACT_OUT:
            give = int(give / (1 + policy.factor))
        elif policy.factor < 1:
            want = -int(-want // (1 - policy.factor))
    return Limits((give,), (want,))


def _ask(place: int, order: AuctionOrder, limits: Limits, remaining: int) -> Ask | None:
    """``None`` for what cannot trade: nothing left, or a limit that came to nothing."""
    intent, give, want = order.intent, limits.give[0], limits.want[0]
    if remaining <= 0 or give <= 0 or want <= 0:
        return None
    if intent.kind is Kind.EXACT_OUT:
        buy_amount = remaining
        sell_amount = mul_div_floor(give, remaining, want)
    else:
        sell_amount = remaining
        buy_amount = mul_div_ceil(want, remaining, give)
    if sell_amount <= 0:
        return None
    return Ask(
        order=order,
        place=place,
        sell=intent.give[0].asset,
        buy=intent.want[0].asset,
        sell_amount=sell_amount,
        buy_amount=buy_amount,
        exact_out=intent.kind is Kind.EXACT_OUT,
        partial=intent.partial,
        min_fill=min(intent.fill.min_fill, remaining),
    )
