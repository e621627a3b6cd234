"""The JSON Schema of a simulation's TOML takes every file that ships, and refuses what the reader refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scenarios.schema import schema_of
from sim.scenario.extending import extendable
from sim.scenario.parts import Lie, Strategy
from sim.scenario.simulation import Simulation

SHIPPED = sorted((Path(__file__).parents[3] / "scenarios" / "simulations").glob("*.toml"))
VALID = jsonschema_rs.validator_for(extendable(schema_of(Simulation, "Walras simulation", ("name", "assets"))))


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_schema_takes_what_ships(path: Path) -> None:
    """Those that extend another too."""
    VALID.validate(read(path))


def test_docs_tell_of_every_strategy_and_lie() -> None:
    """A row each, and no other."""
    page = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for head, words in (("| strategy | does |", Strategy), ("| lie | does |", Lie)):
        rows = page.partition(head)[2].partition("\n\n")[0].splitlines()[2:]
        assert sorted(row.split("`")[1] for row in rows) == sorted(words)


def test_schema_refuses_what_is_wrong() -> None:
    """A key nobody knows, a value of another type, and a file that neither extends one nor has assets."""
    market = read(SHIPPED[0].with_name("market.toml"))
    for wrong in ({"auction": 3}, {"auctions": "3"}, {"extends": 3}):
        assert not VALID.is_valid({**market, **wrong})
    assert not VALID.is_valid({"name": "bare"})
    assert VALID.is_valid({"name": "bare", "extends": "market"})
