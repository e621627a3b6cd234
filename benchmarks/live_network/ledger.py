"""What became of acknowledged intents: from the nodes' auctions while they run, from their stores afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from node.chain.blocks import decode_block
from node.chain.items import item_id
from node.embedded.folder import STORE
from node.livedemo.desk import Endpoint
from node.storage.store import Store


@dataclass(frozen=True, slots=True)
class Auction:
    """A settled auction: when the node had it on disk (Unix milliseconds), and which intents traded in it."""

    number: int
    intents: int
    filled: int
    at_ms: int
    winners: tuple[str, ...]
    traded: frozenset[bytes]


def auctions_since(endpoint: Endpoint, first: int) -> list[Auction]:
    """All that have settled from auction ``first`` on, the oldest first, each with its trades."""
    rows: list[Mapping[str, Any]] = []
    with httpx.Client(timeout=60, trust_env=False) as client:
        before = ""
        while not rows or rows[-1]["number"] > first:
            page = _read(client, f"{endpoint.url}/v1/auctions?limit=50{before}")["auctions"]
            rows += [row for row in page if row["number"] >= first]
            if len(page) < 50:
                break
            before = f"&before={page[-1]['number']}"
        return [_auction(client, endpoint, row) for row in sorted(rows, key=lambda row: row["number"])]


def _auction(client: httpx.Client, endpoint: Endpoint, row: Mapping[str, Any]) -> Auction:
    detail = _read(client, f"{endpoint.url}/v1/auctions/{row['number']}")
    traded = frozenset(bytes.fromhex(trade["intent"][2:]) for trade in detail["trades"])
    return Auction(row["number"], row["intents"], row["filled"], row["at_ms"], tuple(row["winners"]), traded)


def _read(client: httpx.Client, url: str) -> Mapping[str, Any]:
    answer = client.get(url)
    answer.raise_for_status()
    found: Mapping[str, Any] = answer.json()
    return found


@dataclass(frozen=True, slots=True)
class Stored:
    """What a node's disk has: the height, its root, and the ids of all items that are decided or wait."""

    height: int
    root: bytes
    decided: frozenset[bytes]
    waiting: frozenset[bytes]

    def lost(self, items: Iterable[bytes]) -> list[bytes]:
        """Those of ``items`` that are neither."""
        ids = {item_id(item) for item in items}
        return sorted(ids - self.decided - self.waiting)


def stored(home: Path, scratch: Path) -> Stored:
    """Read a copy of a node's store, whether it was stopped or killed."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for suffix in ("", "-wal", "-mark"):
        path = home / (STORE + suffix)
        if path.exists():
            shutil.copyfile(path, scratch / path.name)
    with Store(scratch / STORE, None) as store:
        height, decided = store.height(), set[bytes]()
        for number in range(height, -1, -1):
            decision = store.decision(number)
            if decision is None:
                break
            decided.update(item_id(item) for item in decode_block(decision.block).items)
        return Stored(height, store.load().root, frozenset(decided), frozenset(store.item_ids()))
