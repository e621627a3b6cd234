"""What solvers are paid: marginal value within caps, penalties, and the consistency share.

Sources: CIP-20, CIP-67 and the rewards page of cowprotocol/docs; numbers checked against
cowprotocol/solver-rewards and fhenneke/comb_auctions. All amounts are numeraire base units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.errors import WrongValue
from settlement.mechanism import Outcome


@dataclass(frozen=True, slots=True)
class RewardCaps:
    """A reward lies in −``low`` … ``high``."""

    low: int = 10_000_000_000_000_000
    high: int = 12_000_000_000_000_000


DEFAULT_CAPS: Final = RewardCaps()


def clamp(value: int, caps: RewardCaps) -> int:
    return max(-caps.low, min(caps.high, value))


def marginal_rewards(outcome: Outcome, caps: RewardCaps = DEFAULT_CAPS) -> dict[str, int]:
    """clamp(V − V₋ᵢ) per winning solver."""
    return {
        solver: clamp(outcome.total - reference, caps) for solver, reference in sorted(outcome.references.items())
    }


def performance_reward(observed: int, reference: int, caps: RewardCaps = DEFAULT_CAPS) -> int:
    """clamp(observed − reference); ``observed`` is 0 when the winner did not settle in time."""
    return clamp(observed - reference, caps)


def observed_score(winning_score: int, settled_at: int | None, deadline: int) -> int:
    """The winning score if it was settled by block ``deadline``, else 0."""
    return winning_score if settled_at is not None and settled_at <= deadline else 0


def capped_reward(total: int, reference: int, missing: int, protocol_fee: int, beta: Fraction, low: int) -> int:
    """max(−c_l, min(β·fee, total − reference − missing)); β·fee rounds down (against the solver)."""
    cap = protocol_fee * beta.numerator // beta.denominator
    return max(-low, min(cap, total - reference - missing))


def order_shares(surplus: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Each solver's share of the surplus all solvers proposed for one order; all zero when none did."""
    whole = sum(surplus.values(), Fraction(0))
    if whole < 0 or any(value < 0 for value in surplus.values()):
        raise WrongValue("surplus", "non-negative per solver", str(min(surplus.values())))
    return {solver: value / whole if whole else Fraction(0) for solver, value in surplus.items()}


def consistency_metrics(
    shares: Sequence[Mapping[str, Fraction]], success_rates: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """success rate · Σ over orders of the order share, per solver."""
    sums: dict[str, Fraction] = dict.fromkeys(success_rates, Fraction(0))
    for order in shares:
        for solver, share in order.items():
            sums[solver] = sums.get(solver, Fraction(0)) + share
    return {solver: success_rates.get(solver, Fraction(1)) * value for solver, value in sums.items()}


def consistency_rewards(metrics: Mapping[str, Fraction], budget: int) -> dict[str, int]:
    """The budget split by metric, each part rounded down; what rounding leaves stays in the budget."""
    whole = sum(metrics.values(), Fraction(0))
    if whole <= 0:
        return dict.fromkeys(metrics, 0)
    return {solver: int(budget * value / whole) for solver, value in metrics.items()}
