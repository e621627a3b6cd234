"""Curve's stableswap pool.

The fee comes off the output, as a share of 10^10; the pool keeps all of it (what its owner later
takes out of the reserves is not modelled). ``scaling`` are Curve's rates divided by 10^18. There is
no exact-output trade on chain, so the inverse is computed here: the output before the fee, rounded
up, then the input that leaves the balance for it. Source: the Vyper pools of curvefi/curve-contract.

Why may a trade be paid less than on chain? The contract truncates the invariant, and without a fee
to cover it a round trip can gain a few units of the eighteenth decimal. Here a trade that would
lower the invariant is paid as much less as keeps it; where a fee is charged nothing changes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.venue_states import StableState
from liquidity.errors import InsufficientLiquidity
from liquidity.fixed_point import ONE, div_down, div_up, mul_down
from liquidity.stable import StableswapVenue
from liquidity.stable_math import balance_rounded_down, invariant_of

FEE_SCALE: Final = 10**10
#: Cuts of 1, 2, 4 … units until a payment keeps the invariant.
MAX_CUTS: Final = 64
#: The computed invariant may be off by this many of its own units, at either of two comparisons.
INVARIANT_ERROR: Final = 100


class CurveVenue(StableswapVenue):
    #: Newer pools state A in hundredths; for whole amplifications older ones give the same result.
    precision = 100
    max_reserve = MAX_AMOUNT

    def __init__(self, state: StableState) -> None:
        super().__init__(state)
        self._fee = state.fee.numerator * FEE_SCALE // state.fee.denominator

    def paid_on_chain(self, i: int, j: int, amount_in: int) -> int:
        """What the contract pays for an input of asset ``i`` in asset ``j``, both by place."""
        balance_in = self._balances[i] + mul_down(amount_in, self._scaling[i])
        paid = self._balances[j] - self._beside(j, i, balance_in) - 1
        kept = paid - paid * self._fee // FEE_SCALE
        return div_down(max(kept, 0), self._scaling[j])

    def _paid(self, i: int, j: int, amount_in: int) -> int:
        paid = self.paid_on_chain(i, j, amount_in)
        for doublings in range(MAX_CUTS):
            if paid <= 0 or self._keeps_invariant(i, j, amount_in, paid):
                return paid
            paid -= 1 << doublings
        return 0

    def _asked(self, i: int, j: int, amount_out: int) -> int:
        kept = -(-amount_out * self._scaling[j] // ONE)
        paid = -(-kept * FEE_SCALE // (FEE_SCALE - self._fee))
        left = self._balances[j] - paid - 1
        if left <= 0:
            most = (self._balances[j] - 2) * (FEE_SCALE - self._fee) // FEE_SCALE
            raise InsufficientLiquidity(self._id, amount_out, div_down(most, self._scaling[j]))
        asked = self._beside(i, j, left) + 1 - self._balances[i]
        return div_up(max(asked, 0), self._scaling[i])

    def _beside(self, wanted: int, changed: int, balance: int) -> int:
        """The balance of ``wanted`` once that of ``changed`` is ``balance``."""
        others = self._balances.copy()
        others[changed] = balance
        del others[wanted]
        return balance_rounded_down(self._amplification, self.precision, others, self.invariant, self._id)

    def _keeps_invariant(self, i: int, j: int, amount_in: int, paid: int) -> bool:
        """Whether the reserves after the trade are worth at least those before.

        Eighteen more digits decide, and only where the contract's own leave it open.
        """
        after = self._balances.copy()
        after[i] += mul_down(amount_in, self._scaling[i])
        after[j] = mul_down(self._reserves[j] - paid, self._scaling[j])
        if after[j] <= 0:
            return False
        coarse = invariant_of(self._amplification, self.precision, after, self._id)
        if coarse - self.invariant > INVARIANT_ERROR:
            return True
        fine = self._fine_balances.copy()
        fine[i] += amount_in * self._scaling[i]
        fine[j] -= paid * self._scaling[j]
        return self._fine_invariant_of(fine) - self._fine_invariant >= INVARIANT_ERROR

    @cached_property
    def _fine_balances(self) -> list[int]:
        """Balances with 36 decimals: nothing truncated."""
        return [reserve * factor for reserve, factor in zip(self._reserves, self._scaling, strict=True)]

    @cached_property
    def _fine_invariant(self) -> int:
        return self._fine_invariant_of(self._fine_balances)

    def _fine_invariant_of(self, balances: list[int]) -> int:
        return invariant_of(self._amplification, self.precision, balances, self._id)
