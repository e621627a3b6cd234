"""What a stableswap pool can be worth at given prices, in exact integers.

With balances x of equal worth, their sum S and the invariant D held, trades keep

    F(x) = A·n·S + D − A·n·D − Dⁿ⁺¹ / (nⁿ·Πx)  ≥ 0.

Fees stay in the pool, where they make later trades better or worse, so what holds of one trade need not hold of
many. For two assets, with kept the share that a fee on the input leaves, nothing is gained by splitting; a fee on
the output (Curve) leaves more to take in the same direction, but each such trade is one that the fee on the input
allows. With more assets a fee paid in one of them can improve the rate between others: there the fee is left out,
and all that is used is that no trade lowers D.

Let u be prices with value ≤ u ≤ value/kept for every asset. What trades gain is then at most u·b − min u·x over
F(x) ≥ 0, b being the balances now, and for every multiplier m > 0 with w = u − m·A·n > 0 the inequality of
arithmetic and geometric means says

    min u·x  ≥  min over x of u·x − m·F(x)  =  (n+1)·(m·Dⁿ⁺¹/nⁿ · Πw)^(1/(n+1)) + m·D·(A·n − 1).

So any u and m prove a bound, and an error in them counts in its square only. What is paid in has u at its upper
end, what is taken out at its lower end; where the pool's own slopes lie in between, nothing is worth trading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, prod
from typing import Final

from intents.assets import AssetId
from intents.venue_states import StableFlavour, StableState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.stable import StableswapVenue
from settlement.certificate.roots import root_below

#: Fractional bits of prices and balances beyond what is given.
SPARE: Final = 48
#: The search for the multiplier ends at this many bits, or after this many steps.
CLOSE_BITS: Final = 32
STEPS: Final = 100


@dataclass(frozen=True)
class Stableswap:
    """The tradable legs: their ``place``, ``exact`` balances in common units and ``scaling`` into them.

    ``flat`` is A·n; ``invariant`` is D, a few units less than the pool computes it so that F(exact) ≥ 0.
    """

    place: Mapping[AssetId, int]
    exact: tuple[Fraction, ...]
    scaling: tuple[Fraction, ...]
    flat: Fraction
    invariant: int
    kept_in: Fraction
    kept_out: Fraction

    @classmethod
    def of(cls, state: StableState) -> Stableswap | None:
        """``None`` for a pool whose numbers make no curve."""
        try:
            venue = open_venue(state)
            if not isinstance(venue, StableswapVenue):
                return None
            invariant = venue.invariant
        except VenueError:
            return None
        curve = state.flavour is StableFlavour.CURVE
        legs = [k for k, asset in enumerate(state.assets) if curve or asset != state.address.lower()]
        ratio = state.amplification
        a = Fraction(ratio.numerator * venue.precision // ratio.denominator, venue.precision)
        pool = cls(
            place={state.assets[leg]: k for k, leg in enumerate(legs)},
            exact=tuple(state.reserves[leg] * state.scaling[leg] for leg in legs),
            scaling=tuple(state.scaling[leg] for leg in legs),
            flat=a * len(legs),
            invariant=invariant - 2 * len(legs),
            kept_in=Fraction(1) if curve else 1 - state.fee,
            kept_out=1 - state.fee if curve else Fraction(1),
        )
        return pool if pool.invariant > 0 and pool.level() >= 0 else None

    @property
    def kept(self) -> Fraction:
        return self.kept_in * self.kept_out

    def level(self) -> Fraction:
        """F at the balances now."""
        d = self.invariant
        return self.flat * (sum(self.exact, Fraction(-d))) + d - self.curved

    @property
    def curved(self) -> Fraction:
        """Dⁿ⁺¹ / (nⁿ·Πb)."""
        n = len(self.exact)
        above: int = self.invariant ** (n + 1)
        below: int = n**n
        return above / (below * prod(self.exact, start=Fraction(1)))


@dataclass(frozen=True)
class _Band:
    """The pool with prices: u_i lies in ``low[i]`` … ``high[i]``, integers."""

    pool: Stableswap
    low: tuple[int, ...]
    high: tuple[int, ...]


def stable_gain(state: StableState, prices: Mapping[AssetId, int]) -> int:
    """No trades on the pool gain more than this at ``prices``, integers in any unit; the same unit, rounded up.

    All there is in the pool, where its numbers make no curve or an asset is worth nothing.
    """
    everything = sum(prices[asset] * reserve for asset, reserve in zip(state.assets, state.reserves, strict=True))
    pool = Stableswap.of(state)
    if pool is None:
        return everything
    unit = lcm(*(scaling.numerator for scaling in pool.scaling))
    values = [
        prices[asset] * scaling.denominator * (unit // scaling.numerator)
        for asset, scaling in zip(pool.place, pool.scaling, strict=True)
    ]
    if not all(values):
        return everything
    fee = pool.kept if len(values) == 2 else Fraction(1)
    kept, whole = fee.numerator, fee.denominator
    band = _Band(
        pool,
        tuple(value * kept << SPARE for value in values),
        tuple(value * whole << SPARE for value in values),
    )
    unit *= kept
    curved = pool.curved
    slopes = [pool.flat + curved / b for b in pool.exact]
    idle = _idle(band, slopes)
    gain = idle if idle is not None else _best(band, _ends(band, slopes))
    return everything if gain is None else min(everything, max(0, -(-gain // (unit << SPARE))))


def _idle(band: _Band, slopes: Sequence[Fraction]) -> Fraction | None:
    """The bound where the pool's own slopes are within the band: nothing is worth trading."""
    scale = max(low / slope for low, slope in zip(band.low, slopes, strict=True))
    if any(scale * slope > high for high, slope in zip(band.high, slopes, strict=True)):
        return None
    return scale * band.pool.level()


