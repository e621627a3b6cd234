"""A network made ready once per snapshot: its pattern, its own prices, and how it gives way to a small order.

The prices are those that agree best with where the venues stand, by weighted least squares in logs: weights are
depths valued at these very prices, so they are found again and again. A venue at odds with the rest weighs what it
holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.families import Family, Floats, Ints, Network
from solver.router.laplacian import DENSE, Pattern, Solve
from solver.tally import totals

#: Times the prices are found anew with depths valued at the last ones.
ROUNDS: Final = 2
#: Log prices are kept within this, so that amounts at them stay finite.
REACH: Final = 300.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """``log_prices`` (T,): the network's own, 0 on average in each part of it that hangs together.
    ``part``: (T,) which part a token is in, numbered from 0. ``respond``: values that enter the network, adding up
    to 0 in each part → the change of log prices by which its venues, fees left aside, would take them up."""

    network: Network
    pattern: Pattern
    log_prices: Floats
    part: Ints
    respond: Solve

    @property
    def parts(self) -> int:
        return int(self.part.max(initial=-1)) + 1

    @property
    def kinked(self) -> bool:
        return any(family.kinked for family in self.network.families)


def prepare(network: Network) -> Prepared:
    families = network.families
    pattern = Pattern(
        network.tokens,
        np.concatenate([np.zeros(0, np.int64), *(family.tails for family in families)]),
        np.concatenate([np.zeros(0, np.int64), *(family.heads for family in families)]),
    )
    ratios, depths = hints(families)
    part, grounded = parts(pattern)
    log_prices = np.zeros(network.tokens)
    weights = (depths > 0).astype(np.float64)
    for _ in range(ROUNDS):
        log_prices = agreed(pattern, weights, ratios, grounded)
        weights = depths * np.exp(log_prices[pattern.tails])
        weights /= max(float(weights.max(initial=0.0)), np.finfo(float).tiny)
    log_prices = centred(part, agreed(pattern, weights, ratios, grounded))
    stiffness = depths * np.exp(log_prices[pattern.tails])
    return Prepared(network, pattern, log_prices, part, response(pattern, stiffness, grounded))


def hints(families: tuple[Family, ...]) -> tuple[Floats, Floats]:
    """Where all venues stand, and how deep; venues without a usable answer say nothing."""
    said = [family.hints for family in families]
    ratios = np.concatenate([np.zeros(0), *(ratio for ratio, _ in said)])
    depths = np.concatenate([np.zeros(0), *(depth for _, depth in said)])
    usable = np.isfinite(ratios) & np.isfinite(depths) & (depths > 0)
    return np.where(usable, ratios, 0.0), np.where(usable, depths, 0.0)


def parts(pattern: Pattern) -> tuple[Ints, Floats]:
    """(T,) which connected part each token is in, and (T,) infinity at one token of each part, 0 elsewhere."""
    part = connected(pattern.tokens, pattern.tails, pattern.heads)
    grounded = np.zeros(pattern.tokens)
    grounded[np.unique(part, return_index=True)[1]] = np.inf
    return part, grounded


def connected(tokens: int, tails: Ints, heads: Ints) -> Ints:
    """(T,) which part that edges hold together each token is in, numbered from 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(tails)), (tails, heads)), shape=(tokens, tokens))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def agreed(pattern: Pattern, weights: Floats, ratios: Floats, grounded: Floats) -> Floats:
    """The log prices least at odds with ``ratios`` = log(p_tail / p_head), weighted."""
    t = pattern.tokens
    made = pattern.factor(weights, grounded)
    if made is None:
        return np.zeros(t)
    pull = weights * ratios
    found = made[0](totals(pattern.tails, pull, t) - totals(pattern.heads, pull, t))
    return np.clip(np.nan_to_num(found), -REACH, REACH)


def centred(part: Ints, log_prices: Floats) -> Floats:
    """Log prices that are 0 on average in each part."""
    return log_prices - (totals(part, log_prices, 0) / np.maximum(np.bincount(part), 1))[part]


def response(pattern: Pattern, stiffness: Floats, grounded: Floats) -> Solve:
    made = pattern.factor(stiffness, grounded)
    if made is None:
        return lambda values: np.zeros_like(values)
    if pattern.tokens > DENSE // 4:
        return made[0]
    # Few tokens: the inverse, as an order then costs a column or two.
    inverse = np.stack([made[0](row) for row in np.eye(pattern.tokens)], 1)
    return lambda values: np.asarray(inverse @ values, np.float64)
