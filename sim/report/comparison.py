"""The HTML page of a comparison: what differs between runs A and runs B, how surely, and both side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from node.report.numbers import NOTHING
from sim.metrics.compare import SAME, Comparison, Difference
from sim.metrics.registry import THEMES, metric_of
from sim.metrics.tables import Tables
from sim.recording.record import VariantRecord
from sim.report.canvas import Plot, draw
from sim.report.figures import difference, figure, unit_beside
from sim.report.gallery import GALLERY
from sim.report.html import fill

_TONES: Final = {"B is better": "better", "A is better": "worse"}


class Line(NamedTuple):
    """A difference as text. ``bar``: where the interval's left, its right and its middle are, in per cent."""

    name: str
    doc: str
    unit: str
    a: str
    b: str
    effect: str
    interval: str
    bar: tuple[float, float, float] | None
    n: int
    p: str
    verdict: str
    tone: str


def render_comparison(comparison: Comparison, sides: tuple[VariantRecord, VariantRecord] | None = None) -> str:
    """The page as text. ``sides``: a world of A and one of B to be drawn side by side."""
    differing = [d for d in comparison.differences if d.verdict != SAME]
    return fill(
        "comparison.html",
        comparison=comparison,
        counts=_counts(comparison),
        tested=sum(d.p_all is not None for d in differing),
        themes=_themes(differing),
        same=[d.figure for d in comparison.differences if d.verdict == SAME],
        plots=[] if sides is None else _plots(sides),
    )


def _counts(comparison: Comparison) -> list[tuple[str, int]]:
    found = Counter(d.verdict for d in comparison.differences)
    other = sum(found[verdict] for verdict in ("higher in B", "lower in B"))
    unclear = sum(count for verdict, count in found.items() if verdict.startswith(("no ", "too few")))
    return [
        ("B is better", found["B is better"]),
        ("A is better", found["A is better"]),
        ("differ, neither is better", other),
        ("no difference seen", unclear),
        (SAME, found[SAME]),
    ]


def _themes(differences: Sequence[Difference]) -> list[tuple[str, list[Line]]]:
    found = []
    for theme, metrics in THEMES.items():
        names = {metric.name for metric in metrics}
        lines = [_line(d) for d in differences if d.figure.partition(".")[0] in names]
        if lines:
            found.append((theme, lines))
    return found


def _line(d: Difference) -> Line:
    metric = metric_of(d.figure)
    interval = NOTHING
    if d.low is not None and d.high is not None:
        interval = f"{difference(d.low, d.figure)} … {difference(d.high, d.figure)}"
    return Line(
        name=d.figure,
        doc=metric.doc if metric else "",
        unit=unit_beside(metric) if metric else "",
        a=figure(d.a, d.figure),
        b=figure(d.b, d.figure),
        effect=difference(d.effect, d.figure),
        interval=interval,
        bar=_bar(d),
        n=d.n,
        p=NOTHING if d.p_all is None else "< 0.001" if d.p_all < 0.001 else f"{d.p_all:.3f}",
        verdict=d.verdict,
        tone=_TONES.get(d.verdict, ""),
    )


def _bar(d: Difference) -> tuple[float, float, float] | None:
    if d.low is None or d.high is None:
        return None
    reach = 1.08 * max(abs(d.low), abs(d.high), abs(d.effect))
    if not reach:  # differences that cancel out in every block
        return None
    left, right, middle = (round(50 + 50 * value / reach, 2) for value in (d.low, d.high, d.effect))
    return left, round(100 - right, 2), middle


def _plots(sides: tuple[VariantRecord, VariantRecord]) -> list[tuple[Plot, list[str]]]:
    tables = [Tables.of(side.rows) for side in sides]
    drawn = [(plot, draw(plot, tables)) for plot in GALLERY]
    return [(plot, drawings) for plot, drawings in drawn if drawings]
