"""Whose turn it is to have the machine work: what others wait for first, items in between.

Where more items come in than can be taken in, their queue has no end: whatever stood in it would come too late for
the agreement, and nothing would be settled until they stop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import trio

#: So many that hurry pass one that does not.
PASSING: Final = 16


class Turn:
    """One at a time. Those of a kind in the order in which they came."""

    def __init__(self) -> None:
        self._taken = False
        self._hurried, self._patient = trio.lowlevel.ParkingLot(), trio.lowlevel.ParkingLot()
        self._passed = 0

    @asynccontextmanager
    async def mine(self, *, patient: bool = False) -> AsyncIterator[None]:
        """The block is one's turn; ``patient`` ones have theirs after the others."""
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._taken:
            await (self._patient if patient else self._hurried).park()
        else:
            self._taken = True
            await trio.lowlevel.cancel_shielded_checkpoint()
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._hurried and not (self._patient and self._passed >= PASSING):
            self._passed += 1
            self._hurried.unpark()
        elif self._patient:
            self._passed = 0
            self._patient.unpark()
        else:
            self._taken = False
