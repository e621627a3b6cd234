"""A run as one value: what was asked, what each variant left, and which claims came out true."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sim.recording.rows import TABLES, Row

Rows = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the scenario and its verdict; ``None`` where a figure it needs is undefined.

    ``figures`` are those the verdict was reached from, by name (``variant:metric`` or ``metric``), in order;
    ``test`` is what was held of them (``forks = 0``), empty in runs recorded before it was kept.
    """

    text: str
    holds: bool | None
    figures: Mapping[str, float | None] = field(default_factory=dict)
    test: str = ""


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """One world of a run. ``rows`` by table name; ``dropped`` counts rows that the recorder had no room for."""

    rows: Rows
    trace_root: str
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    def table(self, name: str) -> Sequence[Row]:
        """The rows of a table; none where it was not recorded."""
        assert name in TABLES, name
        return self.rows.get(name, ())


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A whole run. ``config`` is the resolved scenario as TOML; ``variants`` in the order shown, the base first.

    ``versions`` and ``platform`` say what it ran on: ``sim.recording.provenance`` has those of this process.
    """

    name: str
    seed: int
    config: str
    variants: Mapping[str, VariantRecord]
    title: str = ""
    claims: Sequence[Claim] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""

    @property
    def trace_root(self) -> str:
        """The only variant's, or SHA-256 over the lines ``name root`` of all of them."""
        roots = [(name, variant.trace_root) for name, variant in self.variants.items()]
        if len(roots) == 1:
            return roots[0][1]
        return hashlib.sha256("".join(f"{name} {root}\n" for name, root in roots).encode()).hexdigest()
