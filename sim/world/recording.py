"""A scenario run with all its variants from one seed, as the record that a run directory holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tomli_w

from intents.errors import WrongValue
from intents.near import did_you_mean
from sim.agents.registry import kind_of
from sim.metrics.registry import METRICS, measure, metric_of
from sim.recording.provenance import platform, versions
from sim.recording.record import RunRecord, VariantRecord
from sim.scenario.claims import check_claims, judged, needs
from sim.scenario.simulation import BASE, Simulation, variants_of
from sim.world.running import World

#: Told of every auction settled: which variant, which auction, of how many.
Advance = Callable[[str, int, int], None]


def prepared(document: Mapping[str, Any], where: str, only: Sequence[str] = ()) -> dict[str, Simulation]:
    """The scenario's variants, or those of ``only``; everything about them checked before anything runs."""
    found = variants_of(document, where)
    check_claims(found[BASE].claims, list(found), lambda variant, name: _asked(found[variant], name), where)
    for name in only:
        if name not in found:
            raise WrongValue(f"{where}: variants", f"one of {', '.join(found)}", repr(name))
    return {name: simulation for name, simulation in found.items() if not only or name in only}


def _asked(simulation: Simulation, name: str) -> str:
    """What a claim should name instead of ``name``: a metric, and of a family one that this world can have."""
    metric, key = metric_of(name), name.partition(".")[2]
    if metric is None:
        family = METRICS.get(name.partition(".")[0])
        if family is None:
            return "a metric, variant:metric or a number" + did_you_mean(name, METRICS)
        return f"{family.name}.{family.per}" if family.per else f"a family: it is {family.name} alone"
    parties = {
        "solver": [part.name for part in simulation.solvers],
        "strategy": [part.strategy.value for part in simulation.solvers],
        "agent": [part.name for part in simulation.agents],
        "kind of agent": [kind_of(part) for part in simulation.agents],
    }.get(metric.per)
    if parties is None or key in parties:
        return ""
    return f"{metric.name} of a {metric.per} of this world: {', '.join(dict.fromkeys(parties))}"


def recorded(
    document: Mapping[str, Any], variants: Mapping[str, Simulation], seed: int, advance: Advance | None = None
) -> tuple[RunRecord, dict[str, tuple[str, ...]]]:
    """Run what ``prepared`` found in ``document``; the record, and per variant what was violated."""
    first = next(iter(variants.values()))
    records: dict[str, VariantRecord] = {}
    broken: dict[str, tuple[str, ...]] = {}
    for name, simulation in variants.items():
        world = World(simulation, seed)
        outcome = world.run(_told(advance, name, simulation.auctions))
        rows = outcome.recorder.rows
        records[name] = VariantRecord(rows, outcome.trace_root, measure(rows), outcome.recorder.dropped)
        if outcome.violations:
            broken[name] = outcome.violations
    measured = {name: record.metrics for name, record in records.items()}
    claims = [claim for claim in first.claims if needs(claim) <= set(variants)]
    record = RunRecord(
        name=first.name,
        seed=seed,
        config=tomli_w.dumps(dict(document)),
        variants=records,
        title=first.title,
        claims=judged(claims, measured),
        versions=versions(),
        platform=platform(),
    )
    return record, broken


def _told(advance: Advance | None, name: str, auctions: int) -> Callable[[int], None]:
    if advance is None:
        return lambda auction: None
    return lambda auction: advance(name, auction, auctions)
