"""Items from gossip: judged before they are passed on, taken in after.

A pack is rejected if one item of it is malformed or forged. What a neighbour or an owner sends beyond its share is
left for later, which is held against nobody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import trio

from intents.errors import WalrasError
from node.chain.items import Item, Submission, item_id
from node.chain.reading import read_item
from node.live.settings import Rates
from node.live.wire import ITEM_PACKS
from p2p.base import Verdict
from p2p.buckets import KeyedBuckets
from p2p.packing import BadPack, unpack
from settlement.ledger.transactions import Transaction

#: Ids of items that were taken in lately: a few of the largest batches.
MAX_HEARD: Final = 16_384


def owner_of(item: Item) -> bytes:
    """Whose share an item is of."""
    match item:
        case Submission():
            return item.intent.owner.key
        case Transaction():
            return item.holder
        case _:
            return item.solver


def now_us() -> int:
    return int(trio.current_time() * 1_000_000)


class Intake:
    """What of others' items is taken in: what is new, sound, within its owner's share and ``welcome``, which is
    asked by item and id."""

    def __init__(
        self,
        network: bytes,
        rates: Rates,
        count: Callable[..., None],
        welcome: Callable[[Item, bytes], bool] = lambda item, number: True,
    ) -> None:
        self._network, self._count, self._welcome = network, count, welcome
        self._owners: KeyedBuckets[bytes] = KeyedBuckets(rates.owner_per_s, rates.owner_burst, rates.owners)
        self._peers: KeyedBuckets[str] = KeyedBuckets(rates.peer_per_s, rates.peer_burst, rates.peers)
        self._heard: OrderedDict[bytes, None] = OrderedDict()
        self._judged: dict[bytes, tuple[bytes, ...]] = {}
        # One thread: signatures are checked beside the loop, not instead of it.
        self._thread = trio.CapacityLimiter(1)

    async def judge(self, sender: str, data: bytes) -> Verdict:
        """Whether to pass a pack on. Of one with something unwelcome in it the rest is taken in all the same."""
        verdict = Verdict.ACCEPT
        try:
            items = unpack(data, ITEM_PACKS)
        except BadPack:
            return Verdict.REJECT
        if not self._peers.take(sender, len(items), now_us()):
            self._count("items_over_peer_rate", len(items))
            return Verdict.IGNORE
        # One that is there twice counts once: whoever packs another's items must not use up its share.
        new = [item for item in dict.fromkeys(items) if item_id(item) not in self._heard]
        if new:
            read = await trio.to_thread.run_sync(_read, new, self._network, limiter=self._thread)
            if read is None:
                self._count("items_rejected")
                return Verdict.REJECT
            kept = [
                (data, item) for data, item in zip(new, read, strict=True) if self._welcome(item, item_id(data))
            ]
            if len(kept) < len(new):
                # Nobody's fault: who is a block behind does not know a new bond yet.
                self._count("items_unwelcome", len(new) - len(kept))
                verdict = Verdict.IGNORE
            new = [data for data, item in kept if self.within(item)]
        if len(self._judged) < 4_096:
            self._judged[data] = tuple(new)
        return verdict

    def judged(self, data: bytes) -> tuple[bytes, ...]:
        """What of a pack is to be taken in, once it was judged; asked once."""
        return self._judged.pop(data, ())

    def within(self, item: Item) -> bool:
        """Whether an owner is within its share; what is asked for is taken from it."""
        within = self._owners.take(owner_of(item), 1, now_us())
        if not within:
            self._count("items_over_owner_rate")
        return within

    def heard(self, ids: Sequence[bytes]) -> None:
        """These need not be looked at again."""
        self._heard.update(dict.fromkeys(ids))
        while len(self._heard) > MAX_HEARD:
            self._heard.popitem(last=False)


def _read(items: Sequence[bytes], network: bytes) -> list[Item] | None:
    """The items, or nothing if one is no good."""
    try:
        return [read_item(item, network) for item in items]
    except WalrasError:
        return None
