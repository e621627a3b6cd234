"""Fetching what was offered: from one peer, and from the next that offered the same when that one takes long."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from node.live.shelf import Fetching
from node.live.wire import Offer
from p2p.clock import monotonic_ms

#: How often offers that came meanwhile are looked for, once nobody is left to be asked.
_LOOK_MS: Final = 100
#: Peers asked for one thing at once: each gives out the whole of it, and where all are slow more would not help.
MAX_AT_ONCE: Final = 4


async def fetch(
    fetching: Fetching,
    peer: str,
    offer: Offer,
    get: Callable[[str, Offer], Awaitable[bytes | None]],
    heed: Callable[[str, Offer, bytes], Awaitable[bool]],
) -> None:
    """Until it is here, or nobody who offered it will give it out. A peer that takes longer than is usual is not
    given up, but the next is asked beside it, up to ``MAX_AT_ONCE``.

    ``get`` asks one peer for the word, ``heed`` takes it in and tells whether it was what was offered.
    """
    turn: tuple[str, Offer] | None = (peer, offer)
    under_way: list[trio.Event] = []

    async def ask(peer: str, offer: Offer, patience: trio.CancelScope, ended: trio.Event) -> None:
        word = await get(peer, offer)
        if word is None:
            fetching.late(peer, monotonic_ms())
        else:
            # To take it in may be long, and is not the peer's fault.
            patience.deadline = math.inf
            fetching.served(peer)
            if await heed(peer, offer, word):
                fetching.done(offer, monotonic_ms())
                nursery.cancel_scope.cancel()
        ended.set()

    async with trio.open_nursery() as nursery:
        while turn is not None or under_way:
            if turn is None:
                with trio.move_on_after(_LOOK_MS / 1_000):
                    await under_way[-1].wait()
            else:
                under_way.append(trio.Event())
                with trio.move_on_after(fetching.patience_ms(*turn, monotonic_ms()) / 1_000) as patience:
                    nursery.start_soon(ask, *turn, patience, under_way[-1])
                    await under_way[-1].wait()
                if patience.cancelled_caught:
                    fetching.late(turn[0], monotonic_ms())
            under_way = [ended for ended in under_way if not ended.is_set()]
            turn = fetching.following(offer, monotonic_ms()) if len(under_way) < MAX_AT_ONCE else None
