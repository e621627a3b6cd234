"""What agents made of what they had: profit by agent and by kind, attackers' gains and their victims' losses."""

from __future__ import annotations

from typing import Final

from sim.metrics.base import Value, metric
from sim.metrics.execution import sales
from sim.metrics.statistics import ratio, sums, total
from sim.metrics.tables import Tables
from sim.recording.rows import WealthRow

#: Kinds of agents that are out to harm.
ATTACKERS: Final = frozenset({"sandwich", "spammer", "stale-arbitrageur", "wash"})


def agent_profit(tables: Tables) -> Value:
    """Each agent's wealth at the end minus what its first holdings would be worth then."""
    return {name: row.value - row.held for name, row in _last(tables).items()}


def kind_profit(tables: Tables) -> Value:
    """The same summed over agents of a kind."""
    return sums((row.kind, row.value - row.held) for row in _last(tables).values())


def attacker_profit(tables: Tables) -> Value:
    """The profit of all attackers together; undefined where there are none."""
    found = [row.value - row.held for row in _last(tables).values() if row.kind in ATTACKERS]
    return total(found) if found else None


def _last(tables: Tables) -> dict[str, WealthRow]:
    return {row.agent: row for row in tables.wealth}


def victim_loss(tables: Tables) -> Value:
    """What others lost in auctions in which an attacker traded, beyond what they lose in those without one.

    Σ shortfall − volume · (shortfall / volume elsewhere), shortfall being value − got at the outside prices of
    submission; undefined unless there are fills of others on both sides.
    """
    attacked = {row.auction for row in tables.fills if tables.kind(row) in ATTACKERS}
    lost, volume = [0.0, 0.0], [0.0, 0.0]
    for sale in sales(tables):
        if sale.kind not in ATTACKERS:
            side = sale.fill.auction in attacked
            lost[side] += sale.value - sale.got
            volume[side] += sale.value
    usual = ratio(lost[False], volume[False])
    return None if usual is None or volume[True] <= 0 else lost[True] - volume[True] * usual


METRICS = (
    metric(agent_profit, "numeraire", "neither", "agent"),
    metric(kind_profit, "numeraire", "neither", "kind of agent"),
    metric(attacker_profit, "numeraire", "lower"),
    metric(victim_loss, "numeraire", "lower"),
)
