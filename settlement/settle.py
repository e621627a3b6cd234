"""Settling an auction: verified bids → winners → each applied on what earlier winners left.

Why verify winners again? Two bids that pass alone may not pass together (shared balances, or venues under
a mechanism that does not look at them). The one settled later then fails by name and the rest goes on;
nothing of it takes effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from intents.auction import Auction, Balance
from intents.intent import Owner
from settlement.errors import LawError
from settlement.mechanism import Bid, Mechanism, Outcome, bid_of
from settlement.rewards import DEFAULT_CAPS, RewardCaps, clamp
from settlement.solution import Solution
from settlement.verified import Verified
from settlement.verify import Verifier


@dataclass(frozen=True)
class Refused:
    """A solution that takes no part, and the rule it breaks."""

    solution: Solution
    error: LawError


@dataclass(frozen=True)
class Settlement:
    """What became of an auction.

    ``verified`` are all bids that passed alone; ``settled`` the winners as applied, in order;
    ``failed`` winners that could not be applied after earlier ones. ``rewards`` are per winning solver.
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
    solutions: Sequence[Solution],
    mechanism: Mechanism,
    caps: RewardCaps = DEFAULT_CAPS,
    verifier: Verifier | None = None,
) -> Settlement:
    """Verify every solution, pick winners and apply them. Refused solutions are reported, never raised."""
    passed, refused = judge(verifier or Verifier(auction), solutions)
    by_name: dict[str, Verified] = {}
    bids: list[Bid] = []
    for verified in passed:
        bid = bid_of(verified)
        by_name[bid.name] = verified
        bids.append(bid)
    outcome = mechanism.run(bids, auction.seed)
    settled, failed = apply(auction, [by_name[name] for name in outcome.winners])
    rewards = {solver: clamp(outcome.total - reference, caps) for solver, reference in outcome.references.items()}
    return Settlement(auction, passed, refused, outcome, settled, failed, rewards)


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
    """The winners in order, each verified on the snapshot the earlier ones left."""
    settled: list[Verified] = []
    failed: list[Refused] = []
    current = auction
    for winner in winners:
        if not settled:  # the first meets the very snapshot it was verified on
            settled.append(winner)
            current = after(current, winner)
            continue
        try:
            again = Verifier(current).verify(winner.solution)
        except LawError as error:
            failed.append(Refused(winner.solution, error))
            continue
        settled.append(again)
        current = after(current, again)
    return tuple(settled), tuple(failed)


def after(auction: Auction, settled: Verified) -> Auction:
    """The snapshot after ``settled``: less remaining, venues moved, listed balances paid and received."""
    filled = {trade.order: trade.filled for trade in settled.trades}
    orders = tuple(
        replace(order, remaining=order.remaining - filled[order.id]) if order.id in filled else order
        for order in auction.orders
    )
    venues = tuple(settled.venues_after.get(venue.id, venue) for venue in auction.venues)
    return replace(auction, orders=orders, venues=venues, balances=_balances_after(auction, settled))


def _balances_after(auction: Auction, settled: Verified) -> tuple[Balance, ...]:
    if not auction.balances:
        return ()
    moved: dict[tuple[Owner, str], int] = {}
    for trade in settled.trades:
        owner = auction.order[trade.order].intent.owner
        for leg in trade.gives:
            moved[owner, leg.asset] = moved.get((owner, leg.asset), 0) - leg.amount
        for leg in trade.wants:
            moved[owner, leg.asset] = moved.get((owner, leg.asset), 0) + leg.amount
    return tuple(
        replace(balance, amount=balance.amount + moved.get((balance.owner, balance.asset), 0))
        for balance in auction.balances
    )
