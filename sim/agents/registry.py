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


def funds(part: AgentPart, assets: Sequence[str]) -> list[tuple[float, ...]]:
    """Per account, what it begins with: value in each of ``assets`` (all there are, the numeraire first), in whole
    numeraire units at the first prices. An equal part in each asset that the part trades, the numeraire always."""
    trades = [not part.assets or asset in part.assets or asset == assets[0] for asset in assets]
    each = part.funds / sum(trades)
    return [tuple(each if chosen else 0.0 for chosen in trades) for _ in range(accounts(part))]


def funding(part: AgentPart, assets: Sequence[str]) -> dict[str, float]:
    """The same for any one account, by asset."""
    each = dict(zip(assets, funds(part, assets)[0], strict=True))
    return {asset: value for asset, value in each.items() if value}
