"""One live node by itself: what it acknowledges, refuses, keeps, tells, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import trio

from intents.auction import Auction
from intents.errors import WalrasError
from node.agreement.timeouts import Timeouts
from node.catchup.messages import Install
from node.chain import app as chain_app
from node.chain.blocks import Phase, decode_block
from node.chain.genesis import build
from node.chain.items import item_id
from node.embedded.errors import Stopped, TooBusy
from node.embedded.recovery import verified
from node.history.rebuilding import mend
from node.history.store import HistoryStore
from node.live import submitting as module
from node.live.errors import LostStore, TooFast, WrongRole
from node.live.opening import open_live
from node.live.settings import LiveSettings, Rates
from node.served import BlockDecided, ItemsTaken, Role
from node.storage.errors import DiskFailed
from node.storage.store import Store
from settlement.solution import Solution
from tests.live_nodes import Minter, genesis, settings, until

ONE = genesis(1)
SLOW = Timeouts(window_ms=(3_600_000, 1000, 1000))


def alone(folder: Path, **more: Any) -> LiveSettings:
    return settings(folder, ONE, 0, transport=None, history=folder / "history.sqlite", **more)


async def test_what_is_acknowledged_is_on_disk_and_there_after_a_restart(tmp_path: Path) -> None:
    """Acknowledged again when it is handed in again, gossiped by nobody."""
    item, *others = Minter(ONE).items(20, 1)
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        assert await node.submit(item) == item_id(item)
        async with trio.open_nursery() as users:
            for other in others:
                users.start_soon(node.submit, other)
        assert node.status().acknowledged == node.status().waiting == 20
        assert await node.submit(item) == item_id(item)
        assert node.item(item_id(item)) == item
        assert node.status().ready
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        assert {item_id(other) for other in (item, *others)} == set(node.machine.app.waiting[Phase.BATCH])


async def test_many_are_taken_in_at_once_each_by_itself(tmp_path: Path) -> None:
    """What is wrong with one is told in its place; one that is known, or there twice, is acknowledged again."""
    known, *others = Minter(ONE).items(5, 1)
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        await node.submit(known)
        found = await node.submit_all([others[0], b"no item", known, *others, others[1]])
        assert isinstance(found[1], WalrasError)
        expected = [others[0], known, *others, others[1]]
        assert [one for one in found if isinstance(one, bytes)] == [item_id(item) for item in expected]
        assert node.status().waiting == node.counters()["items_submitted"] == 5
        assert set(node._store.items()) == {known, *others}
        assert await node.submit_all([]) == []
        with pytest.raises(WalrasError):
            await node.submit(b"no item")


async def test_items_that_fill_a_batch_are_acknowledged_when_their_block_is_on_disk(tmp_path: Path) -> None:
    """A lone validator decides a full batch in the very turn in which its last item comes: all are taken in."""
    small = replace(ONE, rules=replace(ONE.rules, max_orders=8))
    items = Minter(small).items(12, 1)
    async with (
        open_live(replace(alone(tmp_path, timeouts=SLOW), first=build(small))) as node,
        node.events() as told,
    ):
        assert await node.submit_all(items) == [item_id(item) for item in items]
        decision = node._store.decision(0)
        assert decision is not None
        decided = decode_block(decision.block).items
        assert {*decided, *node._store.items()} == set(items)
        assert len(decided) >= 8
        assert node.counters()["items_submitted"] == 12
        taken = [await told.receive()]
        taken += [told.receive_nowait() for _ in range(told.statistics().current_buffer_used)]
        assert [event.items for event in taken if isinstance(event, ItemsTaken)] == [tuple(map(item_id, items))]


async def test_of_many_at_once_those_without_room_are_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each that is acknowledged is on disk; no other is."""
    for place in (module, chain_app):
        monkeypatch.setattr(place, "MAX_WAITING", 3)
    items = Minter(ONE).items(5, 1)
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        found = await node.submit_all([*items, items[0]])
        assert [type(one) for one in found] == [bytes, bytes, bytes, TooBusy, TooBusy, bytes]
        assert set(node._store.items()) == set(items[:3])


async def test_it_tells_what_happens_and_keeps_its_history(tmp_path: Path) -> None:
    """Blocks in order, with their proposer; the items; and after a restart the same ledger and timeline."""
    items = Minter(ONE).items(8, 1)
    async with open_live(alone(tmp_path)) as node:
        async with node.events() as events:
            for item in items:
                await node.submit(item)
            await until(lambda: node.status().height >= 5, 40)
            told = [events.receive_nowait() for _ in range(events.statistics().current_buffer_used)]
        heights = [event.height for event in told if isinstance(event, BlockDecided)]
        assert heights == list(range(heights[0], heights[0] + len(heights)))
        taken = [event for event in told if isinstance(event, ItemsTaken) and not event.gossiped]
        assert {item for event in taken for item in event.items} == {item_id(item) for item in items}
        assert all(event.proposer == node.machine.key for event in told if isinstance(event, BlockDecided))
        decision = node.decision()
        assert decision is not None
        assert decision.height == node.status().height
    kept = node.status().root
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        assert node.status().root == kept
        assert node.history.auctions(None, 100).rows[-1].intents > 0


