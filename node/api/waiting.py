"""Intents that wait for their block, by their own id: the node knows items by theirs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from intents.codec import intent_id
from node.chain.items import Submission
from node.chain.reading import read_item

#: Items remembered, the newest; of those whose intent is not known yet, how many are read for one question.
MAX_KNOWN: Final = 8_192
MAX_READ: Final = 1_024


class Waiting:
    """Items are noted as they come and read when somebody asks; the node has checked them already.

    For the node's own thread alone.
    """

    def __init__(self, item: Callable[[bytes], bytes | None], network: bytes) -> None:
        self._item, self._network = item, network
        self._unread: OrderedDict[bytes, None] = OrderedDict()
        self._by_intent: OrderedDict[bytes, bytes] = OrderedDict()

    def note(self, item: bytes, intent: bytes | None = None) -> None:
        """An item came in: of this intent, where that is known."""
        if intent is None:
            self._unread[item] = None
        else:
            self._by_intent[intent] = item
        for kept in (self._unread, self._by_intent):
            while len(kept) > MAX_KNOWN:
                kept.popitem(last=False)

    def find(self, number: bytes) -> Submission | None:
        """The waiting intent of that id, or whose item has it."""
        if number not in self._by_intent:
            self._read()
        return self._submission(self._by_intent.get(number, number))

    def _read(self) -> None:
        for _ in range(min(MAX_READ, len(self._unread))):
            number, _ = self._unread.popitem()
            found = self._submission(number)
            if found is not None:
                self.note(number, intent_id(found.intent))

    def _submission(self, number: bytes) -> Submission | None:
        data = self._item(number)
        found = None if data is None else read_item(data, self._network)
        return found if isinstance(found, Submission) else None
