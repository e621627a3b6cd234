"""``walras init``: make homes for nodes, alone or for a whole network, of one owner or of several."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit, note
from node.cli.homes import HOME, home_of
from node.cli.said import refuse
from node.cli.words import counted
from node.cli.writing import write_text

if TYPE_CHECKING:
    from node.agreement.timeouts import Timeouts
    from node.home.rule_choices import RuleChoices

_PORT = click.IntRange(1, 65_535)
_FILE = click.Path(path_type=Path, dir_okay=False)
_ROLES = click.Choice(["validator", "solver", "full", "light"])
_ONE = ("name", "port", "api_port")
_WINDOWS = ("windows", "whole_windows")
_MANY = "--validators, --solvers, --full, --hosts or --out"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; see the options of ``init``."""

    folder: Path | None
    validators: int
    solvers: int
    full: int
    out: Path | None
    base_port: int
    hosts: str
    specs: tuple[str, ...]
    windows: str | None
    whole_windows: bool
    name: str | None
    host: str | None
    port: int | None
    api_port: int
    key_only: bool
    role: str | None
    entries: tuple[Path, ...]
    genesis: Path | None
    bootstrap: tuple[str, ...]
    full_nodes: tuple[str, ...]
    oracles: tuple[str, ...]
    guardians: tuple[str, ...]
    changes: tuple[str, ...]


@click.command(cls=Command)
@HOME
@click.option("--validators", type=click.IntRange(1, 64), default=1, show_default=True, help="Nodes that vote.")
@click.option("--solvers", type=click.IntRange(0, 128), default=0, help="Nodes that answer auctions, bonded.")
@click.option("--full", type=click.IntRange(0, 128), default=0, help="Nodes that follow.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for a network's homes (default: network).")
@click.option("--base-port", type=_PORT, default=8644, show_default=True, help="First of two ports a node.")
@click.option("--hosts", default="", metavar="A,B,…", help="Machines of a network's nodes, in order.")
@click.option("--solver", "specs", multiple=True, metavar="SPEC", help="Built-in, FILE.py or URL; repeatable.")
@click.option("--windows", metavar="MS,MS,MS", help="Milliseconds to collect, solve and reveal.")
@click.option("--whole-windows", is_flag=True, help="No window ends before its time: all batches are as long.")
@click.option("--oracle", "oracles", multiple=True, metavar="WHO", help="Reports prices; repeatable, see above.")
@click.option("--guardian", "guardians", multiple=True, metavar="WHO", help="May stop trading; repeatable.")
@click.option("--rule", "changes", multiple=True, metavar="NAME=VALUE", help="A rule of the ledger; repeatable.")
@click.option("--name", help="What others call this node.")
@click.option("--host", help="Where others reach this node: it will listen for them.")
@click.option("--port", type=_PORT, help="Its port for them (default: 8644).")
@click.option(
    "--api-port", type=click.IntRange(0, 65_535), default=8645, show_default=True, help="Its interface's port."
)
@click.option("--key-only", is_flag=True, help="Make keys, and print their entry for a genesis.")
@click.option("--role", type=_ROLES, help="With --key-only or --join: what it will be.")
@click.option("--genesis-from", "entries", multiple=True, type=_FILE, help="A genesis of entries; repeatable.")
@click.option("--join", "genesis", type=_FILE, metavar="GENESIS", help="Join the network of a genesis file.")
@click.option("--bootstrap", multiple=True, metavar="ADDRESS", help="With --join: peers to dial; repeatable.")
@click.option(
    "--full-node", "full_nodes", multiple=True, metavar="URL", help="With --join: whom a light client asks."
)
def init(settings: Settings, **options: object) -> None:
    """Make a node's home: configuration, keys and genesis, ready for `walras node run`.

    Alone it makes a development network of one, with funded accounts whose keys are published. With --validators,
    --solvers or --full it makes homes for a whole network. For machines of different owners, with --host, --join,
    --key-only and --genesis-from, see docs/running-a-node.md.

    WHO is a development account (alice, bob, …) or ed25519:KEY; more than half of the oracles make a price, of the
    guardians a halt, unless a --rule says otherwise. Rules are those of docs/ledger.md, in their JSON form:
    --rule band_bps=1000 --rule stale_after=20.
    """
    request = Request(**options)  # type: ignore[arg-type]
    _check(request)
    request = replace(request, specs=tuple(_absolute(spec) for spec in request.specs))
    if request.entries:
        _genesis(request)
    elif request.key_only:
        _keys(settings, request)
    elif request.genesis is not None:
        _join(settings, request)
    elif _is_network(request):
        _network(settings, request)
    else:
        _single(settings, request)


