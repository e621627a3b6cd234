"""The record of a simulation: what the first node to decide a height computed, valued at outside prices then.

Nothing here changes the world. Amounts are those of the settlement the node itself arrived at, not what anybody
claimed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.intent import Intent, IntentId
from node.chain.app import Applied
from node.chain.blocks import Phase, phase_of
from node.chain.transition import Slashed
from node.competition.bounds import best_bound
from settlement.fairness import FairnessReport, fairness_report
from settlement.mechanism import bid_name
from settlement.settle import Settlement
from settlement.solution import Solution
from settlement.verified import Trade, Verified
from settlement.why_not import unfilled_orders
from sim.recording.recorder import Recorder
from sim.recording.rows import AuctionRow, FillRow, PriceRow, SolutionRow, UnfilledRow

#: A solver's part in an auction that none of its bids tells of.
_NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Author:
    """Whose an intent is: the part of the population and the account's number."""

    agent: str
    owner: int
    intent: Intent


@dataclass
class Progress:
    """Times of the auction under way; ``rounds`` of all its heights, ``refused`` items of its blocks."""

    begun_us: int = 0
    batch_us: int = 0
    seal_us: int = 0
    rounds: int = 0
    refused: int = 0


class Observer:
    """Writes the rows of decided auctions. ``value`` is what base units are worth outside now, ``price`` the price
    there; ``strategy`` and ``answers`` (solutions with certificates, and the time they took) by solver's name.

    ``answers`` are those of the auction under way: taken when it is settled.
    """

    def __init__(
        self,
        recorder: Recorder,
        assets: Sequence[AssetInfo],
        value: Callable[[AssetId, int], float],
        price: Callable[[AssetId], float],
        strategy: Mapping[str, str],
        answers: dict[str, tuple[Sequence[Solution], int]],
        *,
        fairness: bool,
    ) -> None:
        self.recorder, self.value, self.price = recorder, value, price
        self.strategy, self.answers, self.fairness = strategy, answers, fairness
        self.numeraire = assets[0]
        self.authors: dict[IntentId, Author] = {}
        self._progress = Progress()

    def decided(self, now_us: int, height: int, round: int, proposer: int, applied: Applied) -> None:
        """A height is decided for the first time anywhere; node ``proposer`` made its block."""
        progress, phase = self._progress, phase_of(height)
        progress.rounds += round + 1
        progress.refused += len(applied.effects.refused)
        if phase is Phase.BATCH:
            progress.batch_us = now_us
        elif phase is Phase.SEAL:
            progress.seal_us = now_us
        else:
            self._settled(now_us, proposer, applied)
            self._progress = Progress(begun_us=now_us)
            self.answers.clear()
            self._forget(height // len(Phase) + 1)

    def _forget(self, auction: int) -> None:
        """Authors of intents that no later auction can hold."""
        self.authors = {number: found for number, found in self.authors.items() if found.intent.valid_to > auction}

    def _settled(self, now_us: int, proposer: int, applied: Applied) -> None:
        settlement = applied.effects.settlement
        if settlement is None:
            return
        report = fairness_report(settlement) if self.fairness else None
        self._fills(now_us, settlement, report)
        self._unfilled(settlement)
        self._solutions(settlement, applied.effects.slashed)
        self._auction(now_us, proposer, settlement, report)
        self._prices(now_us, settlement)

    def _fills(self, now_us: int, settlement: Settlement, report: FairnessReport | None) -> None:
        better = {} if report is None else {item.order: item for item in report.improvements}
        number = settlement.auction.number
        for winner in settlement.settled:
            for trade in winner.trades:
                give, want = trade.gives[0], trade.wants[0]
                author, found = self.authors.get(trade.order), better.get(trade.order)
                over_route = None if found is None else found.over_route_bps
                self.recorder.add(
                    FillRow(
                        number,
                        trade.order.hex(),
                        author.agent if author else "",
                        now_us,
                        give.asset,
                        str(give.amount),
                        want.asset,
                        str(want.amount),
                        str(trade.fee),
                        self.price(give.asset),
                        self.price(want.asset),
                        self.value(give.asset, give.amount),
                        self.value(want.asset, want.amount),
                        _improvement_bps(settlement, trade) if found is None else float(found.over_limit_bps),
                        float("nan") if over_route is None else float(over_route),
                        over_route is not None and over_route < 0,
                    )
                )

    def _unfilled(self, settlement: Settlement) -> None:
        if not self.fairness:
            return
        for item in unfilled_orders(settlement):
            author = self.authors.get(item.order)
            agent = author.agent if author else ""
            self.recorder.add(
                UnfilledRow(
                    settlement.auction.number, item.order.hex(), agent, item.in_the_money, item.reason.value
                )
            )

    def _solutions(self, settlement: Settlement, slashed: Mapping[str, Slashed]) -> None:
        """One row per solver that was expected to answer: its best bid's fate."""
        fates = _fates(settlement)
        for name, strategy in self.strategy.items():
            found, reward = slashed.get(name), settlement.rewards.get(name, 0)
            outcome, score = fates.get(name, (_NONE, 0))
            if found is not None and outcome == _NONE:
                outcome = found.faults[0].value
            _, took_us = self.answers.get(name, ((), 0))
            self.recorder.add(
                SolutionRow(
                    settlement.auction.number,
                    name,
                    strategy,
                    outcome,
                    self._whole(score),
                    self._whole(max(0, reward)),
                    self._whole(max(0, -reward) + (0 if found is None else found.amount)),
                    took_us,
                )
            )

    def _auction(self, now_us: int, proposer: int, settlement: Settlement, report: FairnessReport | None) -> None:
        progress = self._progress
        solutions = [_renamed(item, name) for name, (found, _) in self.answers.items() for item in found]
        proof = settlement.outcome.certificate
        bound = best_bound(settlement, solutions, at_least=settlement.score) if solutions else None
        self.recorder.add(
            AuctionRow(
                settlement.auction.number,
                len(settlement.auction.orders),
                progress.begun_us,
                progress.batch_us,
                progress.seal_us,
                now_us,
                progress.rounds,
                proposer,
                len(settlement.verified) + len(settlement.refused),
                len(settlement.settled),
                sum(len(winner.trades) for winner in settlement.settled),
                self._whole(settlement.score),
                self._whole(bound or 0),
                float("nan") if report is None else float(report.jain),
                0 if report is None else len(report.envy),
                0 if report is None else report.ebbo_violations,
                progress.refused,
                0.0 if proof is None else self._whole(proof.greedy_total),
            )
        )

    def _prices(self, now_us: int, settlement: Settlement) -> None:
        """Cleared: the asset's price in the first settled solution that prices both it and the numeraire."""
        scale = 10.0**self.numeraire.decimals
        for info in settlement.auction.assets:
            unit = 10.0**info.decimals
            agreed = (info.reference_price or 0) / 1e18 * unit / scale
            cleared = _cleared(settlement.settled, info.id, self.numeraire.id) * unit / scale
            number = settlement.auction.number
            self.recorder.add(PriceRow(number, info.id, now_us, self.price(info.id), agreed, cleared))

    def _whole(self, amount: int) -> float:
        return amount / 10.0**self.numeraire.decimals


def _improvement_bps(settlement: Settlement, trade: Trade) -> float:
    """Surplus over the limit in basis points of the limit, where no report says it: of what was asked for, or of
    what was offered where what one gets is fixed."""
    surplus, give, want = trade.surplus[0], trade.gives[0], trade.wants[0]
    fixed = surplus.asset == give.asset
    limit = give.amount + surplus.amount if fixed else want.amount - surplus.amount
    return 10_000.0 * surplus.amount / max(1, limit)


def _fates(settlement: Settlement) -> dict[str, tuple[str, int]]:
    """Per solver the outcome of its best bid: settled before passed the filter before passed the law."""
    found: dict[str, tuple[str, int]] = {}
    for refused in settlement.refused:
        found[refused.solution.solver] = (f"invalid:{refused.error.code}", 0)
    fair = set(settlement.outcome.fair)
    settled = {bid_name(item.solution) for item in settlement.settled}
    unfair = [item for item in settlement.verified if bid_name(item.solution) not in fair]
    lost = [item for item in settlement.verified if bid_name(item.solution) in fair - settled]
    for outcome, scores in (
        ("unfair", _scores(unfair, max)),
        ("lost", _scores(lost, max)),
        ("won", _scores(settlement.settled, operator.add)),
    ):
        found.update({name: (outcome, score) for name, score in scores.items()})
    return found


def _scores(items: Iterable[Verified], add: Callable[[int, int], int]) -> dict[str, int]:
    """Per solver: of what was settled the sum, of what was not the best."""
    found: dict[str, int] = {}
    for item in items:
        found[item.solution.solver] = add(found.get(item.solution.solver, 0), item.score.net)
    return found


def _cleared(settled: Sequence[Verified], asset: AssetId, numeraire: AssetId) -> float:
    for item in settled:
        prices = item.solution.prices
        if asset in prices and prices.get(numeraire, 0) > 0:
            return prices[asset] / prices[numeraire]
    return 0.0


def _renamed(solution: Solution, solver: str) -> Solution:
    return replace(solution, solver=solver)
