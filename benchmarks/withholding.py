"""What a solver can gain by not opening its seals, as a share of its bond: a search for the best response.

``python -m benchmarks.withholding [--seeds N] [--sizes F …] [--json]`` runs worlds in pairs, honest and
withholding, from the same seed: one validator, an arbitrageur and people (orders ``F`` times the usual size),
three solvers, the deviating one the strongest. A gain is what the pair differs by for the solver and for whichever
part of the population it profits most, as if they were one:

- ``share s``: over several auctions it keeps back a share s of its seals, and pays for each;
- ``option``: in one auction it knows beforehand what keeping back would bring, and does so only where that pays.
  The gain is before the penalty: the value of the option that seals would give away if not opening were free.

Gains are told as shares of the bond, and of the penalty, the part of the bond that an unopened seal costs: where
the greatest of the latter is above 1, the option is worth more than its price. Intervals are Student's, 95 %, over
seeds. What prices do after the auction is not looked at, nor accomplices outside the chain.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import t

from settlement.penalties import DEFAULT_RATES
from sim.recording.rows import SolutionRow, WealthRow
from sim.scenario.catalog import find
from sim.scenario.override import changed
from sim.scenario.simulation import simulation_from
from sim.world.running import World

SHARES = (0.25, 0.5, 0.75, 1.0)
AUCTIONS = 6
DEVIATOR = "beta"
BASE = (
    "chain.validators = 1",
    "network.nodes = 1",
    "fairness = false",
    f"solvers.{DEVIATOR}.work_ms = 60",
    "agents.people.per_minute = 120.0",
)


@dataclass(frozen=True, slots=True)
class Played:
    """A finished world: wealth won by each part of the population, rewards and penalties of the deviator."""

    wealth: Mapping[str, float]
    reward: float
    penalty: float


@dataclass(frozen=True, slots=True)
class Found:
    """Gains of one strategy over seeds, in whole numeraire units; ``penalty``: of one unopened seal."""

    size: float
    strategy: str
    gains: Sequence[float]
    bond: float
    penalty: float

    def to_json(self) -> dict[str, object]:
        n, mean = len(self.gains), statistics.fmean(self.gains)
        half = float(t.ppf(0.975, n - 1)) * statistics.stdev(self.gains) / math.sqrt(n) if n > 1 else math.nan
        return {
            "size": self.size,
            "strategy": self.strategy,
            "pairs": n,
            "max_gain": max(self.gains),
            "max_gain_to_bond": max(self.gains) / self.bond,
            "max_gain_to_penalty": max(self.gains) / self.penalty,
            "mean_gain_to_bond": mean / self.bond,
            "half_interval": half / self.bond,
        }


def played(seed: int, size: float, share: float, auctions: int, first: int) -> Played:
    """One world in which the deviator answers from auction ``first`` and keeps back ``share`` of its seals."""
    document = changed(
        find("market").document,
        [
            *BASE,
            f"auctions = {auctions}",
            f"agents.people.size_median = {2000.0 * size}",
            f"agents.people.funds = {200_000.0 * max(1.0, size)}",
            f"solvers.{DEVIATOR}.strategy = {'withholding' if share else 'honest'}",
            f"solvers.{DEVIATOR}.share = {share}",
            f"solvers.{DEVIATOR}.from_auction = {first}",
        ],
    )
    rows = World(simulation_from(document, "withholding"), seed).run().recorder.rows
    wealth = [row for row in rows["wealth"] if isinstance(row, WealthRow) and row.auction == auctions]
    mine = [row for row in rows["solutions"] if isinstance(row, SolutionRow) and row.solver == DEVIATOR]
    return Played(
        {row.agent: row.value - row.held for row in wealth},
        math.fsum(row.reward for row in mine),
        math.fsum(row.penalty for row in mine),
    )


def gain(honest: Played, other: Played) -> float:
    """What solver and best placed accomplice gain together, before penalties."""
    accomplice = max(other.wealth[name] - honest.wealth[name] for name in honest.wealth)
    return other.reward - honest.reward + accomplice


def searched(size: float, seeds: Sequence[int]) -> list[Found]:
    """Each strategy on every seed, against honesty on the same."""
    bond, penalty = costs()
    honest = {seed: played(seed, size, 0.0, AUCTIONS, 1) for seed in seeds}
    found = []
    for share in SHARES:
        gains = []
        for seed in seeds:
            other = played(seed, size, share, AUCTIONS, 1)
            gains.append(gain(honest[seed], other) - (other.penalty - honest[seed].penalty))
        found.append(Found(size, f"share {share:g}", gains, bond, penalty))
    option = [max(0.0, gain(played(seed, size, 0.0, 2, 2), played(seed, size, 1.0, 2, 2))) for seed in seeds]
    return [*found, Found(size, "option", option, bond, penalty)]


def costs() -> tuple[float, float]:
    """The deviator's bond, and what one unopened seal takes of it."""
    bond = simulation_from(find("market").document, "market").chain.bond
    return bond, bond * float(DEFAULT_RATES.no_reveal)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sizes", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    rows = [found.to_json() for size in given.sizes for found in searched(size, range(1, max(2, given.seeds) + 1))]
    if given.json:
        print(json.dumps({"bond": costs()[0], "penalty": costs()[1], "rows": rows}))
        return
    print(" size strategy   pairs max gain/bond  /penalty  mean/bond       ±")
    for row in rows:
        print(
            f"{row['size']:5g} {row['strategy']:10} {row['pairs']:5} {row['max_gain_to_bond']:13.4f} "
            f"{row['max_gain_to_penalty']:9.4f} {row['mean_gain_to_bond']:10.4f} {row['half_interval']:7.4f}"
        )
    worst = max(rows, key=lambda row: float(str(row["max_gain_to_bond"])))
    print(f"greatest gain to bond: {worst['max_gain_to_bond']:.4f} ({worst['strategy']}, size {worst['size']:g})")


if __name__ == "__main__":
    main(sys.argv[1:])