def _absolute(spec: str) -> str:
    """A solver as it can be named from any folder. Raises ``UsageError`` where there is none."""
    from solver.spec import SpecKind, parse_spec

    found = parse_spec(spec)
    return f"{found.name}={found.target}" if found.kind is SpecKind.FILE else spec


def _is_network(request: Request) -> bool:
    return bool(
        request.validators > 1 or request.solvers or request.full or request.hosts or request.out is not None
    )


def _check(request: Request) -> None:
    """One way of making at a time."""
    ways = {
        "--genesis-from": bool(request.entries),
        "--key-only": request.key_only,
        "--join": request.genesis is not None,
        _MANY: _is_network(request),
    }
    chosen = [way for way, taken in ways.items() if taken]
    if len(chosen) > 1:
        raise UsageError("init", f"{chosen[0]} and {chosen[1]} do not go together")
    own = request.key_only or request.genesis is not None
    ruling = bool(request.oracles or request.guardians or request.changes)
    for option, given, fits in (
        ("--bootstrap", bool(request.bootstrap), request.genesis is not None),
        ("--full-node", bool(request.full_nodes), request.genesis is not None),
        ("--role", request.role is not None, own),
        ("--host", request.host is not None, own or not chosen),
        ("--home", request.folder is not None, own or not chosen),
        ("--oracle, --guardian or --rule", ruling, not own),
    ):
        if given and not fits:
            raise UsageError(option, f"does not go with {chosen[0]}" if chosen else "needs --key-only or --join")
    _check_said(request)


def _check_said(request: Request) -> None:
    """What would be of no effect the way it is made. Raises ``UsageError``."""
    if _is_network(request):
        refuse("is one node's: those of a network count up (--base-port) and are called v0, s0, f0 …", *_ONE)
        nodes, them = max(1, request.solvers), "solver nodes"
    else:
        refuse("is a network's: one node has --port and --api-port", "base_port")
        nodes, them = 1, "nodes that solve"
    if request.entries:
        refuse("does not go with --genesis-from", "port", "api_port", "specs")
    elif request.key_only:
        refuse("does not go with --key-only: the genesis and the home say it later", "api_port", *_WINDOWS)
    elif request.genesis is not None:
        refuse("does not go with --join: the genesis says it", *_WINDOWS)
    if len(request.specs) > nodes:
        raise UsageError("--solver", f"{len(request.specs)} solvers for {nodes} {them}")


def _single(settings: Settings, request: Request) -> None:
    from node.home.networks import SinglePlan, single

    home = home_of(request.folder)
    single(
        home,
        SinglePlan(
            request.name or "node",
            request.host,
            request.port or 8644,
            request.api_port,
            request.specs[0] if request.specs else "walras",
            timeouts_of(request.windows, request.whole_windows),
            _rules(request),
        ),
    )
    _tell(settings, [home.path], home.genesis, f"walras node run --home {home.path}")


