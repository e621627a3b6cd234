"""Per cell of a sweep, each metric's mean over seeds with its 95 % interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from sim.sweep.grid import Cell


def summarised(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry per cell, in the order of results. ``folder`` has its runs; ``half``: half of Student's interval,
    0 for one run."""
    cells: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for result in results:
        cells.setdefault(tuple(result["changes"]), []).append(result)
    return [
        {
            "changes": list(changes),
            "folder": Cell(changes).id,
            "runs": len(found),
            "failed": sum("error" in result for result in found),
            "violations": sum(len(result.get("violations", ())) for result in found),
            "metrics": _means(found),
        }
        for changes, found in cells.items()
    ]


def _means(results: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    values: dict[str, list[float]] = {}
    for result in results:
        for name, value in result.get("metrics", {}).items():
            if value is not None:
                values.setdefault(name, []).append(value)
    return {name: _interval(found) for name, found in sorted(values.items())}


def _interval(values: Sequence[float]) -> dict[str, float]:
    mean, n = statistics.fmean(values), len(values)
    if n < 2:
        return {"mean": mean, "half": 0.0, "n": n}
    from scipy.stats import t

    half = float(t.ppf(0.975, n - 1)) * statistics.stdev(values) / math.sqrt(n)
    return {"mean": mean, "half": half, "n": n}
