"""Two-token constant-product pools: x·y = k with a fee on what goes in.

Each pool is two arcs, one per direction. An arc gives token o out of reserve R_o and takes token i at reserve R_i,
of which γ counts. With α = √(p_o R_o) and β = √(p_i R_i / γ) its best trade is worth (α − β)² where α > β and is
none otherwise: o nets α(α − β), i nets −β(α − β), in values. So a price vector costs one exponential per token
and a handful of multiplications per arc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.router.families import Answer, Bools, Floats, Ints
from solver.router.two_tokens import TwoTokens, paid_out
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class ConstantProduct(TwoTokens):
    """P pools between ``tails`` and ``heads`` (P,) of ``tokens`` tokens; ``reserves`` (P, 2) and ``gamma`` (P,),
    1 − fee. A pool that makes no sense has reserves 0 and never trades. Made by `constant_product`.

    ``ends``: (4P,) tokens given out by the 2P arcs (tail → out first), then tokens taken in. ``roots``: (4P,) √R_o
    and √(R_i / γ) in that order.
    """

    tokens: int
    tails: Ints
    heads: Ints
    reserves: Floats
    gamma: Floats
    ends: Ints
    roots: Floats

    @property
    def hints(self) -> tuple[Floats, Floats]:
        alive = self.reserves[:, 0] > 0
        safe = np.where(alive[:, None], self.reserves, 1.0)
        return np.log(safe[:, 1]) - np.log(safe[:, 0]), np.where(alive, self.reserves[:, 0] / 2, 0.0)

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        pools = self.venues
        worth = np.exp(0.5 * log_prices)[self.ends]
        worth *= self.roots
        out, into = worth[: 2 * pools], worth[2 * pools :]
        gain = out - into
        np.maximum(gain, 0.0, out=gain)
        both = out * into
        both *= gain > 0
        stiffness = both[:pools] + both[pools:]
        stiffness *= 0.5
        out *= gain
        into *= gain
        np.negative(into, out=into)
        net = totals(self.ends, worth, self.tokens)
        return Answer(float(net.sum()), net, stiffness)

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        pools = self.venues
        root = np.exp(0.5 * log_prices)
        worth = root[self.ends] * self.roots
        gain = np.maximum(worth[: 2 * pools] - worth[2 * pools :], 0.0)
        # What goes in is read off the prices, what comes out off the curve: executable to the last digit.
        taken = gain * self.roots[2 * pools :] / root[self.ends[2 * pools :]]
        first, second, gamma = self.reserves[:, 0], self.reserves[:, 1], self.gamma
        counts = np.concatenate([gamma, gamma]) * taken
        sold, bought = np.concatenate([second, first]), np.concatenate([first, second])
        given = counts / np.maximum(sold + counts, np.finfo(float).tiny) * bought
        return paid_out(np.concatenate([given[:pools] - taken[pools:], given[pools:] - taken[:pools]]))

    def only(self, keep: Bools) -> ConstantProduct:
        return constant_product(
            self.tokens, self.tails[keep], self.heads[keep], self.reserves[keep], self.gamma[keep]
        )


def constant_product(tokens: int, a: Ints, b: Ints, reserves: Floats, gamma: Floats) -> ConstantProduct:
    """Pools of token ``a`` and ``b`` (P,) with ``reserves`` (P, 2); ``gamma`` (P,) in (0, 1] is 1 − fee."""
    usable = sensible(tokens, a, b, reserves, gamma)
    tails, heads = np.where(usable, a, 0).astype(np.int64), np.where(usable, b, 0).astype(np.int64)
    kept, fee = np.where(usable[:, None], reserves, 0.0), np.where(usable, gamma, 1.0)
    first, second = np.sqrt(kept[:, 0]), np.sqrt(kept[:, 1])
    dear = 1 / np.sqrt(fee)
    ends = np.concatenate([tails, heads, heads, tails])
    roots = np.concatenate([first, second, second * dear, first * dear])
    return ConstantProduct(tokens, tails, heads, kept, fee, ends, roots)


def sensible(tokens: int, a: Ints, b: Ints, reserves: Floats, gamma: Floats) -> Bools:
    """(P,) which pools have two tokens, liquidity on both sides, and a fee below everything."""
    fine = np.isfinite(reserves).all(axis=1) & (reserves > 0).all(axis=1) & (gamma > 0) & (gamma <= 1)
    fine &= (a != b) & (np.minimum(a, b) >= 0) & (np.maximum(a, b) < tokens)
    return np.asarray(fine, np.bool_)
