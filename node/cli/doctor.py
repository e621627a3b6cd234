"""``walras doctor``: does this installation hold together?"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import click

from node.cli.command import Command, Settings, emit
from node.cli.text import table

ROOMS: Final = ("intents", "liquidity", "settlement", "solver", "scenarios", "node")
LIBRARIES: Final = ("cryptography", "coincurve", "msgpack", "networkx", "numpy", "ortools", "polars", "trio")


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    ok: bool
    detail: str


@click.command(cls=Command)
def doctor(settings: Settings) -> int:
    """Check Python, libraries, package names, signatures, OR-Tools and solver processes."""
    findings = [_guarded(name, check) for name, check in CHECKS]
    rows = [{"": "ok" if f.ok else "FAILED", "check": f.check, "detail": f.detail} for f in findings]
    good = all(finding.ok for finding in findings)
    document = {"ok": good, "checks": [{"check": f.check, "ok": f.ok, "detail": f.detail} for f in findings]}
    emit(settings, document, lambda: table(rows, left=("", "check", "detail")))
    return 0 if good else 1


def _guarded(name: str, check: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        ok, detail = check()
    except Exception as error:  # whatever is broken is exactly what we are asked to report
        return Finding(name, False, f"{type(error).__name__}: {error}")
    return Finding(name, ok, detail)


def _python() -> tuple[bool, str]:
    version = ".".join(map(str, sys.version_info[:3]))
    return sys.version_info >= (3, 11), f"Python {version}, {os.cpu_count()} cores"


def _libraries() -> tuple[bool, str]:
    from importlib.metadata import version

    found = [f"{name} {version(name)}" for name in LIBRARIES]
    for name in LIBRARIES:
        importlib.import_module(name)
    return True, ", ".join(found)


def _names() -> tuple[bool, str]:
    """Our rooms have plain names; another distribution may claim one of them."""
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    clashes = [
        f"{room} (also {', '.join(sorted(set(owners[room]) - {'walras'}))})"
        for room in ROOMS
        if set(owners.get(room, [])) - {"walras"}
    ]
    strangers = [room for room in ROOMS if not _is_ours(room)]
    if strangers:
        return False, f"imported from elsewhere: {', '.join(strangers)}"
    return not clashes, "; ".join(clashes) or "no other distribution claims our package names"


def _is_ours(room: str) -> bool:
    home = os.path.dirname(os.path.dirname(importlib.import_module("node").__file__ or ""))
    return os.path.dirname(os.path.dirname(importlib.import_module(room).__file__ or "")) == home


def _signatures() -> tuple[bool, str]:
    from scenarios.catalog import shipped
    from scenarios.generate import generate
    from settlement.verify import Verifier

    auction = generate(shipped()[0], 1)
    Verifier(auction)
    return True, f"{len(auction.orders)} signed orders drawn and read"


def _ortools() -> tuple[bool, str]:
    from ortools.linear_solver import pywraplp

    lp = pywraplp.Solver.CreateSolver("GLOP")
    x = lp.NumVar(0.0, 3.0, "x")
    lp.Maximize(2.0 * x)
    ok = lp.Solve() == pywraplp.Solver.OPTIMAL and abs(lp.Objective().Value() - 6.0) < 1e-9
    return ok, "GLOP solves"


def _processes() -> tuple[bool, str]:
    import trio

    from intents.auction_codec import encode_auction
    from scenarios.catalog import shipped
    from scenarios.generate import generate
    from solver.host import host
    from solver.outcome import OutcomeKind
    from solver.spec import parse_spec

    async def run() -> tuple[bool, str]:
        async with host(parse_spec("rings")) as hosted:
            result = await hosted.solve(encode_auction(generate(shipped()[0], 1)), 5.0)
        ok = result.kind in (OutcomeKind.OK, OutcomeKind.EMPTY)
        return ok, f"a hosted solver answered ({result.kind}) in {result.seconds:.2f} s {result.detail}".strip()

    return trio.run(run)


CHECKS: Final = (
    ("python", _python),
    ("libraries", _libraries),
    ("package names", _names),
    ("signatures", _signatures),
    ("or-tools", _ortools),
    ("solver processes", _processes),
)
