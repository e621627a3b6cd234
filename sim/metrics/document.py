"""The reference of metrics and tables, ``docs/metrics.md``: printed by ``python -m sim.metrics``."""

from __future__ import annotations

from typing import Final

from sim.metrics.base import Metric
from sim.metrics.registry import THEMES
from sim.recording.events import EventKind
from sim.recording.rows import TABLES
from sim.recording.tables import columns

_HEAD: Final = """\
# Figures of a simulation, and the tables they come from

Printed by `python -m sim.metrics`.

A run directory holds `run.json` (seed, trace roots, versions, figures, claims with verdicts), `scenario.toml`
(as resolved), one Parquet file per table, `run.sqlite` with the same tables and the figures, and
`report.html`. Each table begins with the column `variant`. Tables are read back only if their bytes are those
that were written.

Every figure is computed from the tables alone (`sim.metrics.registry.measure`). A claim of a scenario names a
figure as `name`, `variant:name`, or, where the table below says "per", `name.key` (`solver_profit.alpha`). A
figure is undefined, never 0, where its formula divides by nothing; a claim about it is then undecided. Money
is in whole units of the numeraire, valued at outside prices. Quantiles are by nearest rank.
"""

_COMPARING: Final = """\
## Comparing runs

`walras sim report A B` pairs what shares everything but the thing compared, and reports B − A:

- with three or more seeds on both sides, runs of the same seed: Student's paired interval and test, beside a
  bootstrap interval;
- with fewer, auctions of the same number in runs of the same seed (eight at least). Auctions in a row resemble
  one another, so blocks of ⌈n^(1/3)⌉ of them count: the standard error is a circular block bootstrap's, with
  Student's t for that many blocks. Only figures that mean something for one auction are compared, and what is
  seen holds for these seeds.

How often such a 95 % interval held the true mean, of 600 series of n normal differences each following the one
before with correlation r (plain percentile intervals of the same blocks in brackets):

| n | r = 0 | r = 0.3 | r = 0.6 |
|---|---|---|---|
| 8 | 96 % (85) | 94 % (74) | 85 % (59) |
| 12 | 99 % (83) | 94 % (76) | 91 % (68) |
| 30 | 97 % (90) | 94 % (86) | 87 % (76) |
| 120 | 94 % (92) | 93 % (91) | 90 % (87) |

Intervals are at 95 % for each figure by itself. A verdict ("A is better") is given where p is below 0.05
after Holm's correction for all figures that differ in any pair; otherwise it is "no difference seen at n =
…". Figures that are equal in every pair are listed apart. Resamples come from a fixed seed: the same runs
give the same page.
"""


def document() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for theme, metrics in THEMES.items():
        parts.append(f"## {theme}\n")
        parts.append(
            "\n".join(["| figure | unit | better | what it is |", "|---|---|---|---|", *map(_row, metrics)])
        )
        parts.append("")
    parts.append(_COMPARING)
    parts.append("## Tables\n")
    parts.extend(map(_table, TABLES))
    parts.append("Kinds of events: " + ", ".join(f"`{kind}`" for kind in EventKind) + ".")
    return "\n".join(parts) + "\n"


def _row(metric: Metric) -> str:
    name = f"`{metric.name}`" + (f" per {metric.per}" if metric.per else "")
    doc = metric.doc.replace("\n", " ").replace("|", "\\|").replace("``", "`")
    return f"| {name} | {metric.unit} | {metric.better} | {doc} |"


def _table(table: str) -> str:
    doc = " ".join((TABLES[table].__doc__ or "").split()).replace("``", "`")
    shape = ", ".join(f"`{column.name}` {column.kind.__name__}" for column in columns(table))
    return f"**`{table}`** {doc}\n{shape}\n"
