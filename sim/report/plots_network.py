"""Plots of the network: batches in time with faults, propagation, time to settlement, traffic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from node.report.ink import INK, SOFT, colour, key
from sim.metrics.tables import Tables
from sim.metrics.timing import settle_times_s
from sim.recording.events import ENDS, EventKind
from sim.report.canvas import Empty, seconds, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Fault spans and marks drawn; a storm has more, and they would hide one another.
MAX_MARKS: Final = 200
#: Points; each kind of mark is smaller than the one before.
LARGEST_MARK: Final = 9.0
SMALLEST_MARK: Final = 2.5
MAX_BARS: Final = 40
MAX_KINDS: Final = 8
MB: Final = 1e6
_FAULTS: Final = {EventKind.CRASH: 1, EventKind.CUT: 4, EventKind.STORM: 3}
_MARKED: Final = {
    EventKind.LIE: ("v", 3),
    EventKind.CENSOR: ("v", 1),
    EventKind.EVIDENCE: ("D", 2),
    EventKind.BAN: ("P", 3),
    EventKind.JAIL: ("P", 1),
    EventKind.SLASH: ("D", 3),
    EventKind.OMITTED: ("x", 3),
    EventKind.FORK: ("X", 3),
    EventKind.HALT: ("s", 3),
}


def timeline(axes: Axes, tables: Tables) -> None:
    """Each auction where it was in time, as long as its phases took; faults shaded, what came of them marked."""
    rows = tables.auctions
    if not rows:
        raise Empty("No auction was settled.")
    phases = (
        ("batch", [seconds(row.batch_us - row.begun_us) for row in rows]),
        ("seal", [seconds(row.seal_us - row.batch_us) for row in rows]),
        ("settle", [seconds(row.settle_us - row.seal_us) for row in rows]),
    )
    starts = [seconds(row.begun_us) for row in rows]
    widths = [0.9 * seconds(max(1, row.settle_us - row.begun_us)) for row in rows]
    base = [0.0] * len(rows)
    for place, (name, heights) in enumerate(phases):
        tops = [low + height for low, height in zip(base, heights, strict=True)]
        hue = colour((0, 5, 7)[place])
        if len(rows) <= MAX_MARKS:
            axes.bar(starts, heights, widths, base, align="edge", color=hue, label=name)
        else:
            axes.fill_between(thinned(starts), thinned(base), thinned(tops), color=hue, label=name, linewidth=0)
        base = tops
    axes.set_ylim(0, 1.1 * max(base) or 1.0)
    _faults(axes, tables)
    axes.set_xlabel("virtual seconds")
    axes.set_ylabel("an auction's length, s")
    key(axes)


def _faults(axes: Axes, tables: Tables) -> None:
    named: set[str] = set()
    end = max(seconds(row.settle_us) for row in tables.auctions)
    for kind, begin, over in fault_spans(tables)[:MAX_MARKS]:
        until, hue = max(begin, end if over is None else over), colour(_FAULTS[kind])
        axes.axvspan(begin, until, color=hue, alpha=0.12, linewidth=0)
        axes.axvspan(begin, until, ymin=0.965, color=hue, label="" if kind in named else kind, linewidth=0)
        named.add(kind)
    top, size = axes.get_ylim()[1], LARGEST_MARK
    for kind, (marker, place) in _MARKED.items():
        times = [seconds(row.at_us) for row in tables.events if row.kind == kind][:MAX_MARKS]
        if times:
            at_top = [top] * len(times)
            (marks,) = axes.plot(times, at_top, marker, label=kind, clip_on=False, color=colour(place))
            marks.set(markersize=size, markeredgecolor=INK, markeredgewidth=0.6)
            # Smaller ones come on top: what happens at one moment, as evidence and its ban, is seen together.
            size = max(SMALLEST_MARK, 0.65 * size)


def fault_spans(tables: Tables) -> list[tuple[EventKind, float, float | None]]:
    """(kind, begin, end) of crashes, cuts and storms in seconds; an end of ``None`` is after the run's."""
    found: list[tuple[EventKind, float, float | None]] = []
    under_way: dict[tuple[EventKind, int, str], int] = {}
    begins = {end: begin for begin, end in ENDS.items()}
    for row in tables.events:
        if row.kind in ENDS:
            kind = EventKind(row.kind)
            under_way[_same(kind, row.node, row.detail)] = len(found)
            found.append((kind, seconds(row.at_us), None))
        elif row.kind in begins:
            kind = begins[EventKind(row.kind)]
            place = under_way.pop(_same(kind, row.node, row.detail), None)
            if place is not None:
                found[place] = (kind, found[place][1], seconds(row.at_us))
    return found


