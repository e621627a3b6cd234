"""A validator that stops proposing, in a whole simulation: jailed, told of in tables and report, let back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sim.metrics.registry import measure
from sim.recording.events import EventKind
from sim.recording.record import RunRecord
from sim.recording.store import read_run, write_run
from sim.scenario.catalog import find
from sim.scenario.override import changed
from sim.world.recording import prepared, recorded

#: It has missed 25 turns, one in four heights, after some 100; 10 auctions later it may propose again.
GONE: Final = 3
CHANGES: Final = (
    "auctions = 60",
    f'faults = [{{kind = "crash", at_s = 0.5, for_s = 145.0, nodes = [{GONE}]}}]',
    "agents.people =",
    "solvers.beta =",
    "solvers.gamma =",
)
CLAIMS: Final = (
    {"says": "Whoever is gone is put out", "left": "jailings", "sign": "==", "right": "1"},
    {"says": "Nobody is put out for a lie", "left": "bans", "sign": "==", "right": "0"},
    {"says": "Nobody is ever put out", "left": "jailings", "sign": "==", "right": "0"},
)


@lru_cache(maxsize=1)
def ran() -> RunRecord:
    source = find("honest-4")
    document: Mapping[str, Any] = {**changed(source.document, CHANGES), "claims": list(CLAIMS)}
    record, broken = recorded(document, prepared(document, source.where), 1)
    assert broken == {}
    return record


def rows(record: RunRecord, table: str) -> Any:
    (variant,) = record.variants.values()
    return variant.rows[table]


def test_a_validator_that_misses_its_turns_is_out_until_its_time_is_over() -> None:
    """Its turns cost a round each until it is jailed, none after that; it proposes again once it may."""
    crash, jail, restart = rows(ran(), "events")
    assert [crash.kind, jail.kind, restart.kind] == [EventKind.CRASH, EventKind.JAIL, EventKind.RESTART]
    assert {crash.node, jail.node, restart.node} == {GONE}
    heights = rows(ran(), "heights")
    before = [row for row in heights if row.first_us <= jail.at_us]
    after = heights[len(before) :]
    assert sum(row.round for row in before) == 25
    assert sum(row.round for row in after) == 0
    out = [row for row in after if row.auction < before[-1].auction + 10]
    assert GONE not in {row.proposer for row in out}
    assert [row.proposer for row in after[-8:]].count(GONE) == 2


def test_claims_tables_and_report_tell_of_the_jail(tmp_path: Path) -> None:
    """What is written and read again has the event and its metric, claims are judged by it, the page draws it."""
    write_run(tmp_path / "run", ran())
    kept = read_run(tmp_path / "run")
    assert rows(kept, "events") == rows(ran(), "events")
    (variant,) = kept.variants.values()
    assert measure(variant.rows)["jailings"] == variant.metrics["jailings"] == 1.0
    assert [(claim.text, claim.holds) for claim in kept.claims] == [
        (claim["says"], holds) for claim, holds in zip(CLAIMS, (True, True, False), strict=True)
    ]
    page = (tmp_path / "run" / "report.html").read_text()
    assert all(claim["says"] in page for claim in CLAIMS)
    assert ">jail<" in page
