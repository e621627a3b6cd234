"""Runs A against runs B, metric by metric, in pairs that share everything but what is compared.

With at least ``MIN_SEEDS`` seeds on both sides the pairs are runs of the same seed, and Student's t decides. With
fewer, the pairs are auctions of the same number within runs of the same seed: only metrics that mean something for
a single auction are compared, as means per auction, and blocks of auctions in a row decide. That says what holds
for these seeds, not for all.

Figures that are equal in every pair are said to be so, and are not among the tests that Holm's correction counts:
they could not come out otherwise (R. Tarone, Biometrics 46, 1990).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from intents.errors import UsageError
from sim.metrics.base import Better
from sim.metrics.paired import LEVEL, Paired, holm, paired
from sim.metrics.registry import metric_of
from sim.metrics.series import per_auction
from sim.metrics.tables import Tables
from sim.recording.record import RunRecord, VariantRecord

MIN_SEEDS: Final = 3
#: Verdict on a figure that does not differ in any pair.
SAME: Final = "the same in every pair"
Basis = Literal["seeds", "auctions"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both sides. ``a`` and ``b`` are means over pairs, ``effect`` is b − a with its interval;
    ``bootstrap`` is the percentile interval over blocks of ``block`` pairs, beside it.

    ``p`` is for this figure alone, ``p_all`` with all compared figures taken into account (Holm).
    """

    figure: str
    unit: str
    better: Better
    a: float
    b: float
    n: int
    effect: float
    low: float | None
    high: float | None
    bootstrap: tuple[float, float] | None
    block: int
    p: float | None
    p_all: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``seeds`` are those on both sides; ``unpaired`` those on one side only, left out."""

    a: str
    b: str
    basis: Basis
    seeds: Sequence[int]
    unpaired: Sequence[int]
    differences: Sequence[Difference]

    def to_json(self) -> dict[str, Any]:
        return {
            "a": self.a,
            "b": self.b,
            "basis": self.basis,
            "seeds": list(self.seeds),
            "unpaired": list(self.unpaired),
            "level": LEVEL,
            "differences": [asdict(difference) for difference in self.differences],
        }


def compare(
    a: Sequence[RunRecord],
    b: Sequence[RunRecord],
    variants: tuple[str | None, str | None] = (None, None),
    names: tuple[str, str] | None = None,
) -> Comparison:
    """Compare a variant (the first by default) of runs A with one of runs B. ``names`` are the sides'.

    Raises ``UsageError`` if a side has a seed twice, if no seed is on both sides, if a variant is not there, or if
    there are too few seeds and one side has no tables.
    """
    first, second = _by_seed(a, variants[0], "A"), _by_seed(b, variants[1], "B")
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        raise UsageError("report", "A and B have no seed in common, so there is nothing to pair")
    pairs = [(first[seed], second[seed]) for seed in seeds]
    basis: Basis = "seeds" if len(seeds) >= MIN_SEEDS else "auctions"
    values = _of_seeds(pairs) if basis == "seeds" else _of_auctions(pairs)
    if not values:
        raise UsageError(
            "report",
            f"{len(seeds)} seeds in common, and no tables from which to pair auctions: {MIN_SEEDS} need none",
        )
    found = {name: paired(x, y, serial=basis == "auctions") for name, (x, y) in values.items()}
    corrected = holm({name: pair.p for name, pair in found.items() if pair.p is not None and not pair.same})
    return Comparison(
        a=names[0] if names else _called(a, variants[0]),
        b=names[1] if names else _called(b, variants[1]),
        basis=basis,
        seeds=seeds,
        unpaired=sorted(first.keys() ^ second.keys()),
        differences=[_difference(name, values[name], pair, corrected.get(name)) for name, pair in found.items()],
    )


def _by_seed(runs: Sequence[RunRecord], variant: str | None, side: str) -> dict[int, VariantRecord]:
    found: dict[int, VariantRecord] = {}
    for run in runs:
        if run.seed in found:
            raise UsageError("report", f"side {side} has seed {run.seed} twice")
        name = next(iter(run.variants), None) if variant is None else variant
        if name is None or name not in run.variants:
            raise UsageError("report", f"run {run.name} has no variant {name}; it has {', '.join(run.variants)}")
        found[run.seed] = run.variants[name]
    return found


def _called(runs: Sequence[RunRecord], variant: str | None) -> str:
    names = ", ".join(dict.fromkeys(run.name for run in runs))
    return names if variant is None else f"{names}:{variant}"


Values = Mapping[str, tuple[Sequence[float], Sequence[float]]]


def _of_seeds(pairs: Sequence[tuple[VariantRecord, VariantRecord]]) -> Values:
    """Each figure's values on both sides, over seeds for which both are defined."""
    names = dict.fromkeys(name for a, _ in pairs for name in a.metrics if metric_of(name))
    found = {}
    for name in names:
        both = [(a.metrics.get(name), b.metrics.get(name)) for a, b in pairs]
        kept = [(x, y) for x, y in both if x is not None and y is not None]
        if kept:
            found[name] = ([x for x, _ in kept], [y for _, y in kept])
    return found


def _of_auctions(pairs: Sequence[tuple[VariantRecord, VariantRecord]]) -> Values:
    """Each figure's values on both sides, over auctions of all pairs in which both are defined, in their order."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for a, b in pairs:
        first, second = per_auction(Tables.of(a.rows)), per_auction(Tables.of(b.rows))
        for name, series in first.items():
            for auction, value in sorted(series.items()):
                if auction in second[name]:
                    xs, ys = found.setdefault(name, ([], []))
                    xs.append(value)
                    ys.append(second[name][auction])
    return found


def _difference(
    name: str, values: tuple[Sequence[float], Sequence[float]], pair: Paired, p_all: float | None
) -> Difference:
    metric = metric_of(name)
    assert metric is not None
    drawn = None if pair.boot_low is None or pair.boot_high is None else (pair.boot_low, pair.boot_high)
    return Difference(
        figure=name,
        unit=metric.unit,
        better=metric.better,
        a=math.fsum(values[0]) / pair.n,
        b=math.fsum(values[1]) / pair.n,
        n=pair.n,
        effect=pair.mean,
        low=pair.low,
        high=pair.high,
        bootstrap=drawn,
        block=pair.block,
        p=pair.p,
        p_all=p_all,
        verdict=_verdict(metric.better, pair, p_all),
    )


def _verdict(better: Better, pair: Paired, p_all: float | None) -> str:
    if pair.same:
        return SAME
    if p_all is None:
        return f"too few pairs, n = {pair.n}"
    if p_all > 1 - LEVEL:
        return f"no difference seen at n = {pair.n}"
    if better == "neither":
        return "higher in B" if pair.mean > 0 else "lower in B"
    return "B is better" if (pair.mean > 0) == (better == "higher") else "A is better"
