"""Settling an auction: verified bids → winners → each applied on what earlier winners left.

Why look at winners again? Two bids that pass alone may not pass together: they may draw on one owner's
balance, which no mechanism sees. The one that comes later is then taken out by name, winners are picked
anew without it, and nothing of it takes effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.assets import AssetId
from intents.auction import Auction
from intents.intent import Owner
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
            refused.append(Refused(solution, error))
    return tuple(passed), tuple(refused)


def apply(auction: Auction, winners: Sequence[Verified]) -> tuple[tuple[Verified, ...], tuple[Refused, ...]]:
    """The winners in order, each valid on the snapshot that the earlier ones left; and those that are not.

    The law reads of the snapshot only what a solution touches. So a winner that touches nothing an
    earlier one changed keeps its verdict, and only the others are verified again.
    """
    settled: list[Verified] = []
    failed: list[Refused] = []
    changed: set[object] = set()
    current = auction
    for place, winner in enumerate(winners):
        again = winner
        if changed and not changed.isdisjoint(touched(auction, winner)):
            try:
                again = Verifier(current).verify(winner.solution)
            except LawError as error:
                failed.append(Refused(winner.solution, error))
                continue
        settled.append(again)
        if place < len(winners) - 1:
            current = after(current, again)
            changed |= touched(auction, again)
    return tuple(settled), tuple(failed)


def touched(auction: Auction, winner: Verified) -> set[object]:
    """What of the snapshot ``winner`` depends on and changes: orders, venues and listed balances."""
    found: set[object] = {*(trade.order for trade in winner.trades), *winner.venues_used}
    if auction.balances:
        found |= _moved(auction, winner).keys() & _listed(auction)
    return found


def after(auction: Auction, settled: Verified) -> Auction:
    """The snapshot after ``settled``: less remaining, venues moved, listed balances paid and received."""
    filled = {trade.order: trade.filled for trade in settled.trades}
    moved = _moved(auction, settled) if auction.balances else {}
    return replace(
        auction,
        orders=tuple(
            replace(order, remaining=order.remaining - filled[order.id]) if order.id in filled else order
            for order in auction.orders
        ),
        venues=tuple(settled.venues_after.get(venue.id, venue) for venue in auction.venues),
        balances=tuple(
            replace(balance, amount=balance.amount + moved.get((balance.owner, balance.asset), 0))
            for balance in auction.balances
        ),
    )


def _moved(auction: Auction, settled: Verified) -> dict[tuple[Owner, AssetId], int]:
    """Per owner and asset, what it receives less what it gives."""
    moved: dict[tuple[Owner, AssetId], int] = {}
    for trade in settled.trades:
        owner = auction.order[trade.order].intent.owner
        for leg in trade.gives:
            moved[owner, leg.asset] = moved.get((owner, leg.asset), 0) - leg.amount
        for leg in trade.wants:
            moved[owner, leg.asset] = moved.get((owner, leg.asset), 0) + leg.amount
    return moved


def _listed(auction: Auction) -> set[tuple[Owner, AssetId]]:
    return {(balance.owner, balance.asset) for balance in auction.balances}
