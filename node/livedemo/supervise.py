"""The demonstration: starts its processes, lets people trade, watches, and clears up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

import trio

from intents.signing import SigningKey
from node.livedemo.desk import Desk, Endpoint, open_client
from node.livedemo.errors import DemoFailed
from node.livedemo.layout import Layout, Planned
from node.livedemo.people import look, look_once, trade
from node.livedemo.process import Child, start, stop_all
from node.livedemo.shown import Quiet, Shown
from node.livedemo.trading import Crowd
from node.livedemo.watching import Watch
from node.signals import ending_signals

#: All nodes together may take so long until the last is ready.
READY_S: Final = 120.0
ASK_READY_S: Final = 0.2
#: After the last intent: how long the nodes get to stand at one height for the closing comparison; and where
#: somebody waits for the end.
LEVEL_S: Final = 5.0
TOLD_LEVEL_S: Final = 1.5
#: How long a process that was ended stays away, and how often it comes back.
RESTART_S: Final = 10.0
MAX_RESTARTS: Final = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """``rate``: intents per second; ``seconds`` of trading, ``None`` until told to stop."""

    rate: float
    seconds: float | None
    seed: int


async def demonstrate(layout: Layout, wanted: Wanted, shown: Shown) -> Watch:
    """Run it until its time is over or a signal comes; what was seen.

    A process that somebody ends is started again a little later. Raises ``DemoFailed`` where the network does not
    come up.
    """
    watch, told = Watch(), trio.Event()
    async with open_client() as client, trio.open_nursery() as signals:
        await signals.start(_heed_signals, told)
        desk = Desk(client)
        async with _processes(layout, shown, told, watch) as children:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_until, told, nursery.cancel_scope)
                up = trio.Event()
                for place, planned in enumerate(layout.processes[: len(children)]):
                    nursery.start_soon(_keep_running, planned, children, place, up, watch, shown)
                await _all_ready(desk, layout.endpoints, shown)
                up.set()
                shown.started(layout.endpoints, layout.root, watch.processes)
                await _run(desk, layout, wanted, watch, shown)
                nursery.cancel_scope.cancel()
            await _close(desk, layout.endpoints, watch, TOLD_LEVEL_S if told.is_set() else LEVEL_S)
        signals.cancel_scope.cancel()
    return watch


@asynccontextmanager
async def _processes(layout: Layout, shown: Shown, told: trio.Event, watch: Watch) -> AsyncIterator[list[Child]]:
    """All processes of the layout, in their order; none is left afterwards."""
    children: list[Child] = []
    try:
        for planned in layout.processes:
            if not told.is_set():
                started = await start(planned.name, planned.command, planned.log)
                children.append(started)
                watch.processes[planned.name] = started.process.pid
        yield children
    finally:
        killed = await stop_all(children)
        if killed:
            shown.note(f"had to be killed: {', '.join(killed)}")


async def _keep_running(
    planned: Planned, children: list[Child], place: int, up: trio.Event, watch: Watch, shown: Shown
) -> None:
    """Who ends before the network is up is broken; afterwards somebody wanted to see what the others do."""
    for _ in range(MAX_RESTARTS):
        child = children[place]
        await child.ended()
        how = f"{child.name} ended with status {child.status}"
        if not up.is_set():
            raise DemoFailed("", f"{how}: {child.last_line() or 'no word'}")
        shown.note(f"{how}; it is started again in {RESTART_S:g} s")
        await trio.sleep(RESTART_S)
        children[place] = await start(planned.name, planned.command, planned.log)
        watch.processes[planned.name] = children[place].process.pid
        shown.note(f"{child.name} is started again, process {children[place].process.pid}")
    shown.note(f"{planned.name} is not started again any more")


async def _heed_signals(told: trio.Event, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    with trio.open_signal_receiver(*ending_signals()) as signals:
        task_status.started()
        async for _ in signals:
            told.set()


async def _until(told: trio.Event, scope: trio.CancelScope) -> None:
    await told.wait()
    scope.cancel()


async def _all_ready(desk: Desk, endpoints: Sequence[Endpoint], shown: Shown) -> None:
    waiting = list(endpoints)
    with trio.move_on_after(READY_S):
        while waiting:
            waiting = [endpoint for endpoint in waiting if not await desk.ready(endpoint)]
            if waiting:
                shown.note(f"waiting for {', '.join(endpoint.name for endpoint in waiting)}")
                await trio.sleep(ASK_READY_S)
    if waiting:
        raise DemoFailed("", f"not ready after {READY_S:.0f} s: {', '.join(one.name for one in waiting)}")


async def _run(desk: Desk, layout: Layout, wanted: Wanted, watch: Watch, shown: Shown) -> None:
    """Trading, watched, for as long as was wanted."""
    market, first = await desk.market(layout.endpoints[0]), await desk.status(layout.endpoints[0])
    if market is None or first is None:
        raise DemoFailed("", f"{layout.endpoints[0].name} is ready and does not answer")
    watch.first = first.auction
    rng = Random(wanted.seed)
    keys = [SigningKey.from_seed(seed) for seed in layout.seeds]
    crowd = Crowd(market.network, market.numeraire, market.assets, keys, rng)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(look, desk, layout.endpoints, watch, shown)
        nursery.start_soon(trade, desk, layout.endpoints, crowd, wanted.rate, watch, rng)
        await trio.sleep(float("inf") if wanted.seconds is None else wanted.seconds)
        nursery.cancel_scope.cancel()


async def _close(desk: Desk, endpoints: Sequence[Endpoint], watch: Watch, within_s: float) -> None:
    """Look until all nodes stand at one height, or long enough."""
    if watch.first == 0:
        return
    with trio.move_on_after(within_s):
        while True:
            await look_once(desk, endpoints, watch, Quiet())
            if watch.level:
                return
            await trio.sleep(ASK_READY_S)
