"""Settling an auction: verified bids → winners → each applied on what earlier winners left.

Why look at winners again? Two bids that pass alone may not pass together: they may draw on one owner's
balance, which no mechanism sees. The one that comes later is then taken out by name, winners are picked
anew without it, and nothing of it takes effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from intents.auction import Auction
from intents.intent import IntentId
from intents.records import replace
from intents.venue_states import VenueId, VenueState
from settlement.conservation import BalanceBook
from settlement.errors import LawError
from settlement.mechanism import Mechanism, Outcome, bid_name, bid_of
from settlement.rewards import DEFAULT_CAPS, RewardCaps
from settlement.solution import Solution
from settlement.verified import Verified
from settlement.verify import Verifier

#: So often are winners picked anew; a failing winner after that is left out without replacement.
MAX_REPLACEMENTS: Final = 32


@dataclass(frozen=True)
class Refused:
    """A solution that takes no part, and the rule it breaks."""

    solution: Solution
    error: LawError


@dataclass(frozen=True)
class Settlement:
    """What became of an auction.

    ``verified`` are all bids that passed alone; ``outcome`` is over those without ``failed``: winners
    that could not be applied after earlier ones. ``settled`` are the winners as applied, in order.
    ``rewards`` are per winning solver.
    """

    auction: Auction
    verified: tuple[Verified, ...]
    refused: tuple[Refused, ...]
    outcome: Outcome
    settled: tuple[Verified, ...]
    failed: tuple[Refused, ...]
    rewards: dict[str, int]

    @property
    def score(self) -> int:
        """The net score of what was settled."""
        return sum(item.score.net for item in self.settled)


def settle(
    auction: Auction,
    solutions: Iterable[Solution],
    mechanism: Mechanism,
    caps: RewardCaps = DEFAULT_CAPS,
    verifier: Verifier | None = None,
) -> Settlement:
    """Verify every solution, pick winners and apply them. Refused solutions are reported, never raised."""
    passed, refused = judge(verifier or Verifier(auction), latest(solutions))
    by_name = {bid_name(item.solution): item for item in passed}
    bids = {name: bid_of(item) for name, item in by_name.items()}
    failed: list[Refused] = []
    for attempt in range(MAX_REPLACEMENTS + 1):
        outcome = mechanism.run(tuple(bids.values()), auction.seed)
        settled, failing = apply(auction, [by_name[name] for name in outcome.winners])
        if not failing or attempt == MAX_REPLACEMENTS:
            break
        failed.append(failing[0])
        del bids[bid_name(failing[0].solution)]
    missing: dict[str, int] = {}
    for item in failing:
        solver = item.solution.solver
        missing[solver] = missing.get(solver, 0) + bids[bid_name(item.solution)].score
    rewards = mechanism.rewards(outcome, caps, missing)
    return Settlement(auction, passed, refused, outcome, settled, (*failed, *failing), rewards)


def latest(solutions: Iterable[Solution]) -> tuple[Solution, ...]:
    """A later solution replaces its solver's earlier one of the same id."""
    return tuple({(solution.solver, solution.id): solution for solution in solutions}.values())


def judge(verifier: Verifier, solutions: Iterable[Solution]) -> tuple[tuple[Verified, ...], tuple[Refused, ...]]:
    """Every solution verified alone on the auction's snapshot."""
    passed: list[Verified] = []
    refused: list[Refused] = []
    for solution in solutions:
        try:
            passed.append(verifier.verify(solution))
        except LawError as error:
            # Kept for long: without the frames it came through, which would be kept with it.
            refused.append(Refused(solution, error.with_traceback(None)))
    return tuple(passed), tuple(refused)


def apply(auction: Auction, winners: Sequence[Verified]) -> tuple[tuple[Verified, ...], tuple[Refused, ...]]:
    """The winners in order, each valid on the snapshot that the earlier ones left; and those that are not."""
    settled: list[Verified] = []
    failed: list[Refused] = []
    ground = Ground(auction)
    for place, winner in enumerate(winners):
        try:
            again = ground.verified(winner)
        except LawError as error:
            failed.append(Refused(winner.solution, error.with_traceback(None)))
            continue
        settled.append(again)
        if place < len(winners) - 1:
            ground.take(again)
    return tuple(settled), tuple(failed)


class Ground:
    """An auction's snapshot as winners leave it: less remaining, venues moved, listed balances as they now are."""

    def __init__(self, auction: Auction) -> None:
        self._auction = auction
        self._filled: dict[IntentId, int] = {}
        self._venues: dict[VenueId, VenueState] = {}
        self._balances = BalanceBook(auction)

    def verified(self, winner: Verified) -> Verified:
        """What ``winner``, verified on the first snapshot, comes to on this one. Raises a ``LawError``.

        The law reads of a snapshot only what a solution touches. So one on orders and venues that nobody has
        touched keeps its verdict but for its owners' balances, and only another is verified again.
        """
        orders = (trade.order for trade in winner.trades)
        if self._filled.keys().isdisjoint(orders) and self._venues.keys().isdisjoint(winner.venues_used):
            if self._filled:
                self._balances.check(winner.trades)
            return winner
        return Verifier(self.snapshot()).verify(winner.solution)

    def take(self, settled: Verified) -> None:
        for trade in settled.trades:
            self._filled[trade.order] = self._filled.get(trade.order, 0) + trade.filled
        self._venues.update(settled.venues_after)
        self._balances.take(settled.trades)

    def snapshot(self) -> Auction:
        auction, filled = self._auction, self._filled
        return replace(
            auction,
            orders=tuple(
                replace(order, remaining=order.remaining - filled[order.id]) if order.id in filled else order
                for order in auction.orders
            ),
            venues=tuple(self._venues.get(venue.id, venue) for venue in auction.venues),
            balances=self._balances.balances(),
        )
