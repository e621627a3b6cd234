"""The Balancer stable pool, composable ones included.

A composable pool holds its own share token; that leg is left out of the invariant and cannot be
traded here. The fee comes off the input, rounded up, before scaling, and results are one unit worse
than computed, for the pool. The invariant depends on the state alone, so it is computed once.
Balancer registers tokens in address order, which the truncation depends on. Sources: StableMath.sol
of balancer-v2-monorepo; CoW's liquidity-sources for the inverse.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Final

from intents.assets import AssetId
from intents.venue_states import StableState
from liquidity.errors import InvalidVenue
from liquidity.fixed_point import ONE, div_down, div_up, mul_down, mul_up, to_fixed
from liquidity.reserves import ReserveVenue
from liquidity.scaling import fixed_scaling
from liquidity.stable_math import balance_rounded_up, invariant_of, marginal_rate

#: Curve's own greatest amplification; Balancer stays below.
MAX_AMPLIFICATION: Final = 10**6


class StableswapVenue(ReserveVenue[StableState]):
    """What Balancer's and Curve's pools share: scaled balances and their invariant.

    ``_balances`` holds the tradable legs only; ``_place`` leads there from a place in ``assets``.
    """

    precision: ClassVar[int]

    def __init__(self, state: StableState) -> None:
        super().__init__(state)
        scaling = fixed_scaling(state)
        self._scaling = scaling
        legs = self._legs()
        self._place = {leg: place for place, leg in enumerate(legs)}
        self._balances = [mul_down(state.reserves[leg], scaling[leg]) for leg in legs]
        if not all(self._balances):
            raise InvalidVenue(state.id, "a reserve is too small for its scaling")
        a = state.amplification
        self._amplification = a.numerator * self.precision // a.denominator
        if not self.precision <= self._amplification * len(legs) <= MAX_AMPLIFICATION * self.precision * len(legs):
            raise InvalidVenue(state.id, f"amplification {a} is not within 1/{len(legs)} .. {MAX_AMPLIFICATION}")

    @cached_property
    def invariant(self) -> int:
        """D in units of 18 decimals. Raises ``NotConverged`` and ``MathOutOfRange``."""
        return invariant_of(self._amplification, self.precision, self._balances, self._id)

    def _legs(self) -> list[int]:
        return list(self._index.values())

    def _marginal(self, i: int, j: int) -> float:
        rate = marginal_rate(
            self._amplification / self.precision,
            self._balances,
            self.invariant,
            self._place[i],
            self._place[j],
        )
        return rate * (self._scaling[i] / self._scaling[j]) * float(1 - self._state.fee)


class StableVenue(StableswapVenue):
    precision = 1000

    def __init__(self, state: StableState) -> None:
        super().__init__(state)
        self._fee = to_fixed(state.fee)

    def _tradable(self, state: StableState) -> dict[AssetId, int]:
        share = state.address.lower()
        return {asset: leg for leg, asset in enumerate(state.assets) if asset != share}

    def _legs(self) -> list[int]:
        return [self._index[asset] for asset in sorted(self._index)]

    def _paid(self, i: int, j: int, amount_in: int) -> int:
        place = self._place[j]
        net = amount_in - mul_up(amount_in, self._fee)
        balances = self._balances.copy()
        balances[self._place[i]] += mul_down(net, self._scaling[i])
        paid = balances[place] - self._balance(balances, place) - 1
        return div_down(max(paid, 0), self._scaling[j])

    def _asked(self, i: int, j: int, amount_out: int) -> int:
        place = self._place[i]
        balances = self._balances.copy()
        balances[self._place[j]] -= mul_down(amount_out, self._scaling[j])
        asked = self._balance(balances, place) - balances[place] + 1
        return div_up(div_up(max(asked, 0), self._scaling[i]), ONE - self._fee)

    def _balance(self, balances: list[int], place: int) -> int:
        return balance_rounded_up(self._amplification, self.precision, balances, self.invariant, place, self._id)
