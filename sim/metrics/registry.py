"""All metrics by name, grouped by theme, and the one call that takes them all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from sim.metrics import (
    agents,
    censorship,
    execution,
    fairness,
    filling,
    liquidity,
    network,
    price,
    safety,
    solvers,
    timing,
    welfare,
)
from sim.metrics.base import Metric
from sim.metrics.tables import Tables
from sim.recording.record import Rows

#: Themes in the order reports show them.
THEMES: Final[dict[str, tuple[Metric, ...]]] = {
    "Welfare": welfare.METRICS,
    "Prices": price.METRICS,
    "Fills": filling.METRICS,
    "Fairness": fairness.METRICS,
    "Execution against outside prices": execution.METRICS,
    "Solvers": solvers.METRICS,
    "Liquidity": liquidity.METRICS,
    "Agents": agents.METRICS,
    "Times": timing.METRICS,
    "Network": network.METRICS,
    "Censorship": censorship.METRICS,
    "Safety": safety.METRICS,
}

METRICS: Final[dict[str, Metric]] = {metric.name: metric for metrics in THEMES.values() for metric in metrics}
assert len(METRICS) == sum(map(len, THEMES.values())), "two metrics have one name"


def measure(rows: Rows) -> dict[str, float | None]:
    """Every metric of a run's tables: ``name``, or ``name.key`` for each of a family; ``None`` if undefined."""
    tables = Tables.of(rows)
    found: dict[str, float | None] = {}
    for metric in METRICS.values():
        value = metric.call(tables)
        if isinstance(value, Mapping):
            found.update({f"{metric.name}.{key}": _finite(part) for key, part in value.items()})
        else:
            found[metric.name] = _finite(value)
    return found


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def metric_of(figure: str) -> Metric | None:
    """The metric that a figure's name belongs to: ``name`` or ``name.key``; none if there is none such."""
    name, dot, key = figure.partition(".")
    found = METRICS.get(name)
    return found if found and bool(found.per) == bool(dot and key) else None
