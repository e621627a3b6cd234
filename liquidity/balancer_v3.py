"""Balancer v3's way of pricing a swap: the vault scales and charges, the pool only knows its curve.

Against version 2 the raw amount is scaled (and multiplied by the token's rate) *before* the fee is
taken, exact outputs are scaled up rather than down, and the fee on a computed input is its own
rounded-up quantity. These are pure functions on one swap; recorded auctions hold no such pools, so
no venue state names them. Source: Vault.sol, ScalingHelpers.sol and StableMath.sol of
balancer-v3-monorepo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liquidity.fixed_point import ONE, div_down, div_up, mul_down, mul_up
from liquidity.stable_math import balance_rounded_up_v3, invariant_of
from liquidity.weighted import in_given_out, out_given_in

AMPLIFICATION_PRECISION = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """One token of the swap: ``balance`` live in 18 decimals, ``scaling`` 10^(18−decimals), ``rate`` in 18."""

    balance: int
    scaling: int
    rate: int

    def scaled_down(self, raw: int) -> int:
        return mul_down(raw * self.scaling, self.rate)

    def scaled_up(self, raw: int) -> int:
        return mul_up(raw * self.scaling, self._rate_up)

    def raw_down(self, scaled: int) -> int:
        return div_down(scaled, self.scaling * self._rate_up)

    def raw_up(self, scaled: int) -> int:
        return div_up(scaled, self.scaling * self.rate)

    @property
    def _rate_up(self) -> int:
        """The rate was truncated when it was read: unless whole, one unit more is the safe side."""
        return self.rate if self.rate % ONE == 0 else self.rate + 1


#: From an amount in 18 decimals on one side to the amount on the other.
Curve = Callable[[int], int]


def swap_exact_in(side_in: Side, side_out: Side, fee: int, amount_in: int, curve: Curve) -> int:
    """Raw output for a raw input; ``curve`` prices an input that has paid the fee."""
    scaled = side_in.scaled_down(amount_in)
    return side_out.raw_down(curve(scaled - mul_up(scaled, fee)))


def swap_exact_out(side_in: Side, side_out: Side, fee: int, amount_out: int, curve: Curve) -> int:
    """Raw input for a raw output; ``curve`` gives the input before the fee."""
    net = curve(side_out.scaled_up(amount_out))
    charged = -(-net * fee // (ONE - fee))
    return side_in.raw_up(net + charged)


def weighted_curves(side_in: Side, weight_in: int, side_out: Side, weight_out: int) -> tuple[Curve, Curve]:
    """(exact in, exact out) of a weighted pool; liquidity bootstrapping pools give their weights of the moment."""

    def exact_in(amount: int) -> int:
        return out_given_in(side_in.balance, weight_in, side_out.balance, weight_out, amount)

    def exact_out(amount: int) -> int:
        return in_given_out(side_in.balance, weight_in, side_out.balance, weight_out, amount)

    return exact_in, exact_out


def stable_curves(amplification: int, balances: Sequence[int], i: int, j: int) -> tuple[Curve, Curve]:
    """(exact in, exact out) of a stable pool; ``amplification`` is scaled by 1000."""
    invariant = invariant_of(amplification, AMPLIFICATION_PRECISION, balances)

    def moved(place: int, change: int, wanted: int) -> int:
        after = list(balances)
        after[place] += change
        return balance_rounded_up_v3(amplification, AMPLIFICATION_PRECISION, after, invariant, wanted)

    def exact_in(amount: int) -> int:
        return balances[j] - moved(i, amount, j) - 1

    def exact_out(amount: int) -> int:
        return moved(j, -amount, i) - balances[i] + 1

    return exact_in, exact_out
