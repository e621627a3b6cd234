"""One run of a sweep, wherever it is executed: description and seed in, figures out."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from intents.errors import InputError, Unreadable, WalrasError
from intents.strict_json import parse_json

#: Where a finished run's figures are.
RESULT: Final = "result.json"


@dataclass(frozen=True, slots=True)
class Task:
    """``document`` is the scenario with the cell's changes made; ``place`` the directory for its result."""

    document: Mapping[str, Any]
    changes: tuple[str, ...]
    seed: int
    place: str


def perform(task: Task) -> dict[str, Any]:
    """Run it and measure. What goes wrong in the world is a result like any other: one bad cell ends nothing."""
    from sim.metrics.registry import measure
    from sim.scenario.simulation import simulation_from
    from sim.world.running import World

    found: dict[str, Any] = {"changes": list(task.changes), "seed": task.seed}
    try:
        outcome = World(simulation_from(task.document, "sweep"), task.seed).run()
    except WalrasError as error:
        return {**found, "error": f"{error.code}: {error}"}
    return {
        **found,
        "trace_root": outcome.trace_root,
        "auctions": outcome.auctions,
        "violations": list(outcome.violations),
        "metrics": measure(outcome.recorder.rows),
    }


def write(result: Mapping[str, Any], place: Path) -> None:
    """There whole or not at all: what a killed sweep left half done is done again."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        part = place / f".{RESULT}.{os.getpid()}"
        part.write_text(json.dumps(result, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(place / RESULT)
    except OSError as error:
        raise Unreadable(str(place), (error.strerror or "cannot be written").lower()) from error


def done(place: Path) -> dict[str, Any] | None:
    """The result of an earlier run, if it is there and whole."""
    try:
        found = parse_json((place / RESULT).read_bytes(), RESULT, floats=True)
    except (OSError, InputError):
        return None
    return found if isinstance(found, dict) and _whole(found) else None


def _whole(found: Mapping[str, Any]) -> bool:
    """Whether the summary can be made of it: each part is what ``perform`` makes it."""
    changes, metrics = found.get("changes"), found.get("metrics", {})
    return (
        isinstance(changes, list)
        and all(isinstance(change, str) and "=" in change for change in changes)
        and isinstance(found.get("seed"), int)
        and (isinstance(found.get("trace_root"), str) or isinstance(found.get("error"), str))
        and isinstance(found.get("violations", []), list)
        and isinstance(metrics, dict)
        and all(value is None or (isinstance(value, float) and math.isfinite(value)) for value in metrics.values())
    )
