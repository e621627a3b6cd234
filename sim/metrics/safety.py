"""Whether the network stayed one and stayed alive: forks, halts, gaps, recovery after faults."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

from sim.metrics.base import Value, metric
from sim.metrics.statistics import quantile
from sim.metrics.tables import Tables
from sim.recording.events import ENDS, EventKind

S_US = 1_000_000.0


def forks(tables: Tables) -> Value:
    """Heights at which two nodes decided different blocks, and forks seen otherwise. Must be 0."""
    seen = {row.detail for row in tables.events if row.kind == EventKind.FORK}
    return float(len(seen | {str(row.height) for row in tables.heights if row.blocks > 1}))


def roots_per_height(tables: Tables) -> Value:
    """The most different state roots that nodes had after one height. Must be 1."""
    ends: dict[int, set[str]] = {}
    for row in tables.nodes:
        if row.root:
            ends.setdefault(row.height, set()).add(row.root)
    counts = [row.roots for row in tables.heights] + [len(roots) for roots in ends.values()]
    return float(max(counts)) if counts else None


def halts(tables: Tables) -> Value:
    """Nodes that stopped for good."""
    return float(len({row.node for row in tables.events if row.kind == EventKind.HALT}))


def crashes(tables: Tables) -> Value:
    """How often nodes died."""
    return float(sum(row.crashes for row in tables.nodes))


def evidence(tables: Tables) -> Value:
    """Proofs of misbehaviour that blocks carry."""
    return float(sum(row.kind == EventKind.EVIDENCE for row in tables.events))


def bans(tables: Tables) -> Value:
    """Validators put out for misbehaviour that a block carried the proof of."""
    return float(len({row.node for row in tables.events if row.kind == EventKind.BAN}))


def jailings(tables: Tables) -> Value:
    """How often a validator was put out for a time because it missed its turns."""
    return float(sum(row.kind == EventKind.JAIL for row in tables.events))


def longest_gap_s(tables: Tables) -> Value:
    """The longest time between two settlements, the first counted from the first auction's begin."""
    times = sorted(row.settle_us for row in tables.auctions)
    if not times:
        return None
    begun = min(row.begun_us for row in tables.auctions)
    return max(later - earlier for earlier, later in pairwise([begun, *times])) / S_US


def recovery_p50_s(tables: Tables) -> Value:
    """The median time from a fault's end (restart, heal, calm) to the next height decided anywhere."""
    return quantile(_recoveries(tables), 0.5)


def recovery_max_s(tables: Tables) -> Value:
    """The longest of these times."""
    return max(_recoveries(tables), default=None)


def _recoveries(tables: Tables) -> list[float]:
    """Ends of faults after which nothing was decided any more do not count: the gap and halts tell of them."""
    decided = sorted(row.first_us for row in tables.heights) or sorted(row.settle_us for row in tables.auctions)
    ends = [row.at_us for row in tables.events if row.kind in ENDS.values()]
    places = [(end, bisect_left(decided, end)) for end in ends]
    return [(decided[place] - end) / S_US for end, place in places if place < len(decided)]


METRICS = (
    metric(forks, "heights", "lower"),
    metric(roots_per_height, "roots", "lower"),
    metric(halts, "nodes", "lower"),
    metric(crashes, "crashes", "neither"),
    metric(evidence, "proofs", "neither"),
    metric(bans, "validators", "neither"),
    metric(jailings, "times", "neither"),
    metric(longest_gap_s, "s", "lower"),
    metric(recovery_p50_s, "s", "lower"),
    metric(recovery_max_s, "s", "lower"),
)