def _ends(band: _Band, slopes: Sequence[Fraction]) -> tuple[int, ...]:
    """u where something is traded: of two assets, the one that is cheap for what the pool pays comes in."""
    cheapest = min(range(len(slopes)), key=lambda i: (band.low[i] / slopes[i], i))
    return tuple(band.high[i] if i == cheapest else band.low[i] for i in range(len(slopes)))


def _best(band: _Band, prices: Sequence[int]) -> Fraction | None:
    """The bound at u = ``prices`` and the multiplier that fits them."""
    pool, flat = band.pool, band.pool.flat
    top = (min(prices) - 1) // flat.numerator  # m = step·flat's denominator keeps w > 0
    step = _multiplier(pool, prices, top)
    if step is None:
        return None
    n, d = len(prices), pool.invariant
    least = (n + 1) * _trade(pool, prices, step) + step * d * (flat.numerator - flat.denominator)
    return sum((price * b for price, b in zip(prices, pool.exact, strict=True)), Fraction(-least))


def _trade(pool: Stableswap, prices: Sequence[int], step: int) -> int:
    """t = (m·Dⁿ⁺¹/nⁿ·Πw)^(1/(n+1)), rounded down: the best balances are x = t/w."""
    n, d, flat = len(prices), pool.invariant, pool.flat
    inside = prod(price - step * flat.numerator for price in prices)
    return root_below(step * flat.denominator * d ** (n + 1) * inside // n**n, n + 1)


def _excess(pool: Stableswap, prices: Sequence[int], step: int) -> int:
    """m·F(x) there, with ``SPARE`` more bits; it rises with the multiplier."""
    flat, d = pool.flat, pool.invariant << SPARE
    t = _trade(pool, prices, step) << SPARE
    total = sum(t // (price - step * flat.numerator) for price in prices)
    return step * flat.numerator * (total - d) + step * flat.denominator * d - t


def _multiplier(pool: Stableswap, prices: Sequence[int], top: int) -> int | None:
    """The step at which F(x) = 0, by its distance to ``top``: a bracket by doubling, then regula falsi.

    Near the top the excess is positive, far from it negative. Where it does not change its sign any step will do.
    """
    low = max(1, top // (2 * int(pool.flat) + 2))
    if low >= top:
        return None
    value = _excess(pool, prices, top - low)
    high, other = low, value
    for _ in range(STEPS):
        low, value = high, other
        high = 2 * low if value > 0 else low // 2
        if not 0 < high < top:
            return top - low
        other = _excess(pool, prices, top - high)
        if (other > 0) != (value > 0):
            break
    if low > high:
        low, value, high, other = high, other, low, value
    return top - _crossing(pool, prices, top, (low, value), (high, other))


def _crossing(
    pool: Stableswap, prices: Sequence[int], top: int, near: tuple[int, int], far: tuple[int, int]
) -> int:
    """The distance between ``near`` (excess above 0) and ``far`` (not above 0) where the excess is 0.

    The Illinois variant of regula falsi: the end that stays counts half each time.
    """
    (low, above), (high, below), last = near, far, 0
    for _ in range(STEPS):
        if high - low <= max(1, low >> CLOSE_BITS) or below == 0:
            break
        middle = min(max(low + (high - low) * above // (above - below), low + 1), high - 1)
        value = _excess(pool, prices, top - middle)
        if value > 0:
            low, above, below = middle, value, -(-below // 2) if last > 0 else below
        else:
            high, below, above = middle, value, -(-above // 2) if last < 0 else above
        last = 1 if value > 0 else -1
    return high if below == 0 else low
