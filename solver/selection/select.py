"""Fill-or-kill selection around an equilibrium that could fill everything in part.

Round at the equilibrium's prices (``rebalance``). Where that loses much, or cannot be balanced, orders that
stand in the way are left out, the equilibrium of the others is found again, and what it rounds to is kept if
better. Without any fill-or-kill order nothing need be rounded: there is always an outcome.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Bools, Equilibrium, Ints
from solver.equilibrium.solve import equilibrium
from solver.selection.exact import lawful
from solver.selection.outcome import Outcome, most_welfare, of, welfare
from solver.selection.rebalance import rebalance

#: Equilibria found again at most; the budget that makes a run repeatable.
TRIES: Final = 200
#: A loss of this share of what could be had is small enough.
GOOD: Final = 5e-4


@dataclass(frozen=True, slots=True)
class Selected:
    """An ``outcome`` with every fill-or-kill order whole or not at all, the ``relaxed`` equilibrium, and the
    welfare of the outcome and of the equilibrium at the equilibrium's prices: no outcome has more than the
    latter."""

    outcome: Outcome
    relaxed: Equilibrium
    welfare: float
    bound: float


def select(
    batch: Batch, start: Equilibrium | None = None, *, seconds: float = 1.0, tries: int = TRIES, good: float = GOOD
) -> Selected:
    """The best lawful outcome found; ``start``: the batch's equilibrium where it is known already. Stops after
    ``tries`` equilibria, when no more than the share ``good`` is lost, or (a guard) after ``seconds``."""
    return _Selection(batch, start or equilibrium(batch), time.monotonic() + seconds).run(tries, good)


class _Selection:
    def __init__(self, batch: Batch, relaxed: Equilibrium, deadline: float) -> None:
        self._batch, self._relaxed, self._deadline = batch, relaxed, deadline
        self._best = Outcome(relaxed.prices, np.zeros(len(batch.sell)), np.zeros((len(batch.pools.a), 2)))
        self._welfare = 0.0

    def run(self, tries: int, good: float) -> Selected:
        bound = most_welfare(self._batch, self._relaxed.prices)
        out: Bools = np.zeros(len(self._batch.sell), bool)
        known, better = self._try(out)
        spent = 0
        if not better:
            known, out, spent = self._leave_out_until_lawful(known, out, tries)
        tested: set[int] = set()
        while spent < tries and self._welfare < bound * (1 - good) and time.monotonic() < self._deadline:
            # Those in part, and those left out, one at a time; what helps stays.
            order = next((int(o) for o in self._suspects(known, out) if int(o) not in tested), None)
            if order is None:
                break
            tested.add(order)
            trial = out.copy()
            trial[order] = not out[order]
            there, better = self._try(trial)
            spent += 1
            if better:
                known, out, tested = there, trial, {order}
        return Selected(self._best, self._relaxed, self._welfare, bound)

    def _leave_out_until_lawful(
        self, known: Equilibrium, out: Bools, tries: int
    ) -> tuple[Equilibrium, Bools, int]:
        """Leaves out every fill-or-kill order in part, again and again; all of them in the end."""
        for spent in range(tries // 2):
            partial = self._partial(known, out)
            if not len(partial) or time.monotonic() > self._deadline:
                break
            out = out.copy()
            out[partial] = True
            known, better = self._try(out)
            if better:
                return known, out, spent + 1
        out = self._batch.fill_or_kill.astype(bool)
        known, _ = self._try(out)
        return known, out, tries // 2

    def _try(self, out: Bools) -> tuple[Equilibrium, bool]:
        """The equilibrium without the orders ``out``, and whether it rounds to more than is known."""
        if out.any():
            rest = replace(self._batch, amount=np.where(out, 0.0, self._batch.amount))
            found = equilibrium(rest, self._relaxed.prices)
            if not found.exact:
                found = equilibrium(rest)
        else:
            rest, found = self._batch, self._relaxed
        outcome = rebalance(rest, found)
        if outcome is None and found.exact and not len(self._partial(found, out)):
            outcome = of(found)
        if outcome is None or not lawful(self._batch, outcome):
            return found, False
        gained = welfare(self._batch, outcome, self._relaxed.prices)
        if gained <= self._welfare:
            return found, False
        self._best, self._welfare = outcome, gained
        return found, True

    def _partial(self, known: Equilibrium, out: Bools) -> Ints:
        whole = self._batch.fill_or_kill.astype(bool) & ~out
        return np.flatnonzero(whole & (known.fills > 0) & (known.fills < self._batch.amount))

    def _suspects(self, known: Equilibrium, out: Bools) -> Ints:
        """Fill-or-kill orders in part, then those denied at their price though in the equilibrium, then those out;
        large first."""
        value = self._batch.amount * self._relaxed.prices[self._batch.sell]
        denied = np.flatnonzero(
            self._batch.fill_or_kill & (known.fills >= self._batch.amount) & (self._best.fills == 0) & ~out
        )
        groups = (self._partial(known, out), denied, np.flatnonzero(out))
        return np.concatenate([group[np.argsort(-value[group], kind="stable")] for group in groups])
