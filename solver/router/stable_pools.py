"""Stableswap pools in units of their invariant D: balances, the curve's slopes there, and which coins may move.

Coins are rows and pools columns, (n, P). See ``solver.router.stable`` for the curve F.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.router.families import Bools, Floats, Ints

#: Steps for the invariant; it converges quadratically from above.
INVARIANT_STEPS: Final = 255


@dataclass(frozen=True, slots=True)
class Pools:
    """``balances`` R: (n, P), 1 where unused; ``flat`` A·n and ``log_gamma`` of 1 − fee: (P,); ``come`` and
    ``leave``: (n, P) which coins may be paid in and taken out.

    At rest: ``logs`` of balances, ``slopes`` log ∂F/∂xᵢ, and ``curved`` Q. ``count_log``: (P,) n·log n.
    """

    balances: Floats
    flat: Floats
    log_gamma: Floats
    used: Bools
    come: Bools
    leave: Bools
    logs: Floats
    slopes: Floats
    curved: Floats
    count_log: Floats

    @classmethod
    def of(
        cls, balances: Floats, flat: Floats, log_gamma: Floats, used: Bools, come: Bools, leave: Bools
    ) -> Pools:
        count = used.sum(0)
        curved = 1.0 / np.where(used, count * balances, 1.0).prod(0)
        slopes = np.log(flat + curved / balances)
        return cls(
            balances, flat, log_gamma, used, come & used, leave & used, np.log(balances), slopes, curved,
            count * np.log(np.maximum(count, 1)),
        )  # fmt: skip

    def directed(self, come: Bools, leave: Bools) -> Pools:
        return replace(self, come=come & self.used, leave=leave & self.used)

    def only(self, keep: Bools | Ints) -> Pools:
        return Pools(
            self.balances[:, keep], self.flat[keep], self.log_gamma[keep], self.used[:, keep],
            self.come[:, keep], self.leave[:, keep], self.logs[:, keep], self.slopes[:, keep], self.curved[keep],
            self.count_log[keep],
        )  # fmt: skip


def invariant(worth: Floats, flat: Floats, used: Bools) -> Floats:
    """(P,) D with A·n·S + D = A·n·D + D·Π(D/(n·x)), by Newton from D = S. ``worth``: (n, P), 0 where unused."""
    count, total = used.sum(0), worth.sum(0)
    shares = np.where(used, count * worth, 1.0)
    d = total.copy()
    for _ in range(INVARIANT_STEPS):
        product = d * np.where(used, d / shares, 1.0).prod(0)
        after = (flat * total + count * product) * d / ((flat - 1.0) * d + (count + 1.0) * product)
        done = np.abs(after - d) <= 4e-16 * d
        d = after
        if done.all():
            break
    return np.asarray(d, np.float64)
