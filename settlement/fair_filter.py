"""The fairness filter (CIP-67): no pair may do worse in a batch than the best bid for that pair alone.

A bid for one pair always stays: filtering those too would let a single outstanding bid push reference
scores to zero (fhenneke/comb_auctions, issue 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settlement.mechanism import Bid
from settlement.verified import DirectedPair


@dataclass(frozen=True, slots=True)
class Unfair:
    """A ``bid`` that the filter leaves out, and the ``pair`` it falls shortest of: it scores ``score`` there,
    ``rival`` alone more."""

    bid: Bid
    pair: DirectedPair
    score: int
    rival: Bid


def baselines(bids: Sequence[Bid]) -> dict[DirectedPair, int]:
    """Per directed pair the best score among bids that trade this pair only."""
    best: dict[DirectedPair, int] = {}
    for bid in bids:
        if len(bid.pairs) == 1:
            ((pair, score),) = bid.pairs.items()
            best[pair] = max(score, best.get(pair, 0))
    return best


def fair(bids: Sequence[Bid]) -> list[Bid]:
    """The bids that stay, in the given order: single-pair ones, and those that reach every baseline."""
    best = baselines(bids)
    return [bid for bid in bids if len(bid.pairs) == 1 or reaches(bid, best)]


def unfair(bids: Sequence[Bid]) -> list[Unfair]:
    """The bids that do not stay, in the given order, each with its reason."""
    leading: dict[DirectedPair, Bid] = {}
    for bid in bids:
        if len(bid.pairs) == 1:
            ((pair, score),) = bid.pairs.items()
            if pair not in leading or score > leading[pair].pairs[pair]:
                leading[pair] = bid
    best = baselines(bids)
    found = []
    for bid in bids:
        if len(bid.pairs) > 1 and not reaches(bid, best):
            pair = max(bid.pairs, key=lambda pair: best.get(pair, 0) - bid.pairs[pair])
            found.append(Unfair(bid, pair, bid.pairs[pair], leading[pair]))
    return found


def reaches(bid: Bid, best: Mapping[DirectedPair, int]) -> bool:
    """Whether ``bid`` scores at least the baseline on every pair that has one."""
    return all(score >= best.get(pair, 0) for pair, score in bid.pairs.items())
