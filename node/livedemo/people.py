"""The two tasks of a running demonstration: people submit what they signed, and somebody looks at the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import trio

from node.livedemo.desk import Desk, Endpoint
from node.livedemo.shown import Shown
from node.livedemo.trading import Crowd, Signed
from node.livedemo.watching import Watch

LOOK_S: Final = 1.0
#: Submissions under way at once; whoever comes while so many wait is turned away.
UNDER_WAY: Final = 64
#: Nodes tried with one intent before it counts as turned away.
TRIES: Final = 3


async def trade(
    desk: Desk, endpoints: Sequence[Endpoint], crowd: Crowd, rate: float, watch: Watch, rng: Random
) -> None:
    """People come at random, ``rate`` intents a second in the mean, each to some node. Until cancelled."""
    send, receive = trio.open_memory_channel[Signed](UNDER_WAY)
    async with trio.open_nursery() as nursery:
        for _ in range(UNDER_WAY // 4):
            nursery.start_soon(_submitting, desk, endpoints, receive, watch, rng)
        # With a counterpart now and then, somebody brings more than one intent.
        people_per_s = rate / (1 + crowd.taste.meeting / 100)
        while True:
            wait = rng.expovariate(people_per_s)
            await trio.sleep(wait)
            crowd.wait(wait)
            for signed in crowd.come(watch.auction):
                try:
                    send.send_nowait(signed)
                except trio.WouldBlock:
                    watch.turned_away += 1


async def _submitting(
    desk: Desk,
    endpoints: Sequence[Endpoint],
    receive: trio.MemoryReceiveChannel[Signed],
    watch: Watch,
    rng: Random,
) -> None:
    async for signed in receive:
        for endpoint in rng.sample(endpoints, min(TRIES, len(endpoints))):
            if await desk.submit(endpoint, signed.item):
                watch.acknowledged += 1
                break
        else:
            watch.turned_away += 1


async def look(desk: Desk, endpoints: Sequence[Endpoint], watch: Watch, shown: Shown) -> None:
    """Ask all nodes once a second where they are. Until cancelled."""
    while True:
        await look_once(desk, endpoints, watch, shown)
        await trio.sleep(LOOK_S)


async def look_once(desk: Desk, endpoints: Sequence[Endpoint], watch: Watch, shown: Shown) -> None:
    """Their words about themselves, and what has settled according to the first that answers."""
    statuses = dict.fromkeys((endpoint.name for endpoint in endpoints), None)
    async with trio.open_nursery() as nursery:

        async def ask(endpoint: Endpoint) -> None:
            statuses[endpoint.name] = await desk.status(endpoint)

        for endpoint in endpoints:
            nursery.start_soon(ask, endpoint)
    watch.statuses(statuses)
    for endpoint in endpoints:
        if statuses[endpoint.name] is not None:
            for row in watch.auctions(await desk.auctions(endpoint) or ()):
                shown.settled(row)
            break
    shown.look(watch)
