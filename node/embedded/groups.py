"""What a node has to do, in groups: collected for a few milliseconds, made durable together, then told.

While one group is being written the next collects. A disk that fails ends it at once: nothing is said or
acknowledged after that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import trio

from node.effects import Commit, Effect, Gossip
from node.effects import Store as StoreItems
from node.embedded.errors import Stopped
from node.embedded.performing import DiskEffect, Performer, divided, ends_auction, held_items, in_order, unheld
from node.machine import Machine
from node.storage.store import Store

#: How long items are collected, and how many at most, before they are written.
GROUP_MS: Final = 5
GROUP_ITEMS: Final = 512
#: Decided blocks that are on disk and not yet told of; with more, nothing is written.
MAX_BEHIND: Final = 16
#: Decided blocks on their way to the disk at which timers wait for it: a lone validator must not run away.
MAX_AHEAD: Final = 2


@dataclass(eq=False)
class Group:
    """Effects that are made durable together, and those who wait for it."""

    effects: list[Effect] = field(default_factory=list)
    items: int = 0
    urgent: bool = False
    #: Items that the machine held where an auction ended: others on disk by then are stale.
    held: frozenset[bytes] | None = None
    done: trio.Event = field(default_factory=trio.Event)
    durable: bool = False

    async def wait(self) -> None:
        """Returns once all of it is on disk. Raises ``Stopped`` if that will not be."""
        await self.done.wait()
        if not self.durable:
            raise Stopped("")


@dataclass(frozen=True, slots=True)
class Readers:
    """``outside`` is handed effects for others than this node, each after whatever had to be on disk first;
    ``durable`` what a group has put on disk, before that; ``committed`` each decided block after that, in a
    thread, in order and beside all else; ``told`` the same after that, in the loop."""

    outside: Callable[[Effect], None] | None = None
    durable: Callable[[Sequence[DiskEffect]], None] | None = None
    committed: Callable[[Commit], None] | None = None
    told: Callable[[Commit], None] | None = None


class Groups:
    """``run`` it in a task, and ``add`` to it. ``begun`` is asked of an effect whether it runs at once, beside the
    disk: timers and solvers do, but for ``MAX_AHEAD`` blocks on their way to it."""

    def __init__(
        self,
        store: Store,
        machine: Machine,
        begun: Callable[[Effect], bool],
        readers: Readers,
        *,
        group_ms: float,
        one_by_one: bool,
    ) -> None:
        self.store, self._machine, self._begun, self._readers = store, machine, begun, readers
        self.performer = Performer(store)
        self._group_ms, self._divide = group_ms, in_order if one_by_one else lambda found: [divided(found)]
        self._behind, self._blocks = trio.open_memory_channel[Commit](MAX_BEHIND)
        self._ahead = 0
        self._group, self._wake, self._full = Group(), trio.Event(), trio.Event()
        self._failure: BaseException | None = None
        self.stopping = False
        #: Groups written so far, and items in them.
        self.written = self.acknowledged = 0

    def add(self, effects: Sequence[Effect]) -> Group:
        """The group says when they are durable."""
        group = self._group
        self._ahead += sum(type(effect) is Commit for effect in effects)
        waiting = [effect for effect in effects if self._ahead >= MAX_AHEAD or not self._begun(effect)]
        for effect in waiting:
            if ends_auction(effect):
                # Of its present app: a snapshot that is taken over brings another.
                group.held = held_items(self._machine.app)
            if type(effect) is StoreItems:
                group.items += len(effect.items)
            elif type(effect) is not Gossip:
                # Somebody waits for it besides those who submit.
                group.urgent = True
        group.effects += waiting
        if waiting:
            self._wake.set()
        if group.urgent or group.items >= GROUP_ITEMS:
            self._full.set()
        return group

    def stop(self) -> None:
        """End in good order: what is under way is written."""
        self.stopping = True
        self._wake.set()
        self._full.set()

    def fail(self, error: BaseException) -> None:
        """End, and have ``run`` raise that."""
        self._failure = error
        self.stop()

    def end(self) -> None:
        """Whoever still waits for a group waits in vain."""
        self._group.done.set()

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Until ``stop``, or until something fails: ``check`` raises that."""
        async with trio.open_nursery() as telling:
            telling.start_soon(self._tell)
            task_status.started()
            try:
                await self._write_groups()
            except Exception as error:
                self._failure = error
                telling.cancel_scope.cancel()
            self._behind.close()

    def check(self) -> None:
        """Raises what it failed with."""
        if self._failure is not None:
            raise self._failure

    async def _write_groups(self) -> None:
        while True:
            await self._wake.wait()
            with trio.move_on_after(self._group_ms / 1000):
                await self._full.wait()
            if self._failure is not None:
                return
            group, self._group = self._group, Group()
            self._wake, self._full = trio.Event(), trio.Event()
            if not group.effects:
                assert self.stopping
                return
            try:
                await self._perform(group)
                group.durable = True
                self.acknowledged += group.items
            finally:
                group.done.set()
            if self.stopping:
                self._wake.set()
                self._full.set()

    async def _perform(self, group: Group) -> None:
        self.written += 1
        stale = [] if group.held is None else unheld(self.store, group.held)
        parts = self._divide(group.effects)
        readers = self._readers
        for number, (disk, others) in enumerate(parts, 1):
            if disk:
                await trio.to_thread.run_sync(self.performer.write, disk, stale if number == len(parts) else ())
                if readers.durable is not None:
                    readers.durable(disk)
            for effect in others:
                if not self._begun(effect) and readers.outside is not None:
                    readers.outside(effect)
            for effect in disk:
                if type(effect) is Commit:
                    self._ahead -= 1
                    await self._behind.send(effect)

    async def _tell(self) -> None:
        """Of blocks on disk, in their order: first to ``committed``, then to ``told``."""
        async for commit in self._blocks:
            if self._failure is not None:
                continue
            try:
                if self._readers.committed is not None:
                    await trio.to_thread.run_sync(self._readers.committed, commit)
                if self._readers.told is not None:
                    self._readers.told(commit)
            except Exception as error:
                self.fail(error)
