"""The full nodes that a light client asks, over their HTTP interface, and what it thinks of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import trio

from intents.errors import InputError, WalrasError
from intents.fields import Fields, hex_bytes
from node.catchup.messages import Checkpoint
from node.catchup.wire import MAX_LINKS, MAX_PEER_BYTES, decode_checkpoint
from node.client.node_client import NodeClient
from node.light.errors import LyingNode
from settlement.ledger.state import Table

T = TypeVar("T")
#: Requests under way at once, to all of them together.
_AT_ONCE: Final = 16


@dataclass(eq=False)
class Source:
    """``failures`` in a row; ``barred`` says what it lied about; ``height`` is of the newest header it gave."""

    client: NodeClient
    failures: int = 0
    height: int = -1
    barred: str = ""
    trouble: str = ""

    @property
    def url(self) -> str:
        return self.client.url

    def failed(self, error: WalrasError) -> None:
        """A lie is remembered for good; a failure only moves it behind the others."""
        self.failures += 1
        self.trouble = str(error)
        if isinstance(error, LyingNode):
            self.barred = str(error)

    def answered(self, height: int) -> None:
        self.failures, self.trouble, self.height = 0, "", max(self.height, height)


@dataclass(eq=False)
class Sources:
    """All of them. Answers are read in threads, as many at once as ``_AT_ONCE``."""

    every: Sequence[Source]
    limiter: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(_AT_ONCE))

    def ranked(self) -> list[Source]:
        """Those not caught lying; who answers comes first, then who is ahead."""
        found = [source for source in self.every if not source.barred]
        return sorted(found, key=lambda source: (source.failures, -source.height))

    async def checkpoints(self, source: Source, after: int) -> tuple[list[Checkpoint], bool]:
        """A page that leads on from ``after``, and whether there is more. Raises a ``WalrasError``."""
        query = {} if after < 0 else {"after": after}
        return checkpoints_in(await self._get(lambda: source.client.get("/v1/checkpoints", **query)), source.url)

    async def proof(self, source: Source, table: Table[Any, Any], key: object) -> Fields:
        """What it says of an entry, with its proof. Raises a ``WalrasError``."""
        text = json.dumps(table.key.to_json(key), separators=(",", ":"))
        return await self._get(lambda: source.client.get("/v1/proofs", table=table.name, key=text))

    async def _get(self, ask: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(ask, abandon_on_cancel=True, limiter=self.limiter)


def checkpoints_in(answer: Fields, url: str) -> tuple[list[Checkpoint], bool]:
    """A page of headers, and whether there is more. Raises ``LyingNode`` where it is malformed."""
    try:
        found = [_checkpoint(item, where) for item, where in answer.items("checkpoints", limit=MAX_LINKS + 1)]
        return found, answer.flag("more")
    except InputError as error:
        raise LyingNode(url, f"its answer is malformed ({error})") from error


def _checkpoint(item: object, where: str) -> Checkpoint:
    return decode_checkpoint(hex_bytes(item, where, limit=MAX_PEER_BYTES), where)
