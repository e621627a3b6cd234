"""Concentrated liquidity, answered at log prices through one table of ranges for all pools.

Between two ticks liquidity L is constant and the pool holds L/s of token 0 and L·s of token 1 at square-root price
s. At prices p the best trade moves s to where the rate, fee included, meets p₀/p₁:

    s = median(s₀, √(p₀/p₁·γ), √(p₀/p₁/γ)),

and stops at the last known tick. What moved up to each tick is summed beforehand from s₀ on, so that one binary
search over all pools answers; where liquidity is zero nothing moves. The flow is continuous in prices: no kinks.
Source: the Uniswap v3 whitepaper, section 6.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.families import Answer, Bools, Floats, Ints
from solver.tally import totals

#: Apart by this much in the common search table: log √price of any pool lies well within ±64.
STRIDE: Final = 256.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """One pool: ``edges`` (k + 1,) ascending log √price, among them that of the pool as number ``here``;
    ``liquidity`` (k,) between them, ≥ 0."""

    token0: int
    token1: int
    edges: Floats
    liquidity: Floats
    here: int
    gamma: float


@dataclass(frozen=True, slots=True)
class Ticks:
    """P pools; the table holds every pool's edges one after the other, ``base[i]`` being where pool i's begin.

    ``moved0``, ``moved1``: what the pool holds of each token at an edge, less what it holds now. ``liquidity`` is
    that of the range above the edge.
    """

    tokens: int
    pools: tuple[Ranges, ...]
    tails: Ints
    heads: Ints
    slot_token: Ints
    slot_venue: Ints
    hints: tuple[Floats, Floats]
    _keys: Floats
    _logs: Floats
    _liquidity: Floats
    _moved0: Floats
    _moved1: Floats
    _offset: Floats
    _lowest: Floats
    _highest: Floats
    _first: Ints
    _last: Ints
    _now: Floats
    _log_gamma: Floats

    kinked = False

    @classmethod
    def of(cls, tokens: int, pools: Sequence[Ranges]) -> Ticks:
        sizes = np.array([len(pool.edges) for pool in pools], np.int64)
        ends = np.cumsum(sizes)
        first = ends - sizes
        logs = _joined([pool.edges for pool in pools])
        offset = STRIDE * np.arange(len(pools), dtype=np.float64)
        moved = [_moved(pool) for pool in pools]
        now = np.array([pool.edges[pool.here] for pool in pools])
        tails = np.array([pool.token0 for pool in pools], np.int64)
        heads = np.array([pool.token1 for pool in pools], np.int64)
        depth = np.array([_depth(pool) for pool in pools])
        return cls(
            tokens=tokens,
            pools=tuple(pools),
            tails=tails,
            heads=heads,
            slot_token=np.stack([tails, heads], 1).ravel(),
            slot_venue=np.repeat(np.arange(len(pools)), 2),
            hints=(2.0 * now, depth),
            _keys=logs + np.repeat(offset, sizes),
            _logs=logs,
            _liquidity=_joined([np.append(pool.liquidity, 0.0) for pool in pools]),
            _moved0=_joined([m[0] for m in moved]),
            _moved1=_joined([m[1] for m in moved]),
            _offset=offset,
            _lowest=np.array([pool.edges[0] for pool in pools]),
            _highest=np.array([pool.edges[-1] for pool in pools]),
            _first=first,
            _last=ends - 2,
            _now=now,
            _log_gamma=np.log(np.array([pool.gamma for pool in pools])),
        )

    @property
    def venues(self) -> int:
        return len(self.pools)

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        price0, price1 = np.exp(log_prices[self.tails]), np.exp(log_prices[self.heads])
        net0, net1, slope0 = self._trade(log_prices)
        values0, values1 = price0 * net0, price1 * net1
        net = totals(self.tails, values0, self.tokens)
        net += totals(self.heads, values1, self.tokens)
        return Answer(float(values0.sum() + values1.sum()), net, price0 * slope0)

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        net0, net1, _ = self._trade(log_prices)
        return np.stack([net0, net1], 1).ravel()

    def only(self, keep: Bools) -> Ticks:
        return self.of(self.tokens, [pool for pool, kept in zip(self.pools, keep, strict=True) if kept])

    def _trade(self, log_prices: Floats) -> tuple[Floats, Floats, Floats]:
        """(P,) net of token 0, of token 1, and d net₀ / d log(p₀/p₁)."""
        ratio = log_prices[self.tails] - log_prices[self.heads]
        low, high = (ratio + self._log_gamma) / 2.0, (ratio - self._log_gamma) / 2.0
        aim = np.maximum(np.minimum(self._now, high), low)
        end = np.maximum(np.minimum(aim, self._highest), self._lowest)
        edge = np.searchsorted(self._keys, end + self._offset, side="right") - 1
        edge = np.maximum(np.minimum(edge, self._last), self._first)
        liquidity = self._liquidity[edge]
        step = end - self._logs[edge]
        at = np.exp(self._logs[edge])
        # L·(1/s − 1/s_edge) and L·(s − s_edge), by expm1 since steps are small.
        change0 = self._moved0[edge] + liquidity * np.expm1(-step) / at
        change1 = self._moved1[edge] + liquidity * np.expm1(step) * at
        into0, into1 = aim < self._now, aim > self._now
        gamma = np.exp(self._log_gamma)
        net0 = np.where(into0, -change0 / gamma, np.where(into1, -change0, 0.0))
        net1 = np.where(into1, -change1 / gamma, np.where(into0, -change1, 0.0))
        moves = (into0 | into1) & (aim == end)
        held = liquidity * np.exp(-end) / 2.0
        return net0, net1, np.where(moves, np.where(into0, held / gamma, held), 0.0)


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *parts])


def _moved(pool: Ranges) -> tuple[Floats, Floats]:
    """Per edge, the pool's holdings of both tokens less those now, summed outwards from the price now."""
    steps = np.diff(pool.edges)
    parts0 = pool.liquidity * np.expm1(-steps) * np.exp(-pool.edges[:-1])
    parts1 = pool.liquidity * np.expm1(steps) * np.exp(pool.edges[:-1])
    return _outwards(parts0, pool.here), _outwards(parts1, pool.here)


def _outwards(parts: Floats, here: int) -> Floats:
    above = np.cumsum(parts[here:])
    below = -np.cumsum(parts[:here][::-1])[::-1]
    return np.concatenate([below, [0.0], above])


def _depth(pool: Ranges) -> float:
    """Token 0 per unit of log price, where the pool stands or, in a gap, at the next liquidity on either side."""
    near = [k for k in (pool.here - 1, pool.here) if 0 <= k < len(pool.liquidity)]
    most = max((float(pool.liquidity[k]) for k in near), default=0.0)
    return most * float(np.exp(-pool.edges[pool.here])) / 2.0
