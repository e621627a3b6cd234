"""The demonstration: starts its processes, lets people trade, watches, and clears up."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

import trio

from intents.signing import SigningKey
from node.livedemo.desk import Desk, Endpoint, open_client
from node.livedemo.errors import DemoFailed
from node.livedemo.layout import Layout
from node.livedemo.people import look, look_once, trade
from node.livedemo.process import Child, start, stop_all
from node.livedemo.shown import Quiet, Shown
from node.livedemo.trading import Crowd
from node.livedemo.watching import Watch

#: All nodes together may take so long until the last is ready.
READY_S: Final = 120.0
ASK_READY_S: Final = 0.2
#: After the last intent: how long the nodes get to stand at one height for the closing comparison.
LEVEL_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """``rate``: intents per second; ``seconds`` of trading, ``None`` until told to stop."""

    rate: float
    seconds: float | None
    seed: int


async def demonstrate(layout: Layout, wanted: Wanted, shown: Shown) -> Watch:
    """Run it until its time is over or a signal comes; what was seen.

    Raises ``DemoFailed`` where the network does not come up, or a process ends unasked.
    """
    watch, told = Watch(), trio.Event()
    async with open_client() as client, trio.open_nursery() as signals:
        await signals.start(_heed_signals, told)
        desk = Desk(client)
        async with _processes(layout, shown, told) as children:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_until, told, nursery.cancel_scope)
                for child in children:
                    nursery.start_soon(_guard, child)
                await _all_ready(desk, layout.endpoints, shown)
                shown.started(layout.endpoints[0].url)
                await _run(desk, layout, wanted, watch, shown)
                nursery.cancel_scope.cancel()
            await _close(desk, layout.endpoints, watch)
        signals.cancel_scope.cancel()
    return watch


@asynccontextmanager
async def _processes(layout: Layout, shown: Shown, told: trio.Event) -> AsyncIterator[list[Child]]:
    """All processes of the layout, in their order; none is left afterwards."""
    children: list[Child] = []
    try:
        for planned in layout.processes:
            if not told.is_set():
                started = await start(planned.name, planned.command, planned.log)
                children.append(started)
        yield children
    finally:
        killed = await stop_all(children)
        if killed:
            shown.note(f"had to be killed: {', '.join(killed)}")


async def _heed_signals(told: trio.Event, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        task_status.started()
        async for _ in signals:
            told.set()


async def _until(told: trio.Event, scope: trio.CancelScope) -> None:
    await told.wait()
    scope.cancel()


async def _guard(child: Child) -> None:
    await child.process.wait()
    raise DemoFailed("", f"{child.name} ended with status {child.status}: {child.last_line() or 'no word'}")


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


async def _close(desk: Desk, endpoints: Sequence[Endpoint], watch: Watch) -> None:
    """Look until all nodes stand at one height, or long enough."""
    if watch.first == 0:
        return
    with trio.move_on_after(LEVEL_S):
        while True:
            await look_once(desk, endpoints, watch, Quiet())
            if watch.level:
                return
            await trio.sleep(ASK_READY_S)
