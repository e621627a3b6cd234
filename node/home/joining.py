"""Networks of several owners: everybody makes keys, one collects their entries into a genesis, and all join it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intents.errors import Duplicate, UsageError
from node.agreement.timeouts import Timeouts
from node.agreement.validators import MAX_VALIDATORS
from node.home.config import (
    API_PORT,
    P2P_PORT,
    ApiPart,
    LightPart,
    NetworkPart,
    NodeConfig,
    NodePart,
    RoleName,
    SolverPart,
)
from node.home.config_keys import dialled, origin
from node.home.development import accounts, development_genesis
from node.home.entry import Entry, read_entries
from node.home.errors import HomeError
from node.home.genesis_file import GenesisFile
from node.home.making import make_keys, multiaddr, public_keys, settle_in, taken_away
from node.home.networks import BUILT_IN, LOOPBACK, everywhere
from node.home.paths import Home
from node.home.rule_choices import AS_USUAL, RuleChoices, ruled
from node.home.secrets import new_secret, write_secret

_LOOPBACK: Final = ("/ip4/127.", "/ip6/::1/", "/dns/localhost/")


@dataclass(frozen=True, slots=True)
class JoinPlan:
    """How a home takes part. What is ``None`` is as its keys, its entry and the genesis have it.

    ``host``, where others reach it, makes it listen for them; ``bootstrap`` empty takes the genesis's addresses.
    ``full_nodes`` are those a light client asks.
    """

    name: str | None = None
    role: RoleName | None = None
    host: str | None = None
    port: int | None = None
    api_port: int = API_PORT
    spec: str | None = None
    bootstrap: tuple[str, ...] = ()
    full_nodes: tuple[str, ...] = ()


def genesis_from(
    entries: Sequence[Entry], name: str, timeouts: Timeouts, rules: RuleChoices = AS_USUAL
) -> GenesisFile:
    """The genesis of a network whose nodes said who they are; one vote each."""
    _distinct("validator key", [entry.validator.hex() for entry in entries if entry.validator is not None])
    _distinct("solver key", [entry.solver.hex() for entry in entries if entry.solver is not None])
    _distinct("name", [entry.name for entry in entries])
    validators = [entry.validator for entry in entries if entry.validator is not None]
    if not 0 < len(validators) <= MAX_VALIDATORS:
        raise UsageError("ENTRIES", f"1 to {MAX_VALIDATORS} of them have a validator key, not {len(validators)}")
    solvers = [(entry.name, entry.solver) for entry in entries if entry.solver is not None]
    first = tuple(entry.address for entry in entries if entry.address and entry.validator is not None)
    genesis = ruled(development_genesis(name, validators, solvers), rules)
    return GenesisFile(genesis, timeouts, first, accounts())


def _distinct(what: str, values: Sequence[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise Duplicate("ENTRIES", what, value)


def join(home: Home, genesis: GenesisFile, plan: JoinPlan) -> NodeConfig:
    """Make ``home`` a node of that network, with the keys it has (see ``--key-only``), or with new ones."""
    if home.complete:
        raise HomeError(str(home.path), "holds a node of some network already: --home names another folder")
    for addresses, option, reading in (
        (plan.bootstrap, "--bootstrap", dialled),
        (plan.full_nodes, "--full-node", origin),
    ):
        for text in addresses:
            reading(text, option)
    made: list[Path] = []
    with taken_away(made):
        join_as = _join_light if plan.role is RoleName.LIGHT or plan.full_nodes else _join_full
        return join_as(home, genesis, plan, made)


def _join_full(home: Home, genesis: GenesisFile, plan: JoinPlan, made: list[Path]) -> NodeConfig:
    """It dials peers and follows the chain. ``made`` is told of keys that are made."""
    if plan.host is not None:
        multiaddr(plan.host, P2P_PORT)
    role = plan.role or _role(home, genesis, plan.spec)
    solves = bool(plan.spec) or role is RoleName.SOLVER
    if not home.exists:
        if role is RoleName.VALIDATOR:
            raise UsageError("--role", "a validator's keys are made before its genesis: `walras init --key-only`")
        make_keys(home, validator=False, solver=solves)
        made += home.keys
    elif solves and not home.solver_key.exists():
        write_secret(home.solver_key, new_secret())
        made.append(home.solver_key)
    keys = public_keys(home)
    spec = (BUILT_IN if keys.solver is not None else "") if plan.spec is None else plan.spec
    own = next((address for address in genesis.bootstrap if address.endswith(f"/p2p/{keys.peer}")), None)
    bootstrap = plan.bootstrap or tuple(address for address in genesis.bootstrap if address != own)
    if not bootstrap and len(genesis.genesis.validators) > (role is RoleName.VALIDATOR):
        raise UsageError("--bootstrap", "needed: the genesis tells no address to dial")
    config = NodeConfig(
        NodePart(plan.name or _name(home), role),
        _network(plan, own, keys.peer, bootstrap),
        ApiPart(port=plan.api_port),
        SolverPart(spec),
    )
    settle_in(home, genesis, config)
    return config


def _join_light(home: Home, genesis: GenesisFile, plan: JoinPlan, made: list[Path]) -> NodeConfig:
    """It opens no socket but its interface's, and needs somebody to ask."""
    if not plan.full_nodes:
        raise UsageError("--full-node", "needed: the URL of a full node's interface")
    if plan.role not in (None, RoleName.LIGHT) or plan.spec:
        raise UsageError("--full-node", "is for light clients, which neither vote nor solve")
    if not home.exists:
        make_keys(home, validator=False, solver=False)
        made += home.keys
    name = plan.name or _name(home)
    config = NodeConfig(
        NodePart(name, RoleName.LIGHT), api=ApiPart(port=plan.api_port), light=LightPart(plan.full_nodes)
    )
    settle_in(home, genesis, config)
    return config


def _name(home: Home) -> str:
    """As its entry says, so that the ledger and its peers call it the same."""
    return read_entries([home.entry])[0].name if home.entry.exists() else "node"


def _role(home: Home, genesis: GenesisFile, spec: str | None) -> RoleName:
    """A validator where the genesis has its key; a solver where it is to solve; else one that follows."""
    own = public_keys(home).validator if home.exists else None
    if own is not None and own in {validator.key for validator in genesis.genesis.validators}:
        return RoleName.VALIDATOR
    return RoleName.SOLVER if spec else RoleName.FULL


def _network(plan: JoinPlan, own: str | None, peer: str, bootstrap: tuple[str, ...]) -> NetworkPart:
    """It listens on all addresses where others are to reach it, else on the loopback interface, where the genesis
    tells an address there, at that.

    ``own``: what the genesis tells of it.
    """
    port = plan.port or (int(own.split("/")[4]) if own is not None else P2P_PORT)
    if plan.host is not None:
        own = multiaddr(plan.host, port, peer)
    if own is None or own.startswith(_LOOPBACK):
        host = LOOPBACK if own is None or own.startswith("/dns/") else own.split("/")[2]
        return NetworkPart((multiaddr(host, port),), bootstrap)
    return NetworkPart((everywhere(own, port),), bootstrap, (own,))