def _network(settings: Settings, request: Request) -> None:
    from node.home.networks import NetworkPlan, network

    out = request.out or Path("network")
    plan = NetworkPlan(
        request.validators,
        request.solvers,
        request.full,
        request.base_port,
        tuple(part.strip() for part in request.hosts.split(",") if part.strip()),
        request.specs or ("walras",),
        timeouts_of(request.windows, request.whole_windows),
        rules=_rules(request),
    )
    places = network(out, plan)
    paths = [place.home.path for place in places]
    where = "on its machine, " if plan.hosts else ""
    _tell(settings, paths, places[0].home.genesis, f"for each, {where}walras node run --home {paths[0]}")


def _rules(request: Request) -> RuleChoices:
    """Checked before anything is made. Raises ``UsageError``."""
    from node.home.development import development_genesis
    from node.home.rule_choices import choices_in, ruled

    choices = choices_in(request.oracles, request.guardians, request.changes)
    ruled(development_genesis("", ()), choices)
    return choices


def _keys(settings: Settings, request: Request) -> None:
    from node.home.entry import entry_to_json
    from node.home.making import entry_of, make_keys, multiaddr, taken_away

    home, role = home_of(request.folder), request.role or "validator"
    if request.host is not None:
        multiaddr(request.host, 1)  # refused before there are keys
    make_keys(home, validator=role == "validator", solver=bool(request.specs) or role == "solver")
    with taken_away((*home.keys, home.entry)):
        entry = entry_of(home, request.name or "node", request.host or "", request.port or 8644)
        text = json.dumps(entry_to_json(entry), indent=2)
        write_text(home.entry, text + "\n")
    click.echo(text)
    note(settings, f"made keys in {home.path}; the entry, which is public, goes to whoever makes the genesis")
    note(settings, f"then: walras init --home {home.path} --join GENESIS")


def _genesis(request: Request) -> None:
    from node.home.entry import read_entries
    from node.home.genesis_file import genesis_text
    from node.home.joining import genesis_from

    entries = read_entries(request.entries)
    timeouts = timeouts_of(request.windows, request.whole_windows)
    file = genesis_from(entries, request.name or "development", timeouts, _rules(request))
    click.echo(genesis_text(file), nl=False)


def _join(settings: Settings, request: Request) -> None:
    from node.home.config import RoleName
    from node.home.genesis_file import read_genesis
    from node.home.joining import JoinPlan, join

    home = home_of(request.folder)
    assert request.genesis is not None
    config = join(
        home,
        read_genesis(request.genesis),
        JoinPlan(
            request.name,
            None if request.role is None else RoleName(request.role),
            request.host,
            request.port,
            request.api_port,
            request.specs[0] if request.specs else None,
            request.bootstrap,
            request.full_nodes,
        ),
    )
    if config.network is None:
        does = f"asks {counted(request.full_nodes, 'full node')}"
    else:
        does = f"dials {counted(config.network.bootstrap, 'peer')}"
    note(settings, f"a {config.node.role} node that {does}")
    _tell(settings, [home.path], home.genesis, f"walras node run --home {home.path}")


def _tell(settings: Settings, homes: list[Path], genesis: Path, then: str) -> None:
    from node.chain.genesis import network_of
    from node.home.genesis_file import read_genesis

    network = "0x" + network_of(read_genesis(genesis).genesis).hex()
    lines = [f"network {network}", *(f"made {home}" for home in homes), f"next: {then}"]
    emit(settings, {"network": network, "homes": [str(home) for home in homes]}, lambda: "\n".join(lines))


def timeouts_of(windows: str | None, whole: bool) -> Timeouts:
    """Those of ``--windows``, or the usual ones; ``whole``: none ends before its time."""
    from node.agreement.timeouts import Timeouts

    if windows is None:
        return Timeouts(early=not whole)
    parts = windows.split(",")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 8 and int(part) for part in parts):
        raise UsageError("--windows", f"three numbers of milliseconds, not {windows[:40]!r}")
    collect, solve, reveal = (int(part) for part in parts)
    return Timeouts(window_ms=(collect, solve, reveal), early=not whole)
