"""What must hold of a node's files at every restart, whatever happened to the process before."""

from __future__ import annotations

import shutil
from pathlib import Path

from intents.errors import WalrasError
from node.agreement.effects import Sent
from node.agreement.messages import Body, Message, Proposal, Seen, Vote
from node.agreement.wire import encode_message
from node.chain.blocks import decode_block
from node.chain.items import item_id
from node.chain.tables import TABLES
from node.embedded.folder import STORE
from node.storage.store import Store
from settlement.ledger.books import check_all
from settlement.ledger.journal import START, chained, decode_line
from settlement.ledger.state import State


class Audit:
    """One node through all its lives. ``problems`` are by kind: "lost", "corrupt", "contradiction"."""

    def __init__(self, scratch: Path) -> None:
        self.problems: list[tuple[str, str]] = []
        self.height = -1
        self.auction = 1
        self._scratch = scratch
        #: Acknowledged, and not yet found in a decided block.
        self._owed: set[bytes] = set()
        self._decided: set[bytes] = set()
        self._said: dict[tuple[object, ...], bytes] = {}
        self._state, self._last, self._lines = State(TABLES), START, 0

    def acknowledged(self, items: list[bytes]) -> None:
        self._owed.update(number for number in map(item_id, items) if number not in self._decided)

    def said(self, message: Message) -> None:
        """A validator says one thing at each place; a body is not signed."""
        if isinstance(message, Body):
            return
        place = _place(message)
        data = encode_message(message)
        if self._said.setdefault(place, data) != data:
            self.problems.append(("contradiction", f"two of {place}"))

    def check(self, folder: Path) -> None:
        """Look at a copy of the files, so that what a crash left is still there for the node to deal with."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        for suffix in ("", "-wal", "-mark"):
            path = folder / (STORE + suffix)
            if path.exists():
                shutil.copyfile(path, self._scratch / path.name)
        try:
            with Store(self._scratch / STORE, None) as store:
                self._look(store)
        except WalrasError as error:
            self.problems.append(("corrupt", f"{error.code}: {error}"))

    def _look(self, store: Store) -> None:
        self._rebuild(store)
        for height in range(self.height + 1, store.height() + 1):
            decision = store.decision(height)
            assert decision is not None
            done = {item_id(item) for item in decode_block(decision.block).items}
            self._decided |= done
            self._owed -= done
        if store.height() < self.height:
            self.problems.append(("lost", f"height {self.height}, now {store.height()}"))
        self.height = store.height()
        self.auction = max(1, (self.height + 1) // 3 + 1)
        for record in store.log(self.height + 1):
            if isinstance(record, Sent):
                self.said(record.message)
        lost = self._owed - set(store.item_ids())
        self.problems += [("lost", number.hex()) for number in sorted(lost)]
        self._owed -= lost

    def _rebuild(self, store: Store) -> None:
        """The journal from where it was left, and the kept state against what it says."""
        for number, (data, claimed) in enumerate(store.journal()):
            if number < self._lines:
                continue
            line = decode_line(data)
            if chained(self._last, data) != claimed:
                self.problems.append(("corrupt", f"journal {line.height}: hash"))
            if self._state.absorb(dict(line.delta)) != line.root:
                self.problems.append(("corrupt", f"journal {line.height}: root"))
            self._last, self._lines = claimed, number + 1
        if store.load().root != self._state.root or dict(self._state.dump()) != store.entries():
            self.problems.append(("corrupt", "the state is not what the journal says"))
        check_all(self._state)


def _place(message: Message) -> tuple[object, ...]:
    match message:
        case Vote():
            return ("vote", message.height, message.round, message.ballot)
        case Proposal():
            return ("proposal", message.height, message.round)
        case Seen():
            return ("seen", message.height)
        case _:
            return (type(message).__name__, message.height)
