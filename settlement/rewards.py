"""What solvers are paid: marginal value within caps, and the consistency share.

Sources: CIP-20, CIP-67 and the rewards page of cowprotocol/docs; numbers checked against
cowprotocol/solver-rewards and fhenneke/comb_auctions. All amounts are numeraire base units. What solvers
lose is in ``settlement.penalties``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from intents.errors import WrongValue

if TYPE_CHECKING:
    from settlement.mechanism import Outcome


@dataclass(frozen=True, slots=True)
class RewardCaps:
    """A reward lies in −``low`` … ``high``. The defaults are CIP-20's, in wei."""

    low: int = 10_000_000_000_000_000
    high: int = 12_000_000_000_000_000


DEFAULT_CAPS: Final = RewardCaps()


def clamp(value: int, caps: RewardCaps) -> int:
    """``value`` held within −caps.low … caps.high."""
    return max(-caps.low, min(caps.high, value))


def marginal_rewards(
    outcome: Outcome, caps: RewardCaps | None = DEFAULT_CAPS, missing: Mapping[str, int] | None = None
) -> dict[str, int]:
    """clamp(V − V₋ᵢ − missingᵢ) per winning solver; unclamped where ``caps`` is ``None``.

    ``missing`` is the score of a solver's winners that were not settled: what it promised and did not
    bring counts against it.
    """
    lost = missing or {}
    rewards = {
        solver: outcome.total - reference - lost.get(solver, 0)
        for solver, reference in sorted(outcome.references.items())
    }
    return rewards if caps is None else {solver: clamp(value, caps) for solver, value in rewards.items()}


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
    for solver, value in surplus.items():
        if value < 0:
            raise WrongValue(f"surplus[{solver}]", "a surplus of at least 0", str(value))
    whole = sum(surplus.values(), Fraction(0))
    return {solver: value / whole if whole else Fraction(0) for solver, value in surplus.items()}


def consistency_metrics(
    shares: Sequence[Mapping[str, Fraction]], success_rates: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """success rate · Σ over orders of the order share, per solver; a rate not given is 1."""
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
    parts = {solver: budget * value / whole for solver, value in metrics.items()}
    return {solver: part.numerator // part.denominator for solver, part in parts.items()}
