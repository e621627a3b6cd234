"""The best trades of stableswap pools by Newton's method, one unknown a pool, for many pools at once.

Where it is known which coins come in and which go out, xᵢ = Q/gᵢ with gᵢ = p̃ᵢ/λ − A·n, and Q follows from its own
definition. So t = log g of the cheapest coin that moves is all that is looked for: the root of

    h(t) = log Q + log[(A·n·Σ 1/gᵢ − 1) / (A·n·(1 − Σ resting xᵢ) − 1)],

which is F = 0 in logarithms, where it is nearly straight. Coins change sides once t is nearly there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.families import Bools, Floats
from solver.router.stable_pools import Pools

#: Steps of the search; four are usual. No step is longer than ``STRIDE``.
STEPS: Final = 20
STRIDE: Final = 3.0
#: From steps this short on it is looked which coins move.
LOOK: Final = 1e-2
#: Steps this short are followed to first order and no further: the next would be their square, nothing.
SHORT: Final = 1e-8
#: Balances that would change by no more, relatively, leave their coin on the side it is on.
RESTING: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Found:
    """(n, P): ``balances`` after the trade, which coins came ``into`` the pool and went ``out``, and ``leans``
    log g of these, NaN for others. (P,): ``level`` log λ, ``kappa`` log Q, and ``settled``, whether this was
    found; pools of which it was not, rest."""

    balances: Floats
    into: Bools
    out: Bools
    leans: Floats
    level: Floats
    kappa: Floats
    settled: Bools

    @property
    def moves(self) -> Bools:
        return self.into | self.out


@dataclass(frozen=True, slots=True)
class _At:
    """At some t: 1/g and d log g/dt of coins that move, 0 for others; log Q and its slope; Newton's step."""

    inverse: Floats
    falls: Floats
    kappa: Floats
    kappa_t: Floats
    step: Floats


@dataclass(frozen=True, slots=True)
class _Moving:
    """Pools at ``log_prices`` (n, P) whose coins ``into`` and ``out`` move. ``base``: log p̃ of the cheapest.
    g = ``fixed`` + eᵗ·``ratio`` is 1 for coins that rest. ``share``: one over one more than how many move.
    ``constant``: log Q where all g are 1, in such shares. ``resting``: the divisor in h."""

    pools: Pools
    log_prices: Floats
    into: Bools
    out: Bools
    moves: Bools
    cheapest: Bools
    base: Floats
    ratio: Floats
    fixed: Floats
    share: Floats
    constant: Floats
    resting: Floats

    @classmethod
    def of(cls, pools: Pools, log_prices: Floats, into: Bools, out: Bools) -> _Moving:
        moves = into | out
        asked = np.where(moves, np.where(into, log_prices - pools.log_gamma, log_prices), np.inf)
        base = asked.min(0)
        rise = np.where(moves, np.expm1(asked - base), -1.0)
        rests = pools.used & ~moves
        return cls(
            pools=pools,
            log_prices=log_prices,
            into=into,
            out=out,
            moves=moves,
            cheapest=rise == 0.0,
            base=base,
            ratio=1.0 + rise,
            fixed=np.where(moves, pools.flat * rise, 1.0),
            share=1.0 / (1.0 + moves.sum(0)),
            constant=pools.count_log + (pools.logs * rests).sum(0),
            resting=pools.flat * (1.0 - (pools.balances * rests).sum(0)) - 1.0,
        )

    def start(self, leans: Floats, level: Floats) -> Floats:
        """t where log g of the cheapest coin is known from ``leans``, elsewhere the one that belongs to log λ, or
        where that is none, one near the pool's own."""
        known: Floats = np.fmax.reduce(np.where(self.cheapest, leans, np.nan))
        guess = np.exp(self.base - level) - self.pools.flat
        least = 0.2 * self.pools.curved / np.where(self.cheapest, self.pools.balances, 0.0).max(0)
        return np.where(np.isfinite(known), known, np.log(np.maximum(guess, least)))

    def at(self, t: Floats) -> _At:
        grown = np.exp(t) * self.ratio
        g = self.fixed + grown
        inverse = self.moves / g
        falls = grown * inverse
        kappa = (np.log(g).sum(0) - self.constant) * self.share
        kappa_t = falls.sum(0) * self.share
        held = self.pools.flat * inverse.sum(0) - 1.0
        rises = kappa_t - self.pools.flat * (inverse * falls).sum(0) / held
        return _At(inverse, falls, kappa, kappa_t, -(kappa + np.log(held / self.resting)) / rises)

    def sides(self, t: Floats, at: _At) -> tuple[Bools, Bools]:
        """Which coins would come in and go out at this λ and Q."""
        pools, sigma, q = self.pools, np.exp(t), np.exp(at.kappa)
        apart = self.log_prices - self.base
        pays = sigma + (pools.flat + sigma) * np.expm1(apart - pools.log_gamma)
        gets = sigma + (pools.flat + sigma) * np.expm1(apart)
        enters = q > pays * pools.balances * np.where(self.into, 1.0 - RESTING, 1.0 + RESTING)
        leaves = q < gets * pools.balances * np.where(self.out, 1.0 + RESTING, 1.0 - RESTING)
        into = pools.come & enters
        return into, pools.leave & leaves & ~into

    def level(self, t: Floats) -> Floats:
        return self.base - np.log(self.pools.flat + np.exp(t))

    def leans(self, at: _At) -> Floats:
        return np.asarray(np.where(self.moves, -np.log(at.inverse), np.nan))

    def found(self, t: Floats, at: _At, settled: Bools) -> Found:
        """What the last step leads to, to first order; pools that are not settled rest."""
        balances = np.exp(at.kappa) * at.inverse * (1.0 + (at.kappa_t - at.falls) * at.step)
        moves = self.moves & settled
        return Found(
            balances=np.where(moves, balances, self.pools.balances),
            into=self.into & settled,
            out=self.out & settled,
            leans=np.where(moves, self.leans(at), np.nan),
            level=np.where(settled, self.level(t + at.step), 0.0),
            kappa=np.where(settled, at.kappa + at.kappa_t * at.step, 0.0),
            settled=settled,
        )


def newton(
    pools: Pools, log_prices: Floats, trades: Bools, level: Floats, sides: tuple[Bools, Bools], near: Found | None
) -> Found:
    """The best trades of the pools that have any, ``trades``: from sides and log λ, or from the answer ``near`` by
    of those it has."""
    into, out = sides
    leans = np.full(into.shape, np.nan)
    if near is not None:
        into, out = np.where(near.settled, near.into, into), np.where(near.settled, near.out, out)
        leans = near.leans
    moving = _Moving.of(pools, log_prices, into, out)
    t = moving.start(leans, level)
    looked = False
    for _ in range(STEPS):
        at = moving.at(t)
        far = float(np.fmax.reduce(np.abs(at.step), where=trades, initial=0.0))
        if far < SHORT or (far < LOOK and not looked):
            looked = True
            into, out = moving.sides(t, at)
            changed = trades & ((into != moving.into) | (out != moving.out)).any(0)
            if changed.any():
                into, out = np.where(changed, into, moving.into), np.where(changed, out, moving.out)
                leans, level = moving.leans(at), moving.level(t)
                moving = _Moving.of(pools, log_prices, into, out)
                t = moving.start(leans, level)
                continue
            if far < SHORT:
                return moving.found(t, at, trades & (np.abs(at.step) < SHORT))
        t = t + np.clip(at.step, -STRIDE, STRIDE)
    return moving.found(t, at, np.zeros_like(trades))
