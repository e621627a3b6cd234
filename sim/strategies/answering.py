"""How a simulated solver answers: a built-in solver's own code under a work budget, then its strategy.

Time is modelled: a unit of work is a microsecond of a common server, divided by the solver's speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from intents.auction import Auction
from intents.records import replace
from settlement.solution import Interaction, Solution
from sim.scenario.parts import SolverPart, Strategy
from solver.protocol import Deadline
from solver.registry import built_in

#: What reading an auction and answering costs at least, in units: fixed, and per order.
LEAST_WORK: Final = 1_000
WORK_PER_ORDER: Final = 20


class Answering:
    """One solver's mind. Called with an auction it returns solutions and the virtual microseconds they took."""

    def __init__(self, part: SolverPart, rng: Random, window_us: int) -> None:
        self.part = part
        self.rng = rng
        self.window_us = window_us
        self.solver = built_in(part.solver)
        #: Certificates of the last auction answered: reports take bounds from them.
        self.certified: tuple[Solution, ...] = ()

    def __call__(self, auction: Auction) -> tuple[Sequence[Solution], int]:
        part = self.part
        if auction.number < part.from_auction:
            self.certified = ()
            return (), LEAST_WORK
        asked = _fewer(auction, part.share, self.rng) if part.strategy is Strategy.SHADING else auction
        deadline = Deadline.work(part.work_ms * 1000, seed=int.from_bytes(auction.seed[:4], "big"))
        found = tuple({item.id: item for item in self.solver.solve(asked, deadline)}.values())
        assert deadline.meter is not None
        work = LEAST_WORK + WORK_PER_ORDER * len(auction.orders) + deadline.meter.spent
        took_us = int(work / part.speed)
        self.certified = found if asked is auction else ()
        match part.strategy:
            case Strategy.LATE:
                took_us = max(took_us, 2 * self.window_us)
            case Strategy.LYING:
                found = tuple(_overfilled(item, part.share) for item in found)
            case Strategy.FALSE_QUOTE:
                found = tuple(_overquoted(item, part.share) for item in found)
        return found, took_us


def _fewer(auction: Auction, share: float, rng: Random) -> Auction:
    """The auction without a part of its orders."""
    return replace(auction, orders=tuple(order for order in auction.orders if rng.random() >= share))


def _overfilled(solution: Solution, share: float) -> Solution:
    """Every fill larger than it is by ``share``: more than orders have left, or than the solution pays for."""
    fills = tuple(replace(fill, executed=_more(fill.executed, share)) for fill in solution.fills)
    return replace(solution, fills=fills, certificate=None)


def _overquoted(solution: Solution, share: float) -> Solution:
    """Every venue said to give more than it does, and traders promised the difference."""
    if not solution.interactions:
        return _overfilled(solution, share)
    swaps = tuple(_generous(swap, share) for swap in solution.interactions)
    return replace(solution, interactions=swaps, certificate=None)


def _generous(swap: Interaction, share: float) -> Interaction:
    return replace(swap, amount_out=_more(swap.amount_out, share))


def _more(amount: int, share: float) -> int:
    return amount + max(1, int(amount * share))
