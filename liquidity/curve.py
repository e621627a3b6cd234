"""Curve's stableswap pool.

The fee comes off the output, as a share of 10^10; the pool keeps all of it (what its owner later
takes out of the reserves is not modelled). ``scaling`` are Curve's rates divided by 10^18. There is
no exact-output trade on chain, so the inverse is computed here: the output before the fee, rounded
up, then the input that leaves the balance for it. Source: the Vyper pools of curvefi/curve-contract.
"""

from __future__ import annotations

from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.venue_states import StableState
from liquidity.errors import InsufficientLiquidity
from liquidity.fixed_point import div_down, div_up, mul_down
from liquidity.stable import StableswapVenue
from liquidity.stable_math import balance_rounded_down

FEE_SCALE: Final = 10**10


class CurveVenue(StableswapVenue):
    #: Newer pools state A in hundredths; for whole amplifications older ones give the same result.
    precision = 100
    max_reserve = MAX_AMOUNT

    def __init__(self, state: StableState) -> None:
        super().__init__(state)
        self._fee = state.fee.numerator * FEE_SCALE // state.fee.denominator

    def _paid(self, i: int, j: int, amount_in: int) -> int:
        balance_in = self._balances[self._place[i]] + mul_down(amount_in, self._scaling[i])
        paid = self._balances[self._place[j]] - self._beside(j, i, balance_in) - 1
        kept = paid - paid * self._fee // FEE_SCALE
        return div_down(max(kept, 0), self._scaling[j])

    def _asked(self, i: int, j: int, amount_out: int) -> int:
        kept = -(-amount_out * self._scaling[j] // 10**18)
        paid = -(-kept * FEE_SCALE // (FEE_SCALE - self._fee))
        left = self._balances[self._place[j]] - paid - 1
        if left <= 0:
            most = self._balances[self._place[j]] - 2
            available = most * (FEE_SCALE - self._fee) // FEE_SCALE * 10**18 // self._scaling[j]
            raise InsufficientLiquidity(self._id, amount_out, available)
        asked = self._beside(i, j, left) + 1 - self._balances[self._place[i]]
        return div_up(max(asked, 0), self._scaling[i])

    def _beside(self, wanted: int, changed: int, balance: int) -> int:
        """The balance of ``wanted`` once that of ``changed`` is ``balance``."""
        others = self._balances.copy()
        others[self._place[changed]] = balance
        del others[self._place[wanted]]
        return balance_rounded_down(self._amplification, self.precision, others, self.invariant, self._id)
