"""Nothing is created: per asset, what comes in covers what goes out and what protocol fees withhold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intents.assets import AssetId
from intents.auction import Auction, Balance
from intents.intent import Owner
from settlement.errors import BalanceExceeded, NotConserved
from settlement.solution import Interaction
from settlement.verified import Trade


@dataclass(frozen=True, slots=True)
class Flows:
    """Per asset, in order of first use: into the settlement, out of it, and withheld for the protocol."""

    taken_in: Mapping[AssetId, int]
    paid_out: Mapping[AssetId, int]
    protocol_fees: Mapping[AssetId, int]


def flows_of(trades: Sequence[Trade], interactions: Sequence[Interaction]) -> Flows:
    """Owners' gives and venues' outputs come in; owners' wants and venues' inputs go out."""
    taken_in: dict[AssetId, int] = {}
    paid_out: dict[AssetId, int] = {}
    fees: dict[AssetId, int] = {}
    for trade in trades:
        for leg in trade.gives:
            taken_in[leg.asset] = taken_in.get(leg.asset, 0) + leg.amount
        for leg in trade.wants:
            paid_out[leg.asset] = paid_out.get(leg.asset, 0) + leg.amount
        for leg in trade.protocol_fees:
            fees[leg.asset] = fees.get(leg.asset, 0) + leg.amount
    for swap in interactions:
        taken_in[swap.asset_out] = taken_in.get(swap.asset_out, 0) + swap.amount_out
        paid_out[swap.asset_in] = paid_out.get(swap.asset_in, 0) + swap.amount_in
    return Flows(taken_in, paid_out, fees)


def leftovers_of(flows: Flows) -> dict[AssetId, int]:
    """What stays in the rounding account, assets with nothing left out. Raises ``NotConserved``."""
    left: dict[AssetId, int] = {}
    for asset in dict.fromkeys((*flows.taken_in, *flows.paid_out)):
        taken = flows.taken_in.get(asset, 0)
        paid = flows.paid_out.get(asset, 0) + flows.protocol_fees.get(asset, 0)
        if paid > taken:
            raise NotConserved(asset, paid, taken)
        if taken > paid:
            left[asset] = taken - paid
    return left


class BalanceBook:
    """The balances an auction states; owners it does not list are not bound."""

    def __init__(self, auction: Auction) -> None:
        self._known = dict(auction.balance)
        self._auction = auction

    def check(self, trades: Sequence[Trade]) -> None:
        """No owner gives more of an asset, over all its orders, than it has."""
        if not self._known:
            return
        given: dict[tuple[Owner, AssetId], int] = {}
        for trade in trades:
            owner = self._auction.order[trade.order].intent.owner
            for leg in trade.gives:
                key = (owner, leg.asset)
                given[key] = given.get(key, 0) + leg.amount
        for (owner, asset), amount in given.items():
            balance = self._known.get((owner, asset))
            if balance is not None and amount > balance:
                raise BalanceExceeded(asset, str(owner), amount, balance)

    def take(self, trades: Sequence[Trade]) -> None:
        """Listed balances pay what their owners give, and receive what they get."""
        if not self._known:
            return
        for trade in trades:
            owner = self._auction.order[trade.order].intent.owner
            for legs, sign in ((trade.gives, -1), (trade.wants, 1)):
                for leg in legs:
                    known = self._known.get((owner, leg.asset))
                    if known is not None:
                        self._known[owner, leg.asset] = known + sign * leg.amount

    def balances(self) -> tuple[Balance, ...]:
        """As they stand now, in the auction's order."""
        return tuple(
            Balance(known.owner, known.asset, self._known[known.owner, known.asset])
            for known in self._auction.balances
        )
