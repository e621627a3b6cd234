"""Two-token weighted pools: R_a^w_a · R_b^w_b = k with a fee on what goes in.

With d how far log(p_a / p_b) is beyond the pool's price and its fee (signed: the trader gets a where d > 0), the
best trade leaves reserves R_a·exp(−w_b d) and R_b·exp(w_a d); what goes in is that change over γ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.router.constant_product import sensible
from solver.router.families import Answer, Bools, Floats, Ints
from solver.router.two_tokens import TwoTokens, paid_out
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class WeightedPairs(TwoTokens):
    """P pools between ``tails`` and ``heads`` (P,) of ``tokens`` tokens; ``reserves`` (P, 2), ``weights`` (P, 2)
    adding up to 1, ``gamma`` (P,), 1 − fee. A pool that makes no sense has reserves 0. Made by `weighted_pairs`.

    ``stands``: (P,) log(p_a / p_b) at which the pool stands; ``fee``: (P,) −log γ.
    """

    tokens: int
    tails: Ints
    heads: Ints
    reserves: Floats
    weights: Floats
    gamma: Floats
    stands: Floats
    fee: Floats

    @property
    def hints(self) -> tuple[Floats, Floats]:
        return self.stands, self.reserves[:, 0] * self.weights[:, 1]

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        beyond = self._beyond(log_prices)
        prices = np.exp(log_prices)
        dear = 1 / self.gamma
        first = self.reserves[:, 0] * prices[self.tails] * np.where(beyond < 0, dear, 1.0)
        second = self.reserves[:, 1] * prices[self.heads] * np.where(beyond > 0, dear, 1.0)
        share_a, share_b = self.weights[:, 0], self.weights[:, 1]
        gets = -first * np.expm1(-share_b * beyond)
        gives = -second * np.expm1(share_a * beyond)
        stiffness = share_b * (first - gets)
        stiffness *= beyond != 0
        net = totals(self.tails, gets, self.tokens)
        net += totals(self.heads, gives, self.tokens)
        return Answer(float(net.sum()), net, stiffness)

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        beyond = self._beyond(log_prices)
        share_a, share_b = self.weights[:, 0], self.weights[:, 1]
        gets = -self.reserves[:, 0] * np.expm1(-share_b * beyond) * np.where(beyond < 0, 1 / self.gamma, 1.0)
        gives = -self.reserves[:, 1] * np.expm1(share_a * beyond) * np.where(beyond > 0, 1 / self.gamma, 1.0)
        return paid_out(np.concatenate([gets, gives]))

    def only(self, keep: Bools) -> WeightedPairs:
        return weighted_pairs(
            self.tokens, self.tails[keep], self.heads[keep], self.reserves[keep], self.weights[keep, 0],
            self.gamma[keep],
        )  # fmt: skip

    def _beyond(self, log_prices: Floats) -> Floats:
        """(P,) how far prices are outside the band in which the pool rests, signed; 0 inside it."""
        apart = log_prices[self.tails] - log_prices[self.heads] - self.stands
        apart -= np.clip(apart, -self.fee, self.fee)
        return apart


def weighted_pairs(
    tokens: int, a: Ints, b: Ints, reserves: Floats, weight: Floats, gamma: Floats
) -> WeightedPairs:
    """Pools of token ``a`` and ``b`` (P,) with ``reserves`` (P, 2), ``weight`` (P,) of token a in (0, 1) and
    ``gamma`` (P,) = 1 − fee in (0, 1]."""
    usable = sensible(tokens, a, b, reserves, gamma) & (weight > 0) & (weight < 1)
    tails, heads = np.where(usable, a, 0).astype(np.int64), np.where(usable, b, 0).astype(np.int64)
    share = np.where(usable, weight, 0.5)
    kept, kept_gamma = np.where(usable[:, None], reserves, 0.0), np.where(usable, gamma, 1.0)
    safe = np.where(usable[:, None], reserves, 1.0)
    stands = np.log(share) - np.log1p(-share) + np.log(safe[:, 1]) - np.log(safe[:, 0])
    weights = np.stack([share, 1 - share], 1)
    return WeightedPairs(tokens, tails, heads, kept, weights, kept_gamma, stands, -np.log(kept_gamma))
