"""Winner determination and rewards: CoW's autopilot tests, combinatorial auctions, solver payments."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final

from intents.assets import AssetId
from settlement.mechanism import Bid, mechanism
from settlement.rank_format import cases_from_json, rank
from settlement.rewards import (
    RewardCaps,
    consistency_metrics,
    marginal_rewards,
    observed_score,
    performance_reward,
)
from tests.vectors.registry import Case, LeftOut, covers, load, same

AUTOPILOT: Final = "cow/winner_selection_autopilot.json"
COMBINATORIAL: Final = "cow/comb_auctions_cip67_rewards.json"
REWARDS: Final = "cow/rewards.json"
GREEDY_OR_EXACT: Final = "intents/greedy_vs_exact_winner_selection.json"
#: As in the autopilot's tests.
MAX_WINNERS: Final = 10
#: Caps of CIP-20: a reward between −0.010 and 0.012 of the native token.
CIP20: Final = RewardCaps(low=10**16, high=12 * 10**15)


def check_ranked(case: dict[str, Any]) -> None:
    """Scores, fair set, winners and references as the autopilot's, through the file format of ``rank``."""
    (read,) = cases_from_json(case, case["name"])
    ranked = rank(read, mechanism("greedy", max_winners=MAX_WINNERS))
    for name, score in case["computed_scores"].items():
        same(f"score of {name}", ranked["scores"][name], score)
    same("fair", sorted(ranked["fair_solutions"]), sorted(case["expected_fair_solutions"]))
    same("winners", ranked["winners"], case["expected_winners"])
    same("references", ranked["reference_scores"], case["expected_reference_scores"])


def bids_of(solutions: list[dict[str, Any]]) -> list[Bid]:
    """Bids that state a score per trade."""
    bids = []
    for solution in solutions:
        pairs: dict[tuple[AssetId, AssetId], int] = {}
        for trade in solution["trades"]:
            pair = (AssetId(trade["sell"]), AssetId(trade["buy"]))
            pairs[pair] = pairs.get(pair, 0) + int(trade["score"])
        same(f"score of {solution['id']}", sum(pairs.values()), int(solution["score"]))
        bids.append(Bid(solution["id"], solution["solver"], int(solution["score"]), pairs))
    return bids


def check_combinatorial(case: dict[str, Any], cap: int) -> None:
    """Winners, total, references; rewards as that research code pays them, without penalties."""
    outcome = mechanism("greedy").run(bids_of(case["solutions"]), b"")
    expected = case["expect"]
    same("winners", list(outcome.winners), expected["winners"])
    same("total", outcome.total, int(expected["total"]))
    references = {solver: int(score) for solver, score in expected["reference_scores"].items()}
    same("references", dict(outcome.references), references)
    rewards = marginal_rewards(outcome, RewardCaps(low=0, high=cap))
    same("rewards", rewards, {solver: int(reward) for solver, reward in expected["rewards"].items()})


def check_exact_packing(case: dict[str, Any]) -> None:
    """Where greedy leaves value on the table, exact finds and proves what the reference reaches."""
    outcome = mechanism("exact").run(bids_of(case["solutions"]), b"")
    best = max([int(case["expect"]["total"]), *map(int, case["expect"]["reference_scores"].values())])
    same("total", outcome.total, best)
    certificate = outcome.certificate
    same("proven", certificate is not None and (certificate.optimal, certificate.bound), (True, best))
    same("greedy total", certificate and certificate.greedy_total, int(case["expect"]["total"]))


def reward_of(row: dict[str, Any], settled: dict[str, int]) -> int:
    settled_at = settled.get(str(row["auction"]))
    observed = observed_score(int(row["winning_score"]), settled_at, row["deadline"])
    return performance_reward(observed, int(row["reference_score"]), CIP20)


def check_reward(row: dict[str, Any], settled: dict[str, int]) -> None:
    """What one auction pays its winner, capped, or takes when it was not settled in time."""
    same("reward", reward_of(row, settled), int(row["expected_reward"]))


def check_sums(performance: dict[str, Any]) -> None:
    """Per solver over all auctions."""
    sums: dict[str, int] = {}
    for row in performance["rows"]:
        sums[row["solver"]] = sums.get(row["solver"], 0) + reward_of(row, performance["settled_block"])
    same("sums", sums, {solver: int(total) for solver, total in performance["expected_sum"].items()})


def check_consistency(example: dict[str, list[str]]) -> None:
    """Order share times success rate, as the documentation's example states it."""
    solvers = [str(number) for number in range(len(example["metric"]))]
    shares = dict(zip(solvers, map(Fraction, example["order_share"]), strict=True))
    rates = dict(zip(solvers, map(Fraction, example["success_rate"]), strict=True))
    metrics = consistency_metrics([shares], rates)
    same("metric", metrics, dict(zip(solvers, map(Fraction, example["metric"]), strict=True)))


def check_minimal(example: dict[str, Any]) -> None:
    """The smallest case in which greedy is not optimal: 10 instead of 18."""
    bids = []
    for bid in example["bids"]:
        first, *others = bid["pairs"]
        # Only the sum is stated: all of it on the first pair conflicts in the same way.
        pairs = {(AssetId(first), AssetId("out")): bid["score"]}
        pairs |= {(AssetId(pair), AssetId("out")): 0 for pair in others}
        bids.append(Bid(bid["solver"], bid["solver"], bid["score"], pairs))
    greedy, exact = mechanism("greedy").run(bids, b""), mechanism("exact").run(bids, b"")
    same("greedy", greedy.total, example["greedy"])
    same("exact", exact.total, example["exact"])
    same("reference without S0", greedy.references["S0"], example["reference_without_S0"])


@covers(AUTOPILOT)
def autopilot(path: Path) -> Iterator[Case]:
    for case in load(path)["cases"]:
        yield Case(case["name"], partial(check_ranked, case))


@covers(COMBINATORIAL)
def combinatorial(path: Path) -> Iterator[Case]:
    document = load(path)
    cap = int(document["params"]["reward_cap_upper"])
    for case in document["cases"]:
        yield Case(f"{case['name']} greedy", partial(check_combinatorial, case, cap))
        yield Case(f"{case['name']} exact", partial(check_exact_packing, case))


@covers(REWARDS)
def rewards(path: Path) -> Iterator[Case]:
    document = load(path)
    performance = document["performance"]
    for row in performance["rows"]:
        yield Case(f"auction {row['auction']}", partial(check_reward, row, performance["settled_block"]))
    yield Case("sums", partial(check_sums, performance))
    yield Case("consistency", partial(check_consistency, document["consistency"]["example"]))


@covers(GREEDY_OR_EXACT)
def greedy_or_exact(path: Path) -> Iterator[Case | LeftOut]:
    document = load(path)
    yield Case("minimal example", partial(check_minimal, document["minimal_example"]))
    for row in document["rows"]:
        yield LeftOut(
            f"share {row['single_bid_share']}", "statistics of random auctions whose draws are not given"
        )
