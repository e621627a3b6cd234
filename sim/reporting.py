"""What a campaign says of itself: counts, violations by kind, and how to see each again."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from node.cli.command import Settings
from sim.campaign import World, run_world
from sim.tracing import Recent

#: Violations told one by one.
MAX_TOLD: Final = 20


def summary(worlds: Iterable[World], events: int = 0) -> dict[str, Any]:
    """All figures of a campaign; rates are per second of wall clock. The first world that fails is run once more
    for the last ``events`` of what happened in it."""
    began = time.perf_counter()
    kinds: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    totals: Counter[str] = Counter()
    for world in worlds:
        totals.update(seeds=1, events=world.events, messages=world.messages, crashes=world.crashes)
        totals.update(heights=world.heights, trades=world.trades)
        for found in world.violations:
            kinds[found.kind] += 1
            if len(told) < MAX_TOLD:
                again = f"walras sim campaign --seeds 1 --first-seed {found.seed} --trace 200"
                told.append({"seed": found.seed, "kind": found.kind, "detail": found.detail, "again": again})
    seconds = max(time.perf_counter() - began, 1e-9)
    report = {
        **totals,
        "seconds": round(seconds, 3),
        "seeds_per_second": round(totals["seeds"] / seconds, 2),
        "violations": dict(sorted(kinds.items())),
        "told": told,
    }
    if told and events:
        recent = Recent(events)
        run_world(told[0]["seed"], recent=recent)
        report["trace"] = recent.lines()
    return report


def text(report: dict[str, Any]) -> str:
    lines = [
        f"{report['seeds']} worlds, {report['heights']} heights, {report['trades']} trades, "
        f"{report['events']} events, {report['messages']} messages, {report['crashes']} crashes",
        f"{report['seconds']} s, {report['seeds_per_second']} worlds/s",
    ]
    if not report["violations"]:
        return "\n".join([*lines, "no violation"])
    lines += [f"{kind}: {count}" for kind, count in report["violations"].items()]
    lines += [
        f"seed {item['seed']}: {item['kind']}: {item['detail']}\n  {item['again']}" for item in report["told"]
    ]
    if "trace" in report:
        lines += [f"what led to it, from seed {report['told'][0]['seed']}:", *report["trace"]]
    return "\n".join(lines)


@contextmanager
def progress(settings: Settings, total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr where that is a terminal."""
    if settings.quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("worlds", total=total)
        yield lambda: bar.advance(task)
