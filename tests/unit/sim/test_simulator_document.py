"""The simulator's document says what ships, and its example is one."""

from __future__ import annotations

import re
from pathlib import Path

from intents.strict_toml import parse_toml
from sim.scenario.catalog import find, names
from sim.scenario.extending import resolved
from sim.world.recording import prepared

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_the_table_names_every_shipped_scenario() -> None:
    """Each in a row of its own or with its kin."""
    table = DOCUMENT[DOCUMENT.index("## What ships") : DOCUMENT.index("## A run's directory")]
    assert set(re.findall(r"`([a-z0-9-]+)`", table)) == set(names())


def test_the_example_is_a_scenario() -> None:
    """It reads, with its variant and its claim."""
    (example,) = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    document = resolved(parse_toml(example.encode(), "example"), "example", lambda name: find(name).document)
    assert list(prepared(document, "example")) == ["base", "greedy"]
