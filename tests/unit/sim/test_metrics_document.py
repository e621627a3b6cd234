"""The reference of metrics is the one that the code would print."""

from __future__ import annotations

from pathlib import Path

from sim.metrics.document import document
from sim.metrics.registry import METRICS
from sim.recording.rows import TABLES

DOCS = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"


def test_the_page_in_docs_is_up_to_date() -> None:
    """`python -m sim.metrics > docs/metrics.md` would change nothing."""
    assert DOCS.read_text("utf-8") == document()


def test_every_metric_and_table_is_in_it() -> None:
    """By name, with a row or paragraph of its own."""
    text = document()
    assert all(f"| `{name}`" in text for name in METRICS)
    assert all(f"**`{name}`**" in text for name in TABLES)
