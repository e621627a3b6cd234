"""Items among peers: gossiped in packs, taken in as they come, asked for where a proposal waits for some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import trio

from node.chain.items import item_id
from node.effects import Effect, Gossip
from node.embedded.errors import Stopped
from node.embedded.node import Node
from node.live import wire
from node.live.directory import Directory, Neighbour
from node.live.intake import Intake
from node.live.sending import Sending
from p2p.base import Transport, Verdict
from p2p.clock import monotonic_ms
from p2p.packing import Packer, pack

#: Packs that wait to be published; with more, users wait.
MAX_PACKS: Final = 64
#: With so many packs of others not taken in, and none for so long, more are put off. Were all of them to wait,
#: nothing would be read from peers meanwhile, and they would take this node for a hung one.
MAX_UNTAKEN: Final = 64
STUCK_S: Final = 1.0
#: Items taken in that are not on disk yet; with more, peers wait.
MAX_UNDER_WAY: Final = 8_192
#: After which an item that was asked for and has not come is asked for again: twice as long each time.
ASK_MS: Final = 200
MOST_ASK_MS: Final = 3_200
#: Items of a pack that repeats them.
_REMINDED: Final = 64


class Items:
    """Those of one node. ``publish`` must be running for what is gossiped to leave."""

    def __init__(
        self,
        transport: Transport,
        node: Node,
        network: bytes,
        directory: Directory,
        sending: Sending,
        intake: Intake,
        count: Callable[..., None],
    ) -> None:
        self._transport, self._node, self._topic = transport, node, wire.items_topic(network)
        self._directory, self._sending, self._intake, self._count = directory, sending, intake, count
        self._packer = Packer(wire.ITEM_PACKS)
        self._packs: list[bytes] = []
        self._packed, self._eased = trio.Event(), trio.Event()
        self._untaken, self._took_s = 0, trio.current_time()
        #: Items asked for: when they are to be asked for again, and how long that is after the last time.
        self._asked: dict[bytes, tuple[int, int]] = {}
        #: The first of these times.
        self._ask_again_ms = 0

    def subscribe(self) -> None:
        """Hear what others gossip."""
        self._transport.subscribe(self._topic, self._judge, self._hear)

    # Out

    async def room(self) -> None:
        """Wait while more is to be published than neighbours take."""
        while len(self._packs) > MAX_PACKS:
            self._count("submitters_waited")
            await self._eased.wait()

    def gossip(self, item: bytes) -> None:
        """Publish it, in a pack that goes when it is full or after a moment."""
        full = self._packer.add(item, monotonic_ms())
        if full is not None:
            self._packs.append(full)
        self._packed.set()

    def remind(self, items: Sequence[bytes]) -> None:
        """Gossip items again. A pack published before would go nowhere: in these the first item is there twice."""
        for start in range(0, len(items), _REMINDED):
            part = items[start : start + _REMINDED]
            if len(self._packs) < MAX_PACKS and sum(map(len, part)) + len(part[0]) < wire.MAX_SENT_BYTES * 4:
                self._packs.append(pack([part[0], *part]))
        self._packed.set()

    async def publish(self) -> None:
        """Packs that are due, until cancelled."""
        while True:
            await self._packed.wait()
            due_ms = self._packer.due_ms()
            if not self._packs and due_ms is not None:
                await trio.sleep(max(0, due_ms - monotonic_ms()) / 1_000)
                last = self._packer.flush()
                if last is not None:
                    self._packs.append(last)
            if not self._packs:
                self._packed = trio.Event()
                continue
            await self._transport.publish(self._topic, self._packs.pop(0))
            self._eased.set()
            self._eased = trio.Event()

    # In

    async def take(self, found: Neighbour, items: Sequence[bytes]) -> None:
        """Items that a peer gives: those that are missed here, and no others."""
        machine = self._node.machine
        missed = [item for item in items if item_id(item) in machine.app.missing]
        self._count("items_unasked", len(items) - len(missed))
        for start in range(0, len(missed), wire.MAX_IDS):
            part = missed[start : start + wire.MAX_IDS]
            await self._node.act(lambda part=part: machine.hear(found.number, part))  # type: ignore[misc]

    def ask(self) -> None:
        """Ask for what a proposal waits for, and for the same again ever later: whoever is too busy to answer once
        will not answer twice."""
        missing, now_ms = self._node.machine.app.missing, monotonic_ms()
        if missing and now_ms < self._ask_again_ms and missing <= self._asked.keys():
            return
        self._asked = {number: asked for number, asked in self._asked.items() if number in missing}
        due = sorted(number for number in missing if now_ms >= self._asked.get(number, (now_ms, 0))[0])
        for number in due:
            wait_ms = min(max(2 * self._asked.get(number, (0, 0))[1], ASK_MS), MOST_ASK_MS)
            self._asked[number] = now_ms + wait_ms, wait_ms
        self._ask_again_ms = min((again_ms for again_ms, _ in self._asked.values()), default=0)
        self._sending.ask(due)

    async def _judge(self, sender: str, data: bytes) -> Verdict:
        if self._untaken >= MAX_UNTAKEN and trio.current_time() > self._took_s + STUCK_S:
            # Whoever has an item gossips it again, and gives what a proposal waits for.
            self._count("packs_put_off")
            return Verdict.IGNORE
        self._untaken += 1
        try:
            verdict = await self._intake.judge(sender, data)
        except BaseException:
            self._untaken -= 1
            raise
        if verdict is not Verdict.ACCEPT:
            # What is not passed on is not handed on either.
            await self._hear(sender, data)
        return verdict

    async def _hear(self, sender: str, data: bytes) -> None:
        try:
            await self._take_in(sender, data)
        finally:
            self._untaken, self._took_s = self._untaken - 1, trio.current_time()

    async def _take_in(self, sender: str, data: bytes) -> None:
        items = self._intake.judged(data)
        if not items:
            return
        machine, number = self._node.machine, self._directory.number(sender)

        def hear() -> list[Effect]:
            # The transport has passed the pack on already.
            return [effect for effect in machine.hear(number, items) if type(effect) is not Gossip]

        try:
            group = await self._node.act(hear, items=True)
            self._intake.heard([item_id(item) for item in items])
            if group.items > MAX_UNDER_WAY:
                self._count("peers_waited")
                await group.wait()
        except Stopped:
            return
