"""Running a competition: every solver on every auction, then the referee.

Solvers run in processes of their own (``solver.host``); the referee runs here, after the last solver has
finished or been stopped, so that verification never takes time from a contestant.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import trio

from intents.amounts import PRICE_SCALE
from intents.auction import Auction
from intents.auction_codec import auction_hash, encode_auction
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from node.competition.bounds import best_bound
from node.competition.left_out import left_out, symbols
from node.competition.records import Batch, Entry, Improvement, PricePoint, Refusal, Results
from node.competition.sources import Source
from settlement.fairness import fairness_report
from settlement.greedy import alone
from settlement.mechanism import DEFAULT_MAX_WINNERS, Mechanism, bid_of, mechanism
from settlement.receipt import receipt_of
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import Settlement, settle
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.host import HostedSolver, host
from solver.limits import Limits
from solver.outcome import OutcomeKind, SolverRun
from solver.spec import SolverSpec

#: Called after each solver (batch, solver, summary) and after each batch with an empty solver.
Progress = Callable[[str, str, str], None]
#: A refused bid's reason is kept for at most this many bids of one solver and auction.
MAX_REFUSALS: Final = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """``deadline_s`` per solver and auction; ``jobs`` solvers run at a time; receipts go to ``receipts``."""

    specs: tuple[SolverSpec, ...]
    sources: tuple[Source, ...]
    deadline_s: float
    seed: int = 0
    mechanism: str = "greedy"
    max_winners: int = DEFAULT_MAX_WINNERS
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    receipts: Path | None = None


def compete(plan: Plan, progress: Progress = lambda batch, solver, summary: None) -> Results:
    """Run the whole plan and return what was verified."""
    return trio.run(_compete, plan, progress)


async def _compete(plan: Plan, progress: Progress) -> Results:
    batches: list[Batch] = []
    entries: list[Entry] = []
    async with AsyncExitStack() as stack:
        hosted = [await stack.enter_async_context(host(spec, plan.limits)) for spec in plan.specs]
        for source in plan.sources:
            auction, _ = source.load()
            label = _label(auction.name, {batch.auction for batch in batches})
            runs = await _solve_all(plan, hosted, auction, label, progress)
            batch, rows = referee(plan, source, auction, runs, label)
            batches.append(batch)
            entries += rows
            progress(label, "", f"score {batch.score / PRICE_SCALE:.6g} by {', '.join(batch.winners) or 'nobody'}")
    return Results(tuple(batches), tuple(entries))


def _label(name: str, taken: set[str]) -> str:
    """What records call the auction: its name, or a numbered one where two files hold the same auction."""
    label, number = name, 2
    while label in taken:
        label, number = f"{name}-{number}", number + 1
    return label


async def _solve_all(
    plan: Plan, hosted: Sequence[HostedSolver], auction: Auction, label: str, progress: Progress
) -> list[SolverRun]:
    """All solvers on one auction, ``plan.jobs`` at a time, in the order of the plan."""
    data = encode_auction(auction)
    room = trio.CapacityLimiter(plan.jobs)
    runs: dict[int, SolverRun] = {}

    async def one(index: int, solver: HostedSolver) -> None:
        async with room:
            run = await solver.solve(data, plan.deadline_s, seed=plan.seed)
        runs[index] = run
        progress(label, run.solver, str(run.kind))

    async with trio.open_nursery() as nursery:
        for index, solver in enumerate(hosted):
            nursery.start_soon(one, index, solver)
    return [runs[index] for index in range(len(hosted))]


def referee(
    plan: Plan, source: Source, auction: Auction, runs: Sequence[SolverRun], label: str
) -> tuple[Batch, list[Entry]]:
    """Verify, settle, write the receipt, and record everyone's part."""
    rule = mechanism(plan.mechanism, max_winners=plan.max_winners)
    started = time.perf_counter()
    verifier = Verifier(auction)
    solutions = [solution for run in runs for solution in run.solutions]
    settlement = settle(auction, solutions, rule, DEFAULT_CAPS, verifier)
    verify_s = time.perf_counter() - started
    name = _write_receipt(plan, settlement, rule, label)
    entries = [_entry(plan, auction, settlement, run, label) for run in runs]
    best = max([settlement.score, settlement.outcome.total, *(entry.solo for entry in entries)])
    bound = best_bound(settlement, solutions, at_least=best)
    report = fairness_report(settlement)
    batch = Batch(
        auction=label,
        auction_hash=auction_hash(auction).hex(),
        source=source.origin,
        orders=len(auction.orders),
        venues=len(auction.venues),
        assets=len(auction.assets),
        mechanism=rule.name,
        score=settlement.score,
        surplus=sum(item.score.surplus for item in settlement.settled),
        cost=sum(item.score.cost for item in settlement.settled),
        orders_filled=sum(len(item.trades) for item in settlement.settled),
        bound=bound,
        best_known=best,
        winners=tuple(dict.fromkeys(item.solution.solver for item in settlement.settled)),
        verify_s=verify_s,
        receipt=name,
        improvements=tuple(
            Improvement(i.order.hex(), i.solver, i.over_limit_bps, i.over_route_bps) for i in report.improvements
        ),
        prices=_price_points(auction, settlement.settled),
    )
    return batch, entries


