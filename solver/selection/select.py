"""Fill-or-kill selection around an equilibrium that could fill everything in part.

Round at the equilibrium's prices (``rebalance``). Where that loses much, or cannot be balanced, orders that
stand in the way are left out, the equilibrium of the others is found again, and what it rounds to is kept if
better. Where markets are small, a program over whole orders and moving prices proposes others (``moving``,
``settling``). Then order by order; and of few orders, all fill-or-kill and without pools, all prices nearby are
searched (``small``). Without any fill-or-kill order nothing need be rounded: there is always an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Bools, Equilibrium, Floats, Ints
from solver.equilibrium.solve import equilibrium
from solver.selection.exact import lawful
from solver.selection.moving import propose
from solver.selection.outcome import Outcome, most_welfare, of, surplus, welfare
from solver.selection.rebalance import rebalance
from solver.selection.sensible import sensible
from solver.selection.settling import settled
from solver.selection.small import applies, searched

#: Equilibria found again at most, of markets of up to so many orders: about a second's work. Larger ones count
#: for more. No clock is looked at, so that a loaded machine gives the same answer later.
TRIES: Final = 75
OF_ORDERS: Final = 20_000
#: A loss of this share of what could be had is small enough.
GOOD: Final = 5e-4
#: So many tries a proposal counts for, and takes about as long as.
PROPOSAL: Final = 20
#: A loss of less than this share is not worth a proposal.
POOR: Final = 1.5e-3
#: How far prices may first move when they hand back: less where more does not end in balance.
HANDING_BACK: Final = (2e-3, 5e-4, 1e-4)
#: Of the tries, one part in so many goes to leaving out halves.
HALVING: Final = 12
#: Orders that cost less than this share of the most costly one are not looked at for that.
SLIGHT: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Selected:
    """An ``outcome`` with every fill-or-kill order whole or not at all, the ``relaxed`` equilibrium, and the
    welfare of the outcome and of the equilibrium at the equilibrium's prices: no outcome has more than the
    latter."""

    outcome: Outcome
    relaxed: Equilibrium
    welfare: float
    bound: float


def select(batch: Batch, start: Equilibrium | None = None, *, tries: int = TRIES, good: float = GOOD) -> Selected:
    """The best lawful outcome found; ``start``: the batch's equilibrium where it is known already. Stops after
    ``tries`` equilibria (fewer where there are more than ``OF_ORDERS`` orders), or when no more than the share
    ``good`` is lost."""
    batch = sensible(batch)
    relaxed = start or equilibrium(batch)
    if not len(batch.values):
        return Selected(of(relaxed), relaxed, 0.0, 0.0)
    return _Selection(batch, relaxed).run(-(-tries // (1 + len(batch.sell) // OF_ORDERS)), good)


class _Selection:
    def __init__(self, batch: Batch, relaxed: Equilibrium) -> None:
        self._batch, self._relaxed = batch, relaxed
        self._best = Outcome(relaxed.prices, np.zeros(len(batch.sell)), np.zeros((len(batch.pools.a), 2)))
        self._welfare = self._worth = 0.0
        #: Times anything lawful was found.
        self._rounds = 0

    def run(self, tries: int, good: float) -> Selected:
        bound = most_welfare(self._batch, self._relaxed.prices)
        out: Bools = np.zeros(len(self._batch.sell), bool)
        known, better = self._try(out)
        spent = 0
        if not better:
            known, out, spent = self._first(known, tries)
        if self._welfare < bound * (1 - max(good, POOR)) and spent + PROPOSAL < tries:
            known, out = self._propose(known, out)
            spent += PROPOSAL
        tested: set[int] = set()
        while spent < tries and self._welfare < bound * (1 - good):
            # Those in part, and those left out, one at a time; what helps stays.
            order = next((int(o) for o in self._suspects(known, out) if int(o) not in tested), None)
            if order is None:
                break
            tested.add(order)
            trial = out.copy()
            trial[order] = not out[order]
            there, better = self._try(trial, hopeless=self._worth)
            spent += 1
            if better:
                known, out, tested = there, trial, {order}
        if spent and self._welfare < bound * (1 - max(good, POOR)):
            self._moved(self._best.prices, _shares(self._batch, self._best))
        if self._welfare < bound * (1 - good) and applies(self._batch):
            self._searched()
        return Selected(self._best, self._relaxed, self._welfare, bound)

    def _propose(self, known: Equilibrium, out: Bools) -> tuple[Equilibrium, Bools]:
        """What a program over whole orders and moving prices proposes: made exact as prices move on, and as the
        equilibrium of the orders it takes."""
        batch, before, prices = self._batch, self._worth, self._relaxed.prices
        proposal = propose(batch, prices, prices)
        if proposal is None:
            return known, out
        self._moved(proposal.prices, proposal.shares)
        without = batch.fill_or_kill.astype(bool) & (proposal.shares < 0.5)
        there, _ = self._try(without)
        return (there, without) if self._worth > before else (known, out)

    def _moved(self, prices: Floats, shares: Floats) -> None:
        """Keeps what the whole orders of ``shares`` come to when prices move, if better."""
        outcome = settled(self._batch, prices, shares, self._relaxed.prices)
        if outcome is not None:
            self._keep(outcome)

    def _searched(self) -> None:
        """Keeps what a search over all prices nearby finds, if better."""
        outcome = searched(self._batch, self._relaxed.prices)
        if outcome is not None and lawful(self._batch, outcome):
            self._keep(outcome)

    def _first(self, known: Equilibrium, tries: int) -> tuple[Equilibrium, Bools, int]:
        """A lawful outcome: fill-or-kill orders in part are left out until there is one, all at a time and, which
        keeps more of thin markets but does not always end, the half that is filled least; else all are out."""
        start, out, spent = known, self._batch.fill_or_kill.astype(bool), 0
        for divisor, most in ((1, tries // 2), (2, tries // HALVING)):
            there, left_out, better, used = self._leave_out_until_lawful(start, divisor, most)
            spent += used
            if better:
                known, out = there, left_out
        if self._welfare <= 0.0:
            known, _ = self._try(out)
        return known, out, spent

    def _leave_out_until_lawful(
        self, known: Equilibrium, divisor: int, tries: int
    ) -> tuple[Equilibrium, Bools, bool, int]:
        out: Bools = np.zeros(len(self._batch.sell), bool)
        for spent in range(tries):
            partial = self._partial(known, out)
            if not len(partial):
                return known, out, False, spent
            filled = known.fills[partial] * self._relaxed.prices[self._batch.sell[partial]]
            out = out.copy()
            out[partial[np.argsort(filled, kind="stable")[: -(-len(partial) // divisor)]]] = True
            before = self._rounds
            known, better = self._try(out)
            if better or self._rounds > before:
                return known, out, better, spent + 1
        return known, out, False, tries

    def _try(self, out: Bools, *, hopeless: float = -np.inf) -> tuple[Equilibrium, bool]:
        """The equilibrium without the orders ``out``, and whether it rounds to more than is known; one that is
        itself worth no more than ``hopeless`` is not rounded."""
        if out.any():
            rest = replace(self._batch, amount=np.where(out, 0.0, self._batch.amount))
            found = equilibrium(rest, self._relaxed.prices)
            if not found.exact:
                found = equilibrium(rest)
        else:
            rest, found = self._batch, self._relaxed
        if self._worth_of(of(found)) <= hopeless:
            return found, False
        outcome = rebalance(rest, found)
        if outcome is None and found.exact and not len(self._partial(found, out)):
            outcome = of(found)
        if outcome is None or not lawful(self._batch, outcome):
            return found, False
        self._rounds += 1
        return found, self._keep(outcome)

    def _keep(self, outcome: Outcome) -> bool:
        """Whether the outcome is better than what was known; then it is what is known."""
        worth = self._worth_of(outcome)
        if worth <= self._worth:
            return False
        self._best, self._worth = outcome, worth
        self._welfare = welfare(self._batch, outcome, self._relaxed.prices)
        return True

    def _worth_of(self, outcome: Outcome) -> float:
        """Welfare, of which what owners gain counts twice: else a little more for pools would make up for much
        less to owners."""
        prices = self._relaxed.prices
        return welfare(self._batch, outcome, prices) + surplus(self._batch, outcome, prices)

    def _partial(self, known: Equilibrium, out: Bools) -> Ints:
        whole = self._batch.fill_or_kill.astype(bool) & ~out
        return np.flatnonzero(whole & (known.fills > 0) & (known.fills < self._batch.amount))

    def _suspects(self, known: Equilibrium, out: Bools) -> Ints:
        """Fill-or-kill orders in part, the large first, by turns with those that cost most welfare as they are, in
        or out; then all others that are out."""
        batch, prices = self._batch, self._relaxed.prices
        value = batch.amount * prices[batch.sell]
        partial = self._partial(known, out)
        partial = partial[np.argsort(-value[partial], kind="stable")]
        gain = value - batch.amount * batch.limit * prices[batch.buy]
        lost = np.where(batch.fill_or_kill, np.maximum(gain, 0.0) - np.where(self._best.fills > 0, gain, 0.0), 0.0)
        lost[partial] = 0.0
        costly = np.flatnonzero(lost > SLIGHT * lost.max(initial=0.0))
        costly = costly[np.argsort(-lost[costly], kind="stable")]
        others = np.setdiff1d(np.flatnonzero(out), np.concatenate([partial, costly]))
        others = others[np.argsort(-value[others], kind="stable")]
        both = min(len(partial), len(costly))
        turns = np.stack([costly[:both], partial[:both]], axis=1).ravel()
        return np.concatenate([turns, costly[both:], partial[both:], others])


def handed_back(batch: Batch, outcome: Outcome) -> Outcome:
    """The same whole orders at prices where owners gain most, at outside values: what curves leave of what pools
    are paid goes to them. The outcome as it was where nothing better is found."""
    if not outcome.fills.any():
        return outcome
    batch = sensible(batch)
    values = np.where(np.isfinite(batch.values) & (batch.values > 0), batch.values, outcome.prices)
    shares = _shares(batch, outcome)
    for trust in HANDING_BACK:
        better = settled(batch, outcome.prices, shares, values, owners=True, trust=trust)
        if better is not None and surplus(batch, better) > surplus(batch, outcome):
            return better
    return outcome


def _shares(batch: Batch, outcome: Outcome) -> Floats:
    """(N,) how much of each order is filled, between none and all."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(outcome.fills / batch.amount)
