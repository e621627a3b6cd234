"""Whole networks of new homes: one node for development, or several validators, solvers and full nodes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from intents.errors import UsageError
from node.agreement.timeouts import Timeouts
from node.agreement.validators import MAX_VALIDATORS
from node.home.config import API_PORT, P2P_PORT, ApiPart, NetworkPart, NodeConfig, NodePart, RoleName, SolverPart
from node.home.development import accounts, development_genesis
from node.home.errors import HomeExists
from node.home.genesis_file import GenesisFile
from node.home.making import PublicKeys, make_keys, multiaddr, settle_in, taken_away
from node.home.paths import Home
from node.home.rule_choices import RuleChoices, ruled

#: What the built-in solver is called, in configurations and on the ledger.
BUILT_IN: Final = "walras"
MAX_NODES: Final = 256
LOOPBACK: Final = "127.0.0.1"
#: On Linux the latter hears both kinds, but not every machine has it.
_ALL_IPV4, _ALL = "0.0.0.0", "::"


@dataclass(frozen=True, slots=True)
class SinglePlan:
    """One node; with ``host``, where others reach it, it listens for them, otherwise it opens no socket but its
    interface's."""

    name: str = "node"
    host: str | None = None
    port: int = P2P_PORT
    api_port: int = API_PORT
    spec: str = BUILT_IN
    timeouts: Timeouts = Timeouts()
    rules: RuleChoices = RuleChoices()


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """How many nodes of which role; ``specs`` go to solver nodes in turn.

    On one machine (no ``hosts``) ports count up from ``base_port``, two a node: the network's, then the
    interface's. With ``hosts``, one a node, each has the default ports and listens on all its addresses.
    """

    validators: int = 4
    solvers: int = 0
    full: int = 0
    base_port: int = P2P_PORT
    hosts: tuple[str, ...] = ()
    specs: tuple[str, ...] = (BUILT_IN,)
    timeouts: Timeouts = Timeouts()
    name: str = "development"
    rules: RuleChoices = RuleChoices()


@dataclass(frozen=True, slots=True)
class Place:
    """A node to be: where it lives and listens, and what answers auctions there ("" for nothing)."""

    name: str
    role: RoleName
    home: Home
    host: str
    port: int
    api_port: int
    spec: str


def single(home: Home, plan: SinglePlan) -> None:
    """A network of one validator that solves for itself, with funded development accounts."""
    if plan.host is not None:
        multiaddr(plan.host, plan.port)
    keys = make_keys(home, validator=True, solver=bool(plan.spec))
    assert keys.validator is not None
    solvers = [] if keys.solver is None else [(_plain(plan.spec), keys.solver)]
    genesis = ruled(development_genesis("development", [keys.validator], solvers), plan.rules)
    first = () if plan.host is None else (multiaddr(plan.host, plan.port, keys.peer),)
    network = NetworkPart(listen=(everywhere(first[0], plan.port),), announce=first) if first else None
    config = NodeConfig(NodePart(plan.name), network, ApiPart(port=plan.api_port), SolverPart(plan.spec))
    with taken_away(home.keys):
        settle_in(home, GenesisFile(genesis, plan.timeouts, first, accounts()), config)


def network(out: Path, plan: NetworkPlan) -> tuple[Place, ...]:
    """Homes for all nodes of ``plan`` in ``out``, sharing one development genesis; validators first.

    Raises ``UsageError`` for a plan that cannot be, ``HomeExists`` where a home is in the way.
    """
    places = tuple(_places(out, plan))
    for place in places:
        multiaddr(place.host, place.port)
        if place.home.exists:
            raise HomeExists(str(place.home.path), "holds a node already: its keys and ledger belong together")
    made: list[Path] = []
    with taken_away(made):
        _make(places, plan, made)
    return places


def _make(places: Sequence[Place], plan: NetworkPlan, made: list[Path]) -> None:
    """``made`` are told of as they are made."""
    keys: dict[str, PublicKeys] = {}
    for place in places:
        keys[place.name] = _keys(place)
        made += place.home.keys
    bare = development_genesis(
        plan.name,
        [key for place in places if (key := keys[place.name].validator) is not None],
        [(_solver_name(place), key) for place in places if (key := keys[place.name].solver) is not None],
    )
    genesis = ruled(bare, plan.rules)
    addresses = {place.name: multiaddr(place.host, place.port, keys[place.name].peer) for place in places}
    first = tuple(addresses[place.name] for place in places if place.role is RoleName.VALIDATOR)
    file = GenesisFile(genesis, plan.timeouts, first, accounts())
    for place in places:
        others = tuple(address for address in first if address != addresses[place.name])
        settle_in(place.home, file, _config(place, others, addresses[place.name] if plan.hosts else None))
        made += place.home.settled


def _places(out: Path, plan: NetworkPlan) -> Iterator[Place]:
    roles = [
        *[("v", number, RoleName.VALIDATOR) for number in range(plan.validators)],
        *[("s", number, RoleName.SOLVER) for number in range(plan.solvers)],
        *[("f", number, RoleName.FULL) for number in range(plan.full)],
    ]
    if not 1 <= plan.validators <= MAX_VALIDATORS or len(roles) > MAX_NODES:
        raise UsageError("--validators", f"1 to {MAX_VALIDATORS}, and at most {MAX_NODES} nodes in all")
    if plan.hosts and len(plan.hosts) != len(roles):
        raise UsageError("--hosts", f"one for each of the {len(roles)} nodes, not {len(plan.hosts)}")
    if not plan.hosts and plan.base_port + 2 * len(roles) > 65_536:
        raise UsageError("--base-port", f"{2 * len(roles)} ports from {plan.base_port} on do not exist")
    for place, (letter, number, role) in enumerate(roles):
        name = f"{letter}{number}"
        spec = plan.specs[number % len(plan.specs)] if role is RoleName.SOLVER else ""
        if role is RoleName.VALIDATOR and number == 0 and not plan.solvers:
            spec = plan.specs[0]  # somebody must answer auctions
        if plan.hosts:
            yield Place(name, role, Home(out / name), plan.hosts[place], P2P_PORT, API_PORT, spec)
        else:
            port = plan.base_port + 2 * place
            yield Place(name, role, Home(out / name), LOOPBACK, port, port + 1, spec)


def _keys(place: Place) -> PublicKeys:
    return make_keys(place.home, validator=place.role is RoleName.VALIDATOR, solver=bool(place.spec))


def everywhere(announced: str, port: int) -> str:
    """All addresses of this machine, for one that others reach at the address ``announced``."""
    return multiaddr(_ALL if announced.startswith("/ip6/") else _ALL_IPV4, port)


def _solver_name(place: Place) -> str:
    """What the ledger calls it: what answers, and where, since one may run in several places."""
    return f"{_plain(place.spec)}-{place.name}"


def _plain(spec: str) -> str:
    return "".join(c for c in spec if c.isalnum() or c in "-_.")[:40]


def _config(place: Place, bootstrap: tuple[str, ...], announced: str | None) -> NodeConfig:
    """``announced`` where it is reached from other machines: then it listens on all its addresses."""
    listen = multiaddr(place.host, place.port) if announced is None else everywhere(announced, place.port)
    return NodeConfig(
        NodePart(place.name, place.role),
        NetworkPart((listen,), bootstrap, () if announced is None else (announced,)),
        ApiPart(port=place.api_port),
        replace(SolverPart(), spec=place.spec),
    )
