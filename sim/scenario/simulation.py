"""A simulation's description as a whole, and its reader: TOML in, a checked record out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from intents.errors import WrongValue
from intents.strict_toml import parse_toml
from scenarios.declare import number, part, parts, text
from scenarios.read import NAME
from scenarios.records import record
from sim.agents.registry import KINDS
from sim.prices.declared import PricesPart
from sim.scenario.override import changed
from sim.scenario.parts import (
    FAULTS,
    AssetPart,
    Byzantine,
    ChainPart,
    Claim,
    ClockJump,
    Crash,
    Late,
    NetworkPart,
    Partition,
    Pool,
    SolverPart,
    Variant,
    VenuePart,
)
from solver.registry import NAMES as SOLVERS

#: The name of what runs without any variant's changes.
BASE: Final = "base"
_ASSET: Final = re.compile(r"[A-Z0-9]{1,16}")
MAX_MACHINES: Final = 300
#: Names told of those that would do.
MAX_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Simulation:
    """A world of nodes, people and faults; run from a seed it always goes the same way."""

    name: str = text("", "short name: a-z, 0-9 and dashes")
    title: str = text("", "what it is about, in a line")
    seed: int = number(1, 0, 2**32 - 1, "default seed")
    auctions: int = number(10, 1, 100_000, "how many auctions are run")
    limit_s: float = number(600.0, 1.0, 1e7, "virtual seconds after which it ends all the same")
    fairness: bool = text(True, "whether every auction gets a fairness report (slow where batches are large)")
    chain: ChainPart = part(ChainPart, "the agreement and its rules")
    network: NetworkPart = part(NetworkPart, "nodes and links")
    prices: PricesPart = part(PricesPart, "how outside prices move")
    assets: tuple[AssetPart, ...] = parts("what is traded; the first is the numeraire", most=64)
    venues: tuple[VenuePart, ...] = parts("liquidity at the start")
    agents: tuple[Any, ...] = parts("the population", KINDS)
    solvers: tuple[SolverPart, ...] = parts("who answers auctions", most=64)
    faults: tuple[Any, ...] = parts("what goes wrong", FAULTS)
    variants: tuple[Variant, ...] = parts("the same world, something changed", most=16)
    claims: tuple[Claim, ...] = parts("what this simulation is to show", most=32)


def simulation_from(document: Mapping[str, Any], where: str) -> Simulation:
    """The simulation in a TOML document. Raises an ``InputError`` naming the place and the value."""
    found = record(Simulation, document, f"{where}: ")
    _name(found.name, f"{where}: name")
    _check_assets(found, where)
    _check_nodes(found, where)
    _check_names(found, where)
    _check_solvers(found, where)
    return found


def simulation_from_toml(data: bytes, where: str, changes: Iterable[str] = ()) -> Simulation:
    """The simulation that ``data`` describes, with ``changes`` (``path = value``) made first."""
    return simulation_from(changed(parse_toml(data, where), changes), where)


def variants_of(document: Mapping[str, Any], where: str) -> dict[str, Simulation]:
    """The simulation as it is, and each of its variants."""
    base = simulation_from(document, where)
    found = {BASE: base}
    for variant in base.variants:
        _name(variant.name, f"{where}: variants.name")
        if variant.name in found:
            raise WrongValue(f"{where}: variants.name", "a name of its own", repr(variant.name))
        found[variant.name] = simulation_from(changed(document, variant.set), f"{where}: variant {variant.name}")
    return found


def _name(name: str, where: str) -> None:
    if not NAME.fullmatch(name):
        raise WrongValue(where, "a name of a-z, 0-9 and dashes (at most 64)", repr(name))


def _check_assets(found: Simulation, where: str) -> None:
    ids = [asset.id for asset in found.assets]
    if len(ids) < 2:
        raise WrongValue(f"{where}: assets", "at least two, the numeraire first", str(len(ids)))
    if found.assets and found.assets[0].price != 1.0:
        raise WrongValue(
            f"{where}: assets[0].price", "1.0: the first asset is the numeraire", str(found.assets[0].price)
        )
    for number_, asset in enumerate(ids):
        if not _ASSET.fullmatch(asset) or asset in ids[:number_]:
            raise WrongValue(f"{where}: assets[{number_}].id", "a name of its own, A-Z and 0-9", repr(asset))
    for number_, venue in enumerate(found.venues):
        place = f"{where}: venues[{number_}]"
        if not venue.id:
            raise WrongValue(f"{place}.id", "a name", "''")
        if len(venue.assets) != 2 or venue.assets[0] == venue.assets[1] or not set(venue.assets) <= set(ids):
            raise WrongValue(f"{place}.assets", f"two of {', '.join(ids)}", repr(list(venue.assets)))
        if venue.type is Pool.STABLE and _prices_apart(found, venue.assets):
            raise WrongValue(f"{place}.type", "another pool for assets whose prices differ", "'stable'")


def _prices_apart(found: Simulation, pair: tuple[str, ...]) -> bool:
    first, second = (next(asset.price for asset in found.assets if asset.id == name) for name in pair)
    return not 0.8 < first / second < 1.25


def _check_nodes(found: Simulation, where: str) -> None:
    machines = found.chain.validators + found.network.followers
    if found.network.nodes < machines:
        raise WrongValue(
            f"{where}: network.nodes", f"at least {machines}, validators and followers", str(found.network.nodes)
        )
    if machines + len(found.solvers) > MAX_MACHINES:
        raise WrongValue(
            f"{where}: network.followers", f"at most {MAX_MACHINES} nodes with a ledger", str(machines)
        )
    for number_, fault in enumerate(found.faults):
        limit = found.chain.validators if isinstance(fault, Byzantine) else machines
        nodes = fault.nodes if isinstance(fault, Crash | Late | ClockJump | Partition | Byzantine) else ()
        for node in nodes:
            if not 0 <= node < limit:
                raise WrongValue(f"{where}: faults[{number_}].nodes", f"numbers from 0 to {limit - 1}", str(node))
    cuts = sorted((fault.at_s, fault.for_s) for fault in found.faults if isinstance(fault, Partition))
    for (at_s, for_s), (next_s, _) in pairwise(cuts):
        if next_s < at_s + for_s:
            raise WrongValue(f"{where}: faults", "partitions one after the other", f"one at {next_s} s")


def _check_names(found: Simulation, where: str) -> None:
    """Parts that others refer to by name have names of their own."""
    lists = {
        "agents": [agent.name for agent in found.agents],
        "solvers": [solver.name for solver in found.solvers],
        "venues": [venue.id for venue in found.venues],
    }
    for key, names in lists.items():
        for number_, name in enumerate(names):
            if not name or name in names[:number_]:
                raise WrongValue(f"{where}: {key}[{number_}]", "a name of its own", repr(name))
    _check_agents(found, where)
    names = lists["agents"]
    for number_, fault in enumerate(found.faults):
        if isinstance(fault, Byzantine) and fault.victim and fault.victim not in names:
            raise WrongValue(
                f"{where}: faults[{number_}].victim", f"one of {', '.join(names)}", repr(fault.victim)
            )


def _check_agents(found: Simulation, where: str) -> None:
    """Agents trade assets, quote on order books and provide to pools that there are."""
    known = {
        "assets": [asset.id for asset in found.assets],
        "books": [name for venue in found.venues if venue.type is Pool.ORDER_BOOK for name in venue.names],
        "venues": [name for venue in found.venues for name in venue.names],
    }
    for number_, agent in enumerate(found.agents):
        for key, names in known.items():
            for name in getattr(agent, key, ()):
                if name not in names:
                    shown = ", ".join(names[:MAX_SHOWN]) or "none: there is no such venue"
                    raise WrongValue(f"{where}: agents[{number_}].{key}", f"one of {shown}", repr(name))


def _check_solvers(found: Simulation, where: str) -> None:
    """Each runs a solver that there is."""
    for number_, solver in enumerate(found.solvers):
        if solver.solver not in SOLVERS:
            raise WrongValue(
                f"{where}: solvers[{number_}].solver", f"one of {', '.join(SOLVERS)}", repr(solver.solver)
            )
