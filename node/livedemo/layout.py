"""Which processes a demonstration has: nodes in their homes, and the engine that one of its solvers asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Final

from intents.errors import UsageError
from intents.fields import Fields, integer, text
from node.agreement.timeouts import Timeouts
from node.home.config import RoleName
from node.home.development import MAKER, accounts
from node.home.errors import HomeError
from node.inputs import read_json
from node.livedemo.desk import Endpoint
from node.livedemo.homes import LOOPBACK, MadeNode, NodeWanted, free_ports, make_homes, read_home, tied_walras
from solver.spec import parse_spec

#: Stands for a solver of the user's own and for an engine in a process of its own, behind HTTP.
OWN_FILE: Final = "mine.py"
ENGINE: Final = "engine"
#: The built-in that the engine serves.
SERVED: Final = "baseline"
#: Which nodes and engines there are, for the next time.
KEPT: Final = "demo.json"
MAX_NODES: Final = 64
DEFAULT_VALIDATORS: Final = 4
DEFAULT_SOLVERS: Final = ("walras", OWN_FILE, ENGINE)


@dataclass(frozen=True, slots=True)
class Planned:
    """A process to start."""

    name: str
    command: tuple[str, ...]
    log: Path


@dataclass(frozen=True, slots=True)
class Layout:
    """``processes`` in the order in which they start; the first endpoint's page is the one shown.

    ``seeds`` are secrets of the funded accounts that trade. The home of a node is ``root/NAME``.
    """

    root: Path
    processes: Sequence[Planned]
    endpoints: Sequence[Endpoint]
    seeds: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Engine:
    """A built-in solver behind HTTP, in a process of its own."""

    name: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def command(self) -> tuple[str, ...]:
        return tied_walras("solver", "serve", SERVED, "--port", str(self.port))


def new_layout(root: Path, validators: int, solvers: Sequence[str], timeouts: Timeouts) -> Layout:
    """Homes in ``root`` for so many validators, and a bonded solver node for each of ``solvers``.

    A solver is a built-in's name, a .py file or a URL; ``mine.py``, where there is no such file, is the template
    of ``walras solver new``, and ``engine`` a built-in served over HTTP by a process of its own.
    """
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise HomeError(str(root), f"cannot be made: {(error.strerror or str(error)).lower()}") from error
    engines = [Engine(f"{ENGINE}-{number}", *free_ports(1)) for number, one in enumerate(solvers) if one == ENGINE]
    urls = iter([engine.url for engine in engines])
    specs = [f"{ENGINE}={next(urls)}" if one == ENGINE else _spec(root, one) for one in solvers]
    wanted = [NodeWanted(f"v{number}") for number in range(validators)]
    for spec in map(parse_spec, specs):
        taken = [one.name for one in wanted]
        name = next(name for name in _numbered(_node_name(spec.name)) if name not in taken)
        wanted.append(NodeWanted(name, RoleName.SOLVER, spec.target))
    made = make_homes(root, wanted, timeouts)
    kept = {"nodes": [one.name for one in made], "engines": {engine.name: engine.port for engine in engines}}
    (root / KEPT).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return _layout(root, engines, made)


def kept_layout(root: Path, validators: int | None = None, solvers: Sequence[str] = ()) -> Layout | None:
    """That of an earlier demonstration in ``root``; ``None`` where there was none. Raises ``UsageError`` where so
    many ``validators`` or those ``solvers`` are asked for, and others are there; ``None`` and nothing ask for
    whatever is."""
    path = root / KEPT
    if not path.exists():
        return None
    fields = Fields(read_json(str(path)), str(path)).only("nodes", "engines")
    names = [text(name, where, limit=64) for name, where in fields.items("nodes", limit=MAX_NODES)]
    engines = [
        Engine(name, integer(port, where, low=1, high=65_535))
        for name, port, where in fields.entries("engines", limit=MAX_NODES)
    ]
    made = [read_home(root / name) for name in names]
    _check_kept(root, engines, [one.wanted for one in made], validators, solvers)
    return _layout(root, engines, made)


def _check_kept(
    root: Path,
    engines: Sequence[Engine],
    kept: Sequence[NodeWanted],
    validators: int | None,
    solvers: Sequence[str],
) -> None:
    count = sum(one.role is RoleName.VALIDATOR for one in kept)
    if validators not in (None, count):
        many = f"{count} validator{'s' if count > 1 else ''}"
        raise UsageError("--validators", f"{root} holds a network of {many}: leave it out, or say another --home")
    urls = {engine.url: ENGINE for engine in engines}
    there = sorted(urls.get(one.spec, one.spec) for one in kept if one.role is RoleName.SOLVER)
    asked = sorted(one if one == ENGINE else parse_spec(_own_file(root, one)).target for one in solvers)
    if solvers and asked != there:
        raise UsageError(
            "--solvers",
            f"{root} holds a network with {','.join(there) or 'none'}: leave it out, or say another --home",
        )


def _layout(root: Path, engines: Sequence[Engine], made: Sequence[MadeNode]) -> Layout:
    serving = [Planned(one.name, one.command, root / f"{one.name}.log") for one in engines]
    nodes = [Planned(one.name, one.command, one.log) for one in made]
    seeds = [account.seed for account in accounts() if account.name != MAKER]
    return Layout(root.absolute(), [*serving, *nodes], [one.endpoint for one in made], seeds)


def _spec(root: Path, given: str) -> str:
    """As given, but for a ``mine.py`` that nobody has written yet."""
    found = _own_file(root, given)
    if found != given:
        template = resources.files("node.cli").joinpath("solver_template.txt").read_text("utf-8")
        Path(found).write_text(template.replace("SOLVER_NAME", Path(found).stem), encoding="utf-8")
    return found


def _own_file(root: Path, given: str) -> str:
    return given if given != OWN_FILE or Path(given).exists() else str(root / OWN_FILE)


def _node_name(solver: str) -> str:
    """A solver may be called by a URL; a node's name is also its folder's."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in solver)
    return plain.strip("-.")[:40] or "solver"


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name}-{number}"