def _write_receipt(plan: Plan, settlement: Settlement, rule: Mechanism, label: str) -> str:
    """The receipt's path relative to the run directory, or nothing when no place was given."""
    if plan.receipts is None:
        return ""
    document = receipt_of(settlement, rule, plan.max_winners, DEFAULT_CAPS)
    path = _free_path(plan.receipts, label)
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    return f"{plan.receipts.name}/{path.name}"


def _free_path(folder: Path, name: str) -> Path:
    """A file name of plain characters not taken yet: auctions of two files may share a name."""
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:100] or "auction"
    path = folder / f"{plain}.json"
    number = 2
    while path.exists():
        path = folder / f"{plain}-{number}.json"
        number += 1
    return path


def _entry(plan: Plan, auction: Auction, settlement: Settlement, run: SolverRun, label: str) -> Entry:
    own = [item for item in settlement.verified if item.solution.solver == run.solver]
    won = [item for item in settlement.settled if item.solution.solver == run.solver]
    refused = [item for item in settlement.refused if item.solution.solver == run.solver]
    outcome = settlement.outcome
    total = outcome.total
    kind = run.kind
    if kind is OutcomeKind.OK and not own:
        kind = OutcomeKind.INVALID
    return Entry(
        auction=label,
        solver=run.solver,
        kind=kind.value,
        solo=alone([bid_of(item) for item in own], auction.seed, plan.max_winners),
        won=sum(item.score.net for item in won),
        surplus=sum(item.score.surplus for item in won),
        marginal=total - outcome.references[run.solver] if run.solver in outcome.references else 0,
        reward=settlement.rewards.get(run.solver, 0),
        bids=len(run.solutions),
        bids_won=len(won),
        seconds=run.seconds,
        first_s=run.first_s,
        stopped=run.stopped,
        peak_memory_mb=run.peak_memory_mb,
        refusals=tuple(
            Refusal(item.solution.id, item.error.code, str(item.error)[:300]) for item in refused[:MAX_REFUSALS]
        ),
        detail=run.detail,
        left_out=left_out(settlement, run.solver, sum(item.score.net for item in won)),
    )


def _price_points(auction: Auction, settled: Sequence[Verified]) -> tuple[PricePoint, ...]:
    """Clearing prices beside the best venue's marginal price before the batch, pair by pair."""
    wanted = {pair: item for item in settled for pair in item.score.pairs}
    best: dict[tuple[str, str], float] = {}
    for state in auction.venues:
        pairs = [pair for pair in wanted if pair[0] in state.assets and pair[1] in state.assets]
        if not pairs:
            continue
        venue = open_venue(state)
        for pair in pairs:
            try:
                price = venue.marginal_price(*pair)
            except VenueError:
                continue
            best[pair] = max(price, best.get(pair, 0.0))
    points = []
    for pair, item in wanted.items():
        prices = item.solution.prices
        clearing = prices[pair[0]] / prices[pair[1]]
        venue_price = best.get(pair, 0.0)
        if math.isfinite(venue_price) and venue_price > 0.0:
            points.append(PricePoint(symbols(auction, pair), clearing, venue_price))
    return tuple(points)
