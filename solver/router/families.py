"""The router's vocabulary: families of venues that answer prices, the network they form, goals, and answers.

Routing is solved over prices. At log prices y every venue makes the trade that profits most at p = exp(y); the
best prices are those at which the trades fit the goal. Venues of one shape answer together, as arrays.

Conventions. T tokens are numbered from 0. Flows are net to the trader: what comes out of a venue is positive,
what goes in negative. Everything a venue earns is homogeneous: scaling all prices by s scales its profit by s and
leaves its flows alone. So its curvature in log prices, with rows and columns scaled by p, has zero row sums: a
weighted graph Laplacian, told as one number per edge.

Source of the dual: Diamandis, Resnick, Chitra, Angeris, "An Efficient Algorithm for Optimal Routing Through
Constant Function Market Makers" (2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the venues of one family do at one price vector p, in values at p.

    ``profit``: Σ over venues of p·flow, at least 0. ``net``: (T,) p_j times what all of them net of token j: the
    gradient of the profit by log prices. ``stiffness``: (E,) for each edge (i, j) of the family
    −p_i p_j ∂²profit/∂p_i∂p_j, so that Σ_e stiffness_e (e_i − e_j)(e_i − e_j)ᵀ is the scaled curvature.
    """

    profit: float
    net: Floats
    stiffness: Floats


class Family(Protocol):
    """Venues of one shape. Arrays are fixed when the family is made; methods are pure.

    A family with ``kinked`` set has venues whose flow jumps at a price (an order book's level, a pool of constant
    price). It takes ``width`` (log price units, > 0) as the range over which to spread a jump: the spread venue
    must be no better than the true one at any size, and tend to it with the width. ``width=0`` asks for the true
    profit, and ``net`` and ``stiffness`` then may be any of their limits. Smooth families ignore the width.
    """

    @property
    def tokens(self) -> int:
        """T, of the network the family belongs to."""

    @property
    def venues(self) -> int:
        """P: how many venues; they are numbered 0 … P − 1 within the family."""

    @property
    def kinked(self) -> bool: ...

    @property
    def tails(self) -> Ints:
        """(E,) first token of each edge."""

    @property
    def heads(self) -> Ints:
        """(E,) second token of each edge: for a two-token venue one edge, for n tokens n(n − 1)/2."""

    @property
    def slot_token(self) -> Ints:
        """(S,) tokens of all slots, a slot being one token of one venue: S = 2P for two-token venues."""

    @property
    def slot_venue(self) -> Ints:
        """(S,) the venue each slot belongs to. Slots of one venue keep their order, but need not be adjacent."""

    @property
    def hints(self) -> tuple[Floats, Floats]:
        """(E,) log(price of tail / price of head) at which the venue stands, and (E,) ≥ 0 how firmly, as an amount
        of the tail token (so to speak the venue's depth there); 0 where there is nothing to say. Only the first
        guess of prices depends on it."""

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        """Every venue's best trade at these prices, summed."""

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        """(S,) the trades themselves, slot by slot: each can be executed on the true venue as it is."""

    def only(self, keep: Bools) -> Family:
        """The family of the venues where ``keep`` (P,) is set, in their order."""


@dataclass(frozen=True, slots=True)
class Network:
    """T tokens and the venues between them."""

    tokens: int
    families: tuple[Family, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """Maximise worth·Ψ over net flows Ψ with Ψ ≥ −given.

    ``worth``: (T,) ≥ 0, what a unit of each token counts. ``given``: (T,) what may be put in; negative where an
    amount must come out; +inf where the net is unlimited either way (the token's price is then its worth).
    """

    worth: Floats
    given: Floats


@dataclass(frozen=True, slots=True)
class Routing:
    """Trades and the proof how good they are.

    ``flows``: per family its slots' flows. ``net``: (T,) Ψ, summed over them, and ``value`` = worth·Ψ: what can be
    had. ``bound``: no trades whatever are worth more: the dual's value at ``prices``. ``gap``: (bound − value) /
    |bound|, or over the rounding of what prices move where the bound is less than that. ``resolution``: how large
    a gap may be nothing but such rounding. ``converged``: the goal's limits hold up to rounding and the gap is at
    most what was asked. ``shortfall``: the worst token's Ψ + given where below 0, relative to what passes through
    it; 0 is feasible.
    """

    prices: Floats
    flows: tuple[Floats, ...]
    net: Floats
    value: float
    bound: float
    gap: float
    shortfall: float
    iterations: int
    converged: bool
    resolution: float


def route(tokens: int, token_in: int, token_out: int, amount_in: float) -> Goal:
    """As much of ``token_out`` as ``amount_in`` of ``token_in`` buys."""
    worth, given = np.zeros(tokens), np.zeros(tokens)
    worth[token_out], given[token_in] = 1.0, amount_in
    return Goal(worth, given)


def arbitrage(worth: Floats) -> Goal:
    """The most that trades are worth which net nothing negative."""
    return Goal(worth, np.zeros(len(worth)))
