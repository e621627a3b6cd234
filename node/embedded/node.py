"""A node's loop: events in, its machine at work in its turn, timers and its own solver; on trio, with real time.

What the machine asks for goes to ``groups.py``, which has it on the disk before anybody hears of it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import trio

from intents.auction import Auction
from node.agreement.effects import SetTimer, Timer
from node.chain.app import MAX_WAITING
from node.chain.blocks import Phase, phase_of
from node.effects import Commit, Effect, Solve
from node.embedded.errors import Stopped, TooBusy
from node.embedded.groups import GROUP_MS, Group, Groups, Readers
from node.embedded.performing import DiskEffect
from node.embedded.recovery import Recovered
from node.embedded.turn import Turn
from node.storage.store import Store
from settlement.solution import Solution

_log = logging.getLogger(__name__)

#: Finds solutions, or ``None`` where it has not got through the auction in time; what it raises is logged, and
#: counts as that.
Solving = Callable[[Auction], Awaitable[Sequence[Solution] | None]]
#: From here on work is long, tens of milliseconds; short work is done before a thread has begun.
LONG_BYTES: Final = 64 << 10
LONG_ITEMS: Final = 200
LONG_ENTRIES: Final = 20_000


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

    ``outside``, ``durable``, ``committed`` and ``told`` are those of ``Readers``; ``acted`` is called when the
    machine has worked. ``one_by_one`` commits every disk effect by itself. With ``aside`` long work of the machine
    is done in a thread: all that reaches the machine must then come through ``act``.
    """

    def __init__(
        self,
        store: Store,
        recovered: Recovered,
        *,
        solving: Solving | None = None,
        outside: Callable[[Effect], None] | None = None,
        durable: Callable[[Sequence[DiskEffect]], None] | None = None,
        committed: Callable[[Commit], None] | None = None,
        told: Callable[[Commit], None] | None = None,
        acted: Callable[[], None] | None = None,
        group_ms: float = GROUP_MS,
        one_by_one: bool = False,
        aside: bool = False,
    ) -> None:
        self.machine, self.store = recovered.machine, store
        readers = Readers(outside, durable, committed, told)
        self._groups = Groups(store, self.machine, self._begun, readers, group_ms=group_ms, one_by_one=one_by_one)
        self._nursery: trio.Nursery | None = None
        self._solving = solving
        self._aside, self._turn, self._acted = aside, Turn(), acted
        self._working = trio.CancelScope()
        self._ended = False
        #: How its own solver's auctions ended: ``answered``, ``nothing`` to offer, ``out_of_time``.
        self.answers = Counter[str]()
        self._groups.add(recovered.effects)

    @property
    def status(self) -> Status:
        app = self.machine.app
        return Status(
            app.height,
            app.auction,
            app.state.root,
            len(app.waiting[Phase.BATCH]),
            self._groups.acknowledged,
            self.store.commits,
            self._groups.written,
        )

    def admit(self, item: bytes) -> Group:
        """Take an item in: it is acknowledged when the group is durable.

        Raises a ``WalrasError`` that says what is wrong with it, ``TooBusy`` where nothing more can wait.
        """
        if self.stopping:
            raise Stopped("")
        waiting = len(self.machine.app.waiting[Phase.BATCH])
        if waiting >= MAX_WAITING:
            raise TooBusy("", waiting)
        return self.event(self.machine.submit(item))

    def event(self, effects: Sequence[Effect]) -> Group:
        """Have what the machine asks for performed; the group says when it is durable."""
        return self._groups.add(effects)

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
                    self._groups.fail(error)
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
        return self._groups.stopping or self._ended

    async def submit(self, item: bytes) -> None:
        """Take an item in; returns once it is durable. Raises what ``admit`` and ``Group.wait`` raise."""
        await self.admit(item).wait()

    def stop(self) -> None:
        """End in good order: what is under way is written, nothing new is taken."""
        self._groups.stop()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until ``stop``. Raises ``DiskFailed``, or whatever else the store finds wrong."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                try:
                    await self._groups.run(task_status)
                finally:
                    # Whoever comes now finds none, rather than one that may have closed.
                    self._nursery = None
                nursery.cancel_scope.cancel()
        finally:
            self._ended = True
            self._groups.end()
        self._groups.check()

    # Timers and its own solver

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

    async def _after(self, after_ms: int, timer: Timer) -> None:
        await trio.sleep(after_ms / 1000)
        if not self._groups.stopping:
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
        if self._groups.stopping:
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