async def test_what_a_crash_kept_from_the_history_is_made_up_for_at_the_next_start(tmp_path: Path) -> None:
    """The ledger was ahead of it by some blocks; it has them all again, and goes on without a gap."""
    async with open_live(alone(tmp_path)) as node:
        for item in Minter(ONE).items(8, 1):
            await node.submit(item)
        await until(lambda: node.status().height >= 1, 40)
        node._history.record = lambda *block: None  # type: ignore[method-assign]
        await until(lambda: node.status().height >= 4, 40)
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        history, height = cast(HistoryStore, node.history), node.status().height
        assert [row.height for row in history.blocks(None, 100).rows] == [*reversed(range(height + 1))]
        assert history.auctions(None, 100).rows[-1].filled > 0


def test_a_history_that_cannot_be_made_up_for_says_so(tmp_path: Path) -> None:
    """Where a block is not kept any more; the rest of the node does not depend on it."""
    with HistoryStore(tmp_path / "history.sqlite") as history:
        assert not mend(history, build(ONE), 3, lambda height: None, verified)
        assert mend(history, build(ONE), -1, lambda height: None, verified)
        assert history.height == -1


async def test_a_snapshot_on_disk_is_shown_as_it_is_there(tmp_path: Path) -> None:
    """Though the machine has gone on from it: what a reader is told is never ahead of the disk."""
    there = build(genesis(2))
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
        node._durable([Install(7, cast(Any, None), (), there)])
        assert node.machine.app.state.root != there.root
        assert (node.state, node.status().height, node.decision()) == (there, 7, None)


async def test_a_listener_that_does_not_keep_up_finds_its_channel_closed(tmp_path: Path) -> None:
    """The node waits for nobody."""
    async with open_live(alone(tmp_path, timeouts=SLOW)) as node, node.events(room=2) as events:
        for item in Minter(ONE).items(4, 1):
            await node.submit(item)
        assert len([event async for event in events]) == 2


async def test_what_is_wrong_or_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name: malformed, another network's, over an owner's share, over what can wait, after the end."""
    first, second, third, *_ = Minter(ONE).items(40, 1)
    (foreign,) = Minter(genesis(1, "another")).items(1, 1)
    rates = Rates(owner_per_s=1, owner_burst=2)
    async with open_live(alone(tmp_path, timeouts=SLOW, rates=rates)) as node:
        for wrong in (b"", b"\xff" * 40, foreign, first[:-1] + bytes([first[-1] ^ 1])):
            with pytest.raises(WalrasError):
                await node.submit(wrong)
        items = Minter(ONE).items(49, 1)[::16]
        await node.submit(items[0])
        await node.submit(items[1])
        with pytest.raises(TooFast):
            await node.submit(items[2])
        monkeypatch.setattr(module, "MAX_WAITING", 3)
        await node.submit(second)
        with pytest.raises(TooBusy):
            await node.submit(third)
        assert node.status().waiting == 3
        node.stop()
        with pytest.raises(Stopped):
            await node.submit(third)


async def test_a_failing_disk_ends_the_block_with_its_error(tmp_path: Path) -> None:
    """And what is under way in it; nothing more is acknowledged."""

    async def run() -> None:
        async with open_live(alone(tmp_path, timeouts=SLOW)) as node:
            store = node._store
            store.pragma(f"max_page_count={store.pragma('page_count')}")
            for item in Minter(ONE).items(400, 1):
                await node.submit(item)

    with pytest.raises(DiskFailed):
        await run()
    with Store(alone(tmp_path).store, None) as store:
        assert len(store.items()) < 400


async def test_keys_and_role_go_together(tmp_path: Path) -> None:
    """A validator without its key, a follower with one, a solver without a bond's key: refused before any file."""
    plain = alone(tmp_path)
    for wrong in (
        replace(plain, key=None),
        replace(plain, role=Role.FULL),
        replace(plain, role=Role.SOLVER, key=None, solver=None),
        replace(plain, role=Role.LIGHT, key=None),
    ):
        with pytest.raises(WrongRole):
            async with open_live(wrong):
                pass
    assert not plain.store.exists()


async def test_the_only_validator_does_not_begin_anew_when_its_store_is_gone(tmp_path: Path) -> None:
    """It would contradict what it has said; its operator is told, each time."""
    async with open_live(alone(tmp_path)) as node:
        await until(lambda: node.status().height >= 0, 20)
    for path in tmp_path.glob("node.sqlite*"):
        if path.suffix != ".voted":
            path.unlink()
    for _ in range(2):
        with pytest.raises(LostStore):
            async with open_live(alone(tmp_path)):
                pass


async def test_a_decided_block_that_cannot_be_applied_ends_the_node(tmp_path: Path) -> None:
    """It was valid for a quorum: going on would mean another ledger than everybody's."""
    asked: list[int] = []

    def valid(height: int, block: bytes) -> bool:
        asked.append(height)
        return len(asked) == 1

    async def run() -> None:
        async with open_live(alone(tmp_path)) as node:
            node.machine.app.valid = valid  # type: ignore[method-assign]
            await trio.sleep(20)

    with pytest.raises(RuntimeError, match="not valid here"):
        await run()
    with Store(alone(tmp_path).store, None) as store:
        assert store.height() == -1


async def test_a_solver_that_fails_costs_its_own_auction_alone(tmp_path: Path) -> None:
    """The node goes on, and asks it again."""
    asked: list[int] = []

    async def fail(auction: Auction) -> Sequence[Solution]:
        asked.append(auction.number)
        raise OSError("the solver's own affair")

    async with open_live(alone(tmp_path, solving=fail)) as node:
        for item in Minter(ONE).items(4, 1):
            await node.submit(item)
        await until(lambda: len(asked) >= 2, 40)
        assert node.status().ready
