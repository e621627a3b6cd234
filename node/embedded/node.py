"""A node's loop: events in, effects performed, waiters told; on trio, with the process's own clock.

Submitted items are collected for a few milliseconds and committed together; while one group is being written the
next collects. A disk that fails ends the node at once: nothing is said or acknowledged after it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import trio

from intents.auction import Auction
from node.agreement.effects import SetTimer, Timer
from node.chain.app import MAX_WAITING
from node.chain.blocks import Phase, phase_of
from node.effects import Commit, Effect, Gossip, Solve
from node.effects import Store as StoreItems
from node.embedded.errors import Stopped, TooBusy
from node.embedded.performing import DiskEffect, Performer, divided, ends_auction, held_items, in_order, unheld
from node.embedded.recovery import Recovered
from node.embedded.turn import Turn
from node.storage.store import Store
from settlement.solution import Solution

_log = logging.getLogger(__name__)

#: Finds solutions, or ``None`` where it has not got through the auction in time; what it raises is logged, and
#: counts as that.
Solving = Callable[[Auction], Awaitable[Sequence[Solution] | None]]
#: Effects for others than this node: messages, gossip, requests.
Outside = Callable[[Effect], None]
#: How long items are collected, and how many at most, before they are written.
GROUP_MS: Final = 5
GROUP_ITEMS: Final = 512
#: Decided blocks that are on disk and not yet told of; with more, nothing is written.
MAX_BEHIND: Final = 16
#: Decided blocks on their way to the disk at which timers wait for it: a lone validator must not run away.
MAX_AHEAD: Final = 2
#: From here on work is long, tens of milliseconds; short work is done before a thread has begun.
LONG_BYTES: Final = 64 << 10
LONG_ITEMS: Final = 200
LONG_ENTRIES: Final = 20_000


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
class Status:
    """``height`` is the last decided, ``waiting`` counts items for the next batch, ``commits`` are of the store's
    whole life, ``groups`` and ``acknowledged`` items of this process."""

    height: int
    auction: int
    root: bytes
    waiting: int
    acknowledged: int
    commits: int
    groups: int


class Node:
    """One node. ``run`` it in a task; then ``submit``, and ``event`` with what its machine makes of the outside.

    ``outside`` is handed effects for others, each after whatever had to be on disk first; ``durable`` what a
    group has put on disk, before that; ``committed`` each decided block after that, in a thread, in order and
    beside all else; ``told`` the same after that, in the loop; ``acted`` is called when the machine has worked.
    Timers and solvers do not wait for the disk, but for ``MAX_AHEAD`` blocks on their way to it. ``one_by_one``
    commits every disk effect by itself. With ``aside`` long work of the machine is done in a thread: all that
    reaches the machine must then come through ``act``.
    """

    def __init__(
        self,
        store: Store,
        recovered: Recovered,
        *,
        solving: Solving | None = None,
        outside: Outside | None = None,
        durable: Callable[[Sequence[DiskEffect]], None] | None = None,
        committed: Callable[[Commit], None] | None = None,
        told: Callable[[Commit], None] | None = None,
        acted: Callable[[], None] | None = None,
        group_ms: float = GROUP_MS,
        one_by_one: bool = False,
        aside: bool = False,
    ) -> None:
        self.machine, self.store = recovered.machine, store
        self._performer = Performer(store)
        self._committed, self._told = committed, told
        self._behind, self._blocks = trio.open_memory_channel[Commit](MAX_BEHIND)
        self._nursery: trio.Nursery | None = None
        self._ahead = 0
        self._solving, self._outside, self._durable = solving, outside, durable
        self._group_ms, self._divide = group_ms, in_order if one_by_one else lambda found: [divided(found)]
        self._aside, self._turn, self._acted = aside, Turn(), acted
        self._working = trio.CancelScope()
        self._group = Group()
        self._wake = trio.Event()
        self._full = trio.Event()
        self._stopping = self._ended = False
        self._failure: BaseException | None = None
        self._acknowledged = self._groups = 0
        #: How its own solver's auctions ended: ``answered``, ``nothing`` to offer, ``out_of_time``.
        self.answers = Counter[str]()
        self._add(recovered.effects)

    @property
    def status(self) -> Status:
        app = self.machine.app
        return Status(
            app.height,
            app.auction,
            app.state.root,
            len(app.waiting[Phase.BATCH]),
            self._acknowledged,
            self.store.commits,
            self._groups,
        )

    def admit(self, item: bytes) -> Group:
        """Take an item in: it is acknowledged when the group is durable.

        Raises a ``WalrasError`` that says what is wrong with it, ``TooBusy`` where nothing more can wait.
        """
        if self._stopping or self._ended:
            raise Stopped("")
        waiting = len(self.machine.app.waiting[Phase.BATCH])
        if waiting >= MAX_WAITING:
            raise TooBusy("", waiting)
        return self.event(self.machine.submit(item))

    def event(self, effects: Sequence[Effect]) -> Group:
        """Have what the machine asks for performed; the group says when it is durable."""
        group = self._group
        self._add(effects)
        return group

    async def act(
        self, work: Callable[[], Sequence[Effect]], *, size: int = 0, items: bool = False, short: bool = False
    ) -> Group:
        """Let the machine work, in its turn, and perform what comes of it. Raises what ``work`` raises.

        ``size`` in bytes of what it is told: with much of it, or much in hand, the work may be long; taking in
        ``items`` is long only where a proposal waits for some, and lets all else go first where none does; what is
        ``short`` never is.
        """
        patient = items and not self.machine.app.missing
        async with self._turn.mine(patient=patient):
            if self._ended:
                raise Stopped("")
            short = short or (items and not self.machine.app.missing)
            aside = self._aside and not short and (size > LONG_BYTES or self._much())
            try:
                effects = await self._beside(work) if aside else work()
            except RuntimeError as error:
                if type(error) is RuntimeError:
                    # What was decided cannot be applied here: this node's own fault, and its end.
                    self._failure = error
                    self.stop()
                raise
            group = self.event(effects)
            if self._acted is not None:
                self._acted()
            return group

    async def _beside(self, work: Callable[[], Sequence[Effect]]) -> Sequence[Effect]:
        """In a thread, to its end whoever stops waiting for it: half of it done would leave the machine between
        two states. Raises ``Stopped`` where the node is abandoned."""
        with trio.CancelScope(shield=True) as self._working:
            return await trio.to_thread.run_sync(work, abandon_on_cancel=True)
        raise Stopped("")

    def abandon(self) -> None:
        """Wait for no work of the machine any more, now that nothing may come of it: a block of a busy machine can
        take many seconds. To be called once the node has had its time to ``stop``."""
        self._ended = True
        self._working.cancel()

    def _much(self) -> bool:
        """Whether the height under way has many items, or the state many entries."""
        app, bodies = self.machine.app, self.machine.agreement.bodies
        if len(app.waiting[phase_of(app.height + 1)]) > LONG_ITEMS or any(
            len(body) > LONG_BYTES for body in bodies.values()
        ):
            return True
        return sum(map(len, app.state.entries.values())) > LONG_ENTRIES

    @property
    def stopping(self) -> bool:
        return self._stopping or self._ended

    async def submit(self, item: bytes) -> None:
        """Take an item in; returns once it is durable. Raises what ``admit`` and ``Group.wait`` raise."""
        await self.admit(item).wait()

    def stop(self) -> None:
        """End in good order: what is under way is written, nothing new is taken."""
        self._stopping = True
        self._wake.set()
        self._full.set()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until ``stop``. Raises ``DiskFailed``, or whatever else the store finds wrong."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                try:
                    await self._write_and_tell(task_status)
                finally:
                    # Whoever comes now finds none, rather than one that may have closed.
                    self._nursery = None
                nursery.cancel_scope.cancel()
        finally:
            self._ended = True
            self._group.done.set()
        if self._failure is not None:
            raise self._failure

    # Writing

    def _add(self, effects: Sequence[Effect]) -> None:
        group = self._group
        self._ahead += sum(type(effect) is Commit for effect in effects)
        waiting = [effect for effect in effects if self._ahead >= MAX_AHEAD or not self._begun(effect)]
        for effect in waiting:
            if ends_auction(effect):
                group.held = held_items(self.machine.app)
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

    def _begun(self, effect: Effect) -> bool:
        """Whether it is a timer or an auction to be answered, and runs: nothing of that leaves the node."""
        if self._nursery is None:
            return False
        if type(effect) is SetTimer:
            self._nursery.start_soon(self._after, effect.after_ms, effect.timer)
        elif type(effect) is Solve:
            if self._solving is not None:
                self._nursery.start_soon(self._solve, effect.auction)
        else:
            return False
        return True

    async def _write_and_tell(self, task_status: trio.TaskStatus[None]) -> None:
        async with trio.open_nursery() as telling:
            telling.start_soon(self._tell)
            task_status.started()
            try:
                await self._write_groups()
            except Exception as error:
                self._failure = error
                telling.cancel_scope.cancel()
            self._behind.close()

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
                assert self._stopping
                return
            try:
                await self._perform(group)
                group.durable = True
                self._acknowledged += group.items
            finally:
                group.done.set()
            if self._stopping:
                self._wake.set()
                self._full.set()

    async def _perform(self, group: Group) -> None:
        self._groups += 1
        stale = [] if group.held is None else unheld(self.store, group.held)
        parts = self._divide(group.effects)
        for number, (disk, others) in enumerate(parts, 1):
            if disk:
                await trio.to_thread.run_sync(self._performer.write, disk, stale if number == len(parts) else ())
                if self._durable is not None:
                    self._durable(disk)
            for effect in others:
                if not self._begun(effect) and self._outside is not None:
                    self._outside(effect)
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
                if self._committed is not None:
                    await trio.to_thread.run_sync(self._committed, commit)
                if self._told is not None:
                    self._told(commit)
            except Exception as error:
                self._failure = error
                self.stop()

    # Events

    async def _after(self, after_ms: int, timer: Timer) -> None:
        await trio.sleep(after_ms / 1000)
        if not self._stopping:
            await self.act(lambda: self.machine.timed_out(timer))

    async def _solve(self, auction: Auction) -> None:
        assert self._solving is not None
        try:
            solutions = await self._solving(auction)
        except Exception:
            # A contestant's failure is its own, whatever it is: this auction passes without it.
            _log.exception("the solver failed")
            solutions = None
        else:
            if solutions is None:
                _log.warning(
                    "auction %d: the solver found nothing in time among %d intents",
                    auction.number,
                    len(auction.orders),
                )
        if self._stopping:
            return
        late = False

        def hand_in() -> Sequence[Effect]:
            nonlocal late
            late = self.machine.too_late(auction.number)
            return self.machine.solved(auction.number, solutions)

        await self.act(hand_in)
        if solutions and late:
            _log.warning("auction %d: the solver's answer came after the seals", auction.number)
        self.answers[_ending(solutions, late)] += 1


def _ending(solutions: Sequence[Solution] | None, late: bool) -> str:
    if solutions is None:
        return "out_of_time"
    return "nothing" if not solutions else "late" if late else "answered"
