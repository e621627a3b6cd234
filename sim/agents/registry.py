"""The kinds of agents by name, and what genesis must know of a part of the population."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sim.agents.arbitrageur import Arbitrageur, ArbitrageurPart
from sim.agents.base import Agent
from sim.agents.informed import Informed, InformedPart
from sim.agents.maker import Maker, MakerPart
from sim.agents.oracle import Oracle, OraclePart
from sim.agents.part import AgentPart
from sim.agents.provider import Provider, ProviderPart
from sim.agents.retail import Retail, RetailPart
from sim.agents.sandwich import Sandwich, SandwichPart
from sim.agents.spammer import Spammer, SpammerPart
from sim.agents.stale import Stale, StalePart
from sim.agents.statistical import Statistical, StatisticalPart
from sim.agents.wash import Wash, WashPart

_ALL: Final[dict[str, tuple[type, Callable[[Any], Agent]]]] = {
    "retail": (RetailPart, Retail),
    "informed": (InformedPart, Informed),
    "maker": (MakerPart, Maker),
    "arbitrageur": (ArbitrageurPart, Arbitrageur),
    "liquidity-provider": (ProviderPart, Provider),
    "oracle": (OraclePart, Oracle),
    "spammer": (SpammerPart, Spammer),
    "sandwich": (SandwichPart, Sandwich),
    "wash": (WashPart, Wash),
    "stale-arbitrageur": (StalePart, Stale),
    "statistical-arbitrageur": (StatisticalPart, Statistical),
}
#: By kind, the record that declares a part of it.
KINDS: Final[dict[str, type]] = {kind: part for kind, (part, _) in _ALL.items()}


def kind_of(part: AgentPart) -> str:
    """The kind's name."""
    return next(kind for kind, found in KINDS.items() if found is type(part))


def make(part: AgentPart) -> Agent:
    """The agent that a part declares."""
    return _ALL[kind_of(part)][1](part)


def accounts(part: AgentPart) -> int:
    """How many accounts the part needs."""
    return part.count


def oracles(part: AgentPart) -> int:
    """How many of its accounts, the first ones, are oracles whose reports the ledger counts."""
    return part.count if isinstance(part, OraclePart) else 0


def funding(part: AgentPart, assets: Sequence[str]) -> dict[str, float]:
    """What each account begins with: value per asset, in whole numeraire units at the first prices.

    An equal part in each of ``assets`` that the part trades, and in the first, the numeraire, always.
    """
    chosen = [asset for asset in assets if not part.assets or asset in part.assets or asset == assets[0]]
    return {asset: part.funds / len(chosen) for asset in chosen} if part.funds else {}
