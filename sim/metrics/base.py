"""What a metric is: a named pure function of a run's tables, with its unit and which way is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sim.metrics.tables import Tables

Better = Literal["higher", "lower", "neither"]
#: One figure, none where it is undefined, or a family of figures by key.
Value = float | None | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """``doc`` is the formula with its source; ``per`` says what the keys of a family are (empty: one figure).

    The figures of a family are named ``name.key``.
    """

    name: str
    unit: str
    better: Better
    call: Callable[[Tables], Value]
    per: str = ""

    @property
    def doc(self) -> str:
        """The call's docstring, on one line per paragraph."""
        paragraphs = (self.call.__doc__ or "").strip().split("\n\n")
        return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def metric(call: Callable[[Tables], Value], unit: str, better: Better, per: str = "") -> Metric:
    """A metric called like its function."""
    return Metric(call.__name__, unit, better, call, per)
