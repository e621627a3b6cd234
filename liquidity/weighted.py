"""The weighted pool, Π balance^weight = k (Balancer).

Both versions take the fee off the input, rounded up, before the input is scaled to 18 decimals.
They differ in the power only: ``V3PLUS`` multiplies out exponents of 1, 2 and 4, ``V0`` always goes
through the logarithm. One trade may move at most 30% of a reserve. Sources: WeightedMath.sol of
balancer-v2-monorepo; CoW's liquidity-sources for the inverse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from intents.venue_states import WeightedState, WeightedVersion
from liquidity.errors import InvalidVenue, TradeRatioExceeded
from liquidity.fixed_point import (
    ONE,
    complement,
    div_down,
    div_up,
    mul_down,
    mul_up,
    power_up,
    power_up_exact,
    to_fixed,
)
from liquidity.reserves import ReserveVenue
from liquidity.scaling import fixed_scaling

#: The greatest share of a reserve that may come in or go out in one trade, 30%.
MAX_TRADE_RATIO: Final = 3 * 10**17

Power = Callable[[int, int, str], int]


def out_given_in(
    balance_in: int,
    weight_in: int,
    balance_out: int,
    weight_out: int,
    amount_in: int,
    power: Power = power_up_exact,
    where: str = "",
) -> int:
    """What an input (fee already off) is paid; everything in 18 decimals, rounded down.

    Raises ``TradeRatioExceeded`` and ``MathOutOfRange``.
    """
    limit = mul_down(balance_in, MAX_TRADE_RATIO)
    if amount_in > limit:
        raise TradeRatioExceeded(where, amount_in, limit)
    base = div_up(balance_in, balance_in + amount_in)
    exponent = div_down(weight_in, weight_out)
    return mul_down(balance_out, complement(power(base, exponent, where)))


def in_given_out(
    balance_in: int,
    weight_in: int,
    balance_out: int,
    weight_out: int,
    amount_out: int,
    power: Power = power_up_exact,
    where: str = "",
) -> int:
    """What an output costs before the fee; everything in 18 decimals, rounded up.

    Raises ``TradeRatioExceeded`` and ``MathOutOfRange``.
    """
    limit = mul_down(balance_out, MAX_TRADE_RATIO)
    if amount_out > limit:
        raise TradeRatioExceeded(where, amount_out, limit)
    base = div_up(balance_out, balance_out - amount_out)
    exponent = div_up(weight_out, weight_in)
    return mul_up(balance_in, power(base, exponent, where) - ONE)


class WeightedVenue(ReserveVenue[WeightedState]):
    def __init__(self, state: WeightedState) -> None:
        super().__init__(state)
        self._scaling = fixed_scaling(state)
        if len(state.weights) != len(state.assets):
            raise InvalidVenue(state.id, f"{len(state.weights)} weights for {len(state.assets)} assets")
        self._weights = tuple(map(to_fixed, state.weights))
        if not all(0 < weight <= ONE for weight in self._weights):
            raise InvalidVenue(state.id, "a weight is not above 0 and at most 1")
        self._balances = tuple(map(mul_down, state.reserves, self._scaling))
        if not all(self._balances):
            raise InvalidVenue(state.id, "a reserve is too small for its scaling")
        self._fee = to_fixed(state.fee)
        self._power = power_up if state.version is WeightedVersion.V0 else power_up_exact

    def _paid(self, i: int, j: int, amount_in: int) -> int:
        net = amount_in - mul_up(amount_in, self._fee)
        paid = out_given_in(
            self._balances[i],
            self._weights[i],
            self._balances[j],
            self._weights[j],
            mul_down(net, self._scaling[i]),
            self._power,
            self._id,
        )
        return div_down(paid, self._scaling[j])

    def _asked(self, i: int, j: int, amount_out: int) -> int:
        asked = in_given_out(
            self._balances[i],
            self._weights[i],
            self._balances[j],
            self._weights[j],
            mul_down(amount_out, self._scaling[j]),
            self._power,
            self._id,
        )
        return div_up(div_up(asked, self._scaling[i]), ONE - self._fee)

    def _marginal(self, i: int, j: int) -> float:
        balances = self._balances[j] * self._weights[i] / (self._balances[i] * self._weights[j])
        return balances * (self._scaling[i] / self._scaling[j]) * (1 - self._fee / ONE)
