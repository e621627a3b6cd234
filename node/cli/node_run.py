"""A node as this process: its home's lock, its ledger, its interface, its solver, and its end on a signal."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import trio

from node.api.serving import serve_api
from node.cli.words import printable
from node.embedded.folder import locked
from node.home.allocator import steady_allocator
from node.home.config import NodeConfig, RoleName
from node.home.genesis_file import GenesisFile, read_genesis
from node.home.opening import (
    api_settings,
    check_home,
    light_settings,
    live_settings,
    solver_of,
    solver_seconds,
)
from node.home.paths import Home
from node.home.running import announced
from node.home.warming import WarmSolver, warm_solver
from node.live.opening import open_live
from node.served import Served
from node.signals import ending_signals

#: How a process that was told twice to end, does: as if killed by the signal.
_FORCED = 128
#: Whoever ends a process and its group tells it twice at once, and means once.
_ECHO_S = 0.2


@dataclass(frozen=True, slots=True)
class Ready:
    """What to tell once the node takes intents."""

    url: str
    peer: str
    name: str
    role: str
    network: bytes
    addresses: tuple[str, ...]


def run_node(home: Home, config: NodeConfig, ready: Callable[[Ready], None]) -> None:
    """Until SIGTERM, SIGINT or SIGHUP; a second one ends the process at once. Raises a ``WalrasError``."""
    check_home(home)
    steady_allocator()
    with locked(home.path):
        trio.run(_run_light if config.node.role is RoleName.LIGHT else _run, home, config, ready)


async def _run_light(home: Home, config: NodeConfig, ready: Callable[[Ready], None]) -> None:
    from node.light.node import open_light
    from node.light.serving import serve_light

    settings, api = light_settings(home, config, read_genesis(home.genesis)), api_settings(home, config)
    async with _until_told(), open_light(settings) as node, trio.open_nursery() as nursery:
        url = await nursery.start(partial(serve_light, node, api))
        status = node.status()
        with announced(home, url):
            ready(Ready(url, "", status.name, status.role.value, status.network, ()))
            await trio.sleep_forever()


async def _run(home: Home, config: NodeConfig, ready: Callable[[Ready], None]) -> None:
    genesis = read_genesis(home.genesis)
    api, key = api_settings(home, config), solver_of(home, config)
    async with _until_told(), _solver(home, config, genesis) as solver:
        settings = live_settings(home, config, genesis, key, solver)
        async with open_live(settings) as node, trio.open_nursery() as nursery:
            url = await nursery.start(partial(serve_api, node, api))
            status = node.status()
            with announced(home, url):
                ready(Ready(url, status.peer, status.name, status.role.value, status.network, _addresses(node)))
                if solver is not None:
                    nursery.start_soon(solver.warm)
                await trio.sleep_forever()


def _addresses(node: Served) -> tuple[str, ...]:
    """Where peers find it; none where it is alone."""
    own = node.peers()[0].address
    return (own,) if own else ()


@asynccontextmanager
async def _until_told() -> AsyncIterator[None]:
    """The block ends at the first signal that asks for it; another, while it is ending, ends the process."""
    with trio.open_signal_receiver(*ending_signals()) as signals:
        async with trio.open_nursery() as watching:
            ending = trio.CancelScope()
            watching.start_soon(_watch, signals, ending)
            with ending:
                yield
            watching.cancel_scope.cancel()


async def _watch(signals: AsyncIterator[int], ending: trio.CancelScope) -> None:
    told_s = 0.0
    async for number in signals:
        if not ending.cancel_called:
            told_s = trio.current_time()
            ending.cancel()
        elif trio.current_time() - told_s > _ECHO_S:
            os._exit(_FORCED + number)


@asynccontextmanager
async def _solver(home: Home, config: NodeConfig, genesis: GenesisFile) -> AsyncIterator[WarmSolver | None]:
    if not config.solver.spec:
        yield None
        return
    from solver.spec import parse_spec

    seconds = solver_seconds(config, genesis)
    async with warm_solver(parse_spec(config.solver.spec), seconds, home.scratch) as solver:
        yield solver


class _Printable(logging.Formatter):
    """What peers call themselves may be in it: on one line, but for what failed."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return super().formatMessage(record).replace("\n", "\N{REPLACEMENT CHARACTER}")

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


def log_to_stderr(verbose: bool) -> None:
    """What goes wrong, a line each; with ``verbose`` also what happens."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Printable("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    if not verbose:
        logging.getLogger("libp2p").setLevel(logging.CRITICAL)