def _same(kind: EventKind, node: int, detail: str) -> tuple[EventKind, int, str]:
    """What a fault's end has in common with its begin: the node of a crash, the nodes of a cut."""
    return (kind, node, detail if kind == EventKind.CUT else "")


def propagation(axes: Axes, tables: Tables) -> None:
    """Over all messages: the share that had reached half, 99 of 100 and all of the nodes within a time."""
    rows = tables.propagation
    if not rows:
        raise Empty("No gossip was recorded.")
    _steps(axes, [row.p50_us / 1e3 for row in rows], 0, "half of the nodes")
    _steps(axes, [row.p99_us / 1e3 for row in rows], 1, "99 %")
    _steps(axes, [row.last_us / 1e3 for row in rows], 3, "the last", ":")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("milliseconds after publication")
    axes.set_ylabel("share of messages")
    key(axes)


def settlement(axes: Axes, tables: Tables) -> None:
    """From an intent's submission to its first trade: the share that had traded within a time."""
    times = settle_times_s(tables)
    if not times:
        raise Empty("No intent traded.")
    kinds: dict[str, list[float]] = {}
    for intent, fills in tables.fills_of.items():
        if intent in tables.submitted:
            row = tables.submitted[intent]
            kinds.setdefault(row.kind, []).append(seconds(fills[0].at_us - row.at_us))
    for place, kind in enumerate(tables.kinds[:MAX_KINDS]):
        if kind in kinds:
            _steps(axes, kinds[kind], place, f"{kind} ({len(kinds[kind])})")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("seconds from submission")
    axes.set_ylabel("share of those that traded")
    key(axes)


def _steps(axes: Axes, values: Sequence[float], place: int, label: str, style: str = "-") -> None:
    ordered = sorted(values)
    points = thinned([(value, rank / len(ordered)) for rank, value in enumerate(ordered, start=1)])
    xs, ys = zip(*points, strict=True)
    axes.step([0.0, xs[0], *xs], [0.0, 0.0, *ys], style, where="post", color=colour(place), label=label)


def traffic(axes: Axes, tables: Tables) -> None:
    """Megabytes each node sent and received; of many nodes, the busiest first, as a curve."""
    rows = tables.nodes
    if not any(row.bytes_out or row.bytes_in for row in rows):
        raise Empty("No traffic was counted.")
    if len(rows) <= MAX_BARS:
        xs = range(len(rows))
        axes.bar([x - 0.2 for x in xs], [row.bytes_out / MB for row in rows], 0.4, color=colour(0), label="sent")
        axes.bar(
            [x + 0.2 for x in xs], [row.bytes_in / MB for row in rows], 0.4, color=colour(1), label="received"
        )
        step = -(-len(rows) // 20)
        axes.set_xticks(list(xs)[::step], [str(row.node) for row in rows][::step])
        axes.grid(axis="x", visible=False)
        axes.set_xlabel("node")
    else:
        for place, (name, values) in enumerate(
            (("sent", [row.bytes_out for row in rows]), ("received", [row.bytes_in for row in rows]))
        ):
            ranked = sorted(values, reverse=True)
            axes.plot(
                thinned(range(1, len(rows) + 1)),
                thinned([v / MB for v in ranked]),
                color=colour(place),
                label=name,
            )
        validators = sum(row.validator for row in rows)
        axes.axvline(validators, color=SOFT, linestyle=":", linewidth=1.0, label=f"{validators} validators")
        axes.set_xlabel("nodes, the busiest first")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("MB over the run")
    key(axes)
