"""Bids that were lawful and worth more than what won, and which pair of assets fairness kept them out for."""

from __future__ import annotations

from typing import Final

from intents.amounts import PRICE_SCALE
from intents.auction import Auction
from node.competition.records import LeftOut
from settlement.fair_filter import Unfair, unfair
from settlement.mechanism import bid_of, ranked
from settlement.settle import Settlement
from settlement.verified import DirectedPair

#: So many bids of one solver and auction are told of.
MAX_LEFT_OUT: Final = 5


def left_out(settlement: Settlement, solver: str, won: int) -> tuple[LeftOut, ...]:
    """The best of the solver's bids that the fairness filter left out though each scores more than it ``won``."""
    auction, stayed = settlement.auction, set(settlement.outcome.fair)
    ids = {bid_of(item).name: item.solution.id for item in settlement.verified}
    reasons = unfair(ranked((bid_of(item) for item in settlement.verified), auction.seed))
    own = [
        why for why in reasons if why.bid.solver == solver and why.bid.name not in stayed and why.bid.score > won
    ]
    return tuple(
        LeftOut(ids[why.bid.name], why.bid.score / PRICE_SCALE, _sentence(auction, why))
        for why in own[:MAX_LEFT_OUT]
    )


def _sentence(auction: Auction, why: Unfair) -> str:
    ours, theirs = why.score / PRICE_SCALE, why.rival.pairs[why.pair] / PRICE_SCALE
    return (
        f"unfair (CIP-67): for {symbols(auction, why.pair)} it scores {ours:.6g}, "
        f"{why.rival.name} for that pair alone {theirs:.6g}"
    )


def symbols(auction: Auction, pair: DirectedPair) -> str:
    """The pair as people call it: give/want."""
    return "/".join(auction.asset[asset].symbol or asset for asset in pair)
