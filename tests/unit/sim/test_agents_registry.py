"""The population as declared: every kind is made from its record, is funded, and lives the same life again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest

from intents.errors import InputError
from scenarios.records import record
from scenarios.schema import schema_of
from sim.agents.oracle import OraclePart
from sim.agents.part import AgentPart
from sim.agents.registry import KINDS, accounts, funding, kind_of, make, oracles
from sim.agents.retail import RetailPart
from sim.agents.wash import WashPart
from sim.prices.declared import Law, PricesPart
from tests.desks import Town, book, pool

#: Every kind at once, retail with every kind of intent.
EVERYBODY: dict[str, dict[str, Any]] = {
    **{kind: {"name": kind} for kind in KINDS},
    "retail": {
        "name": "retail",
        "per_minute": 240.0,
        "pattern": "hawkes",
        "sizes": "pareto",
        "stop_share": 0.1,
        "profit_share": 0.1,
        "bracket_share": 0.1,
        "trailing_share": 0.1,
        "twap_share": 0.1,
        "later_share": 0.1,
        "return_share": 0.1,
    },
    "liquidity-provider": {"name": "liquidity-provider", "every_s": 2.0},
    "oracle": {"name": "oracle", "count": 3, "noise_bps": 5.0, "lag_ms": 700},
}


def life(seed: int) -> str:
    """A digest of everything that everybody hands in over six auctions of moving prices."""
    parts: list[AgentPart] = [record(KINDS[kind], declared, "") for kind, declared in EVERYBODY.items()]
    moves = PricesPart(law=Law.JUMPS, volatility_bps=800.0, jumps_per_hour=900.0, correlation=0.5)
    town = Town(parts, seed=seed, moves=moves, venues=[pool(), book()], solver="baseline").run(6)
    return hashlib.sha256(b"".join(town.items) + town.chain.previous).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_of_its_record(kind: str) -> None:
    """Empty but for a name, a record has defaults within their own bounds, each with its meaning."""
    part: AgentPart = record(KINDS[kind], {"name": "x"}, "")
    assert kind_of(part) == kind
    assert make(part) is not make(part)
    for field in fields(part):
        assert field.metadata["doc"]
        if "low" in field.metadata:
            assert field.metadata["low"] <= getattr(part, field.name) <= field.metadata["high"]
    schema = schema_of(KINDS[kind], kind, ("name",))
    assert schema["properties"]["name"]["type"] == "string"
    assert json.dumps(schema)
    assert not str(KINDS[kind].__doc__).startswith(f"{KINDS[kind].__name__}(")


def test_unknown_and_absurd_fields_are_refused() -> None:
    """By their place, with what was perhaps meant."""
    with pytest.raises(InputError, match="per_minute"):
        record(RetailPart, {"per_minut": 1.0}, "agents[0].")
    with pytest.raises(InputError, match="count"):
        record(WashPart, {"count": 1}, "agents[0].")


def test_funds_are_an_equal_part_in_each_asset() -> None:
    """Of those the part trades, and always of the numeraire; every account alike."""
    everything = ["CASH", "GOLD", "SALT"]
    assert funding(RetailPart(funds=9.0), everything) == {"CASH": 3.0, "GOLD": 3.0, "SALT": 3.0}
    assert funding(RetailPart(funds=9.0, assets=("SALT",)), everything) == {"CASH": 4.5, "SALT": 4.5}
    assert funding(RetailPart(funds=9.0, assets=("CASH",)), everything) == {"CASH": 9.0}
    assert funding(RetailPart(funds=0.0), everything) == {}
    assert accounts(RetailPart(count=7)) == 7
    assert (oracles(OraclePart(count=3)), oracles(RetailPart(count=3))) == (3, 0)


def test_a_seed_is_a_life_whatever_the_process_and_its_hash_seed() -> None:
    """Every byte that anybody hands in, and the last block."""
    here = life(1)
    assert here != life(2)
    script = "from tests.unit.sim.test_agents_registry import life; print(life(1))"
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == here
