"""A settled competition: every solution with its rank, its score, and the rule it lost by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from intents.assets import AssetId
from node.history.base import SolutionRow
from settlement.fair_filter import baselines
from settlement.mechanism import Bid, bid_name, bid_of, tie_break
from settlement.settle import Refused, Settlement
from settlement.solution import Solution
from settlement.verified import Verified

#: Codes of rules that a lawful solution can lose by; an unlawful one has the code of the rule it breaks.
UNFAIR: Final = "outcome.unfair"
OUTBID: Final = "outcome.outbid"
NO_ROOM: Final = "outcome.no-room"
FAILED: Final = "outcome.failed"


def ranked_bids(settlement: Settlement) -> list[Verified]:
    """Lawful solutions, best score first; equal scores as the auction's seed has them."""
    seed = settlement.auction.seed
    return sorted(settlement.verified, key=lambda item: (-item.score.net, tie_break(bid_of(item), seed)))


def solutions_of(settlement: Settlement) -> Iterator[SolutionRow]:
    """Every solution, lawful ones first by rank, then the others by name."""
    ranked = ranked_bids(settlement)
    bids = {bid_name(item.solution): bid_of(item) for item in ranked}
    settled = [bids[bid_name(item.solution)] for item in settlement.settled]
    failed = {bid_name(item.solution): item for item in settlement.failed}
    best = baselines([bid for name, bid in bids.items() if name not in failed])
    for rank, item in enumerate(ranked, 1):
        name = bid_name(item.solution)
        code, lost = _loss(bids[name], settled, failed.get(name), name in settlement.outcome.fair, best)
        yield SolutionRow(
            solver=item.solution.solver,
            solution=item.solution.id,
            rank=rank,
            score=item.score.net,
            won=not code,
            code=code,
            lost=lost,
            filled=len(item.trades),
            prices=_prices(item.solution),
        )
    for refused in sorted(settlement.refused, key=lambda found: (found.solution.solver, found.solution.id)):
        solution = refused.solution
        yield SolutionRow(
            solver=solution.solver,
            solution=solution.id,
            rank=None,
            score=None,
            won=False,
            code=refused.error.code,
            lost=str(refused.error),
            filled=len(solution.fills),
            prices=_prices(solution),
        )


def _loss(
    bid: Bid,
    settled: Sequence[Bid],
    failed: Refused | None,
    fair: bool,
    best: dict[tuple[AssetId, AssetId], int],
) -> tuple[str, str]:
    """The code and the words, both empty for a winner."""
    if any(bid.name == winner.name for winner in settled):
        return "", ""
    if failed is not None:
        return FAILED, f"no longer lawful after the winners before it ({failed.error})"
    if not fair:
        pair, score = next((p, s) for p, s in bid.pairs.items() if s < best.get(p, 0))
        return UNFAIR, f"scores {score} for {pair[0]} → {pair[1]}, a bid for that pair alone {best[pair]}"
    rivals = [winner for winner in settled if bid.conflicts(winner)]
    if rivals:
        score = sum(rival.score for rival in rivals)
        names = ", ".join(rival.name for rival in rivals)
        return OUTBID, f"trades what {names} trades, with score {score} to its {bid.score}"
    return NO_ROOM, f"there were {len(settled)} winners, whose scores came first"


def _prices(solution: Solution) -> tuple[tuple[AssetId, int], ...]:
    return tuple(sorted(solution.prices.items()))
