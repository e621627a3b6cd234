"""Taking items in from users of this node, many at once: checked, put in in one turn of the machine, durable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from intents.errors import WalrasError
from node.chain.app import MAX_WAITING
from node.chain.items import item_id, phase_for
from node.chain.reading import read_item
from node.effects import Commit, Effect, Gossip, Store
from node.embedded.errors import Stopped, TooBusy
from node.embedded.node import Node
from node.live.errors import TooFast
from node.live.intake import Intake
from node.live.network import Network


class Submitting:
    """``waiting`` finds an item that waits, by its id; ``per_s`` is what an owner may send."""

    def __init__(
        self,
        node: Node,
        network: Network | None,
        intake: Intake,
        waiting: Callable[[bytes], bytes | None],
        per_s: int,
    ) -> None:
        self._node, self._network, self._intake = node, network, intake
        self._waiting, self._per_s = waiting, per_s
        #: Ids of items from users that are not on disk yet.
        self.own: set[bytes] = set()

    async def submit(self, items: Sequence[bytes]) -> Sequence[bytes | WalrasError]:
        """Of each its id, or what is wrong with it; durable when this returns. Raises ``Stopped``."""
        outcomes = [self._checked(item) for item in items]
        if self._network is not None:
            await self._network.items.room()
        if self._node.stopping:
            raise Stopped("")
        sound = {item: found for item, found in zip(items, outcomes, strict=True) if isinstance(found, bytes)}
        if not sound:
            return outcomes
        crowded: set[bytes] = set()
        group = await self._node.act(lambda: self._put_in(sound, crowded), items=True)
        if group.effects:
            await group.wait()
        return [TooBusy("", MAX_WAITING) if found in crowded else found for found in outcomes]

    def _checked(self, item: bytes) -> bytes | WalrasError:
        """The id of an item that may be taken in, or why it may not."""
        try:
            read, number = read_item(item, self._node.machine.app.network), item_id(item)
        except WalrasError as error:
            return error
        if self._waiting(number) is not None:
            return number
        if self._is_full(item):
            return TooBusy("", MAX_WAITING)
        return number if self._intake.within(read) else TooFast("", self._per_s)

    def _put_in(self, items: Mapping[bytes, bytes], crowded: set[bytes]) -> Sequence[Effect]:
        """Items with their ids. What was here before is stored again, for whoever waits for that, and gossiped no
        more; what had its block before is neither. Those among ``crowded`` in the end found no room any more."""
        before = self._here(items)
        effects = self._node.machine.submit(*items)
        # The last of a full batch may end its window, and have a lone validator decide it at once.
        decided = {item for effect in effects if isinstance(effect, Commit) for item in effect.applied.block.items}
        here = self._here(items) | (items.keys() & decided)
        crowded |= {items[item] for item in items.keys() - here if self._is_full(item)}
        new = {items[item] for item in here - before}
        self.own |= new
        self._intake.heard(tuple(new))

        def remains(effect: Effect) -> bool:
            match effect:
                case Gossip(item):
                    return item not in items or items[item] in new
                case Store(stored):
                    return any(item not in items or item in here for item in stored)
                case _:
                    return True

        return [effect for effect in effects if remains(effect)]

    def _is_full(self, item: bytes) -> bool:
        """Whether as much waits for the item's kind of block as may."""
        app = self._node.machine.app
        return len(app.waiting[phase_for(read_item(item, app.network))]) >= MAX_WAITING

    def _here(self, items: Mapping[bytes, bytes]) -> set[bytes]:
        return {item for item, number in items.items() if self._waiting(number) is not None}
