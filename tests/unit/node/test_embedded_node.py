"""The single node: what it acknowledges is on disk, a failing disk ends it, a restart says nothing new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
import trio

from benchmarks.single_node import world
from intents.auction import Auction
from intents.errors import WalrasError
from intents.signing import SigningKey
from node.agreement.effects import Broadcast, Persist, Sent, SetTimer, Timeout, Timer
from node.agreement.messages import Message, Proposal, Seen, Vote
from node.agreement.timeouts import Timeouts
from node.chain.blocks import Phase
from node.chain.items import item_id
from node.effects import Commit, Effect, Solve
from node.embedded import node as module
from node.embedded.answering import in_thread
from node.embedded.errors import Stopped, TooBusy
from node.embedded.folder import solver_key, validator_key
from node.embedded.groups import MAX_AHEAD
from node.embedded.node import Node, Solving
from node.embedded.performing import Performer, divided, in_order
from node.embedded.recovery import Recovered, recovered
from node.storage.errors import DiskFailed
from node.storage.store import Store
from settlement.ledger.orders import ORDERS
from settlement.solution import Solution

FAST = Timeouts(window_ms=(5, 5, 5))
SLOW = Timeouts(window_ms=(3_600_000, 1000, 1000), early=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world.make(tmp_path / "node")
    return tmp_path / "node"


def opened(folder: Path) -> Store:
    return Store(folder / "node.sqlite", None)


def back(store: Store, folder: Path, timeouts: Timeouts = FAST) -> Recovered:
    return recovered(store, timeouts, validator_key(folder), solver_key(folder))


def items(count: int) -> list[bytes]:
    return world.Minter(Random(1)).items(count, 1)


async def test_what_is_acknowledged_is_on_disk_at_that_moment(folder: Path) -> None:
    """Many at once share few commits; another connection sees them when ``submit`` returns."""
    with opened(folder) as store:
        node = Node(store, back(store, folder, SLOW))
        wanted = items(100)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            async with trio.open_nursery() as users:
                for item in wanted:
                    users.start_soon(node.submit, item)
            with opened(folder) as other:
                assert set(other.item_ids()) == set(map(item_id, wanted))
            assert node.status.acknowledged == 100
            assert node.status.groups < 20
            node.stop()


async def test_it_decides_settles_and_answers_with_its_own_solver(folder: Path) -> None:
    """Auctions follow one another; an intent that can trade does; the store has it all when it stops."""
    with opened(folder) as store:
        node = Node(store, back(store, folder, Timeouts(window_ms=(20, 300, 20))), solving=in_thread("naive", 0.2))
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            for item in items(20):
                await node.submit(item)
            with trio.fail_after(60):
                while not any(order.filled for order in node.machine.app.state.rows(ORDERS).values()):
                    await trio.sleep(0.02)
            node.stop()
        status, waiting = node.status, set(node.machine.app.waiting[Phase.BATCH])
    with opened(folder) as store:
        assert (store.height(), store.load().root) == (status.height, status.root)
        assert waiting <= set(store.item_ids())


async def test_what_is_wrong_or_too_much_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an error that says so; what is refused is not stored."""
    with opened(folder) as store:
        node = Node(store, back(store, folder, SLOW))
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            with pytest.raises(WalrasError):
                await node.submit(b"no item")
            monkeypatch.setattr(module, "MAX_WAITING", 2)
            first, second, third = items(3)
            await node.submit(first)
            await node.submit(first)
            await node.submit(second)
            with pytest.raises(TooBusy):
                await node.submit(third)
            node.stop()
        with pytest.raises(Stopped):
            await node.submit(third)
        assert set(store.item_ids()) == {item_id(first), item_id(second)}


async def test_a_failing_disk_ends_the_node_and_nothing_is_said_after_it(folder: Path) -> None:
    """Those who wait are told that it stopped; no message of the group that failed leaves."""
    said: list[Effect] = []
    with opened(folder) as store:
        node = Node(store, back(store, folder), outside=said.append)
        store.pragma(f"max_page_count={store.pragma('page_count')}")
        outcome: list[str] = []

        async def submit(item: bytes) -> None:
            try:
                await node.submit(item)
                outcome.append("acknowledged")
            except Stopped:
                outcome.append("stopped")

        async def run() -> None:
            with pytest.raises(DiskFailed):
                await node.run()

        async with trio.open_nursery() as nursery:
            for item in items(50):
                nursery.start_soon(submit, item)
            nursery.start_soon(run)
    with opened(folder) as store:
        assert outcome.count("acknowledged") == len(store.items()) == 0
        assert store.height() == -1
    assert not any(isinstance(effect, Broadcast) for effect in said)


class Held:
    """A disk whose writes of blocks wait to be let go, and a machine whose timers are counted."""

    def __init__(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.windows, self.node = Event(), list[int](), node
        write, timed_out = node._groups.performer.write, node.machine.timed_out

        def waiting(effects: Sequence[Any], stale: Sequence[bytes]) -> None:
            if any(isinstance(effect, Commit) for effect in effects):
                assert self.go.wait(20)
            write(effects, stale)

        def counting(timer: Timer) -> list[Effect]:
            if timer.kind is Timeout.WINDOW:
                self.windows.append(timer.height)
            return timed_out(timer)

        monkeypatch.setattr(node._groups.performer, "write", waiting)
        monkeypatch.setattr(node.machine, "timed_out", counting)


async def test_a_window_runs_while_the_block_before_it_goes_to_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk makes no batch longer; what is said still waits for it, and nobody runs away from it."""
    said: list[Effect] = []
    with opened(folder) as store:
        node = Node(store, back(store, folder), outside=said.append)
        held = Held(node, monkeypatch)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            with trio.fail_after(20):
                while 1 not in held.windows:
                    await trio.sleep(0.005)
            await trio.sleep(0.1)
            assert store.height() == -1
            assert max(held.windows) <= MAX_AHEAD
            assert not any(isinstance(effect, Broadcast) and effect.message.height > 0 for effect in said)
            held.go.set()
            with trio.fail_after(20):
                while store.height() < 8:
                    await trio.sleep(0.005)
            node.stop()


async def test_an_auction_is_answered_while_its_block_goes_to_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver's time is not the disk's."""
    asked = trio.Event()

    async def solving(auction: Auction) -> Sequence[Solution]:
        asked.set()
        return []

    with opened(folder) as store:
        with store.group():
            store.keep(tuple(items(8)))
        node = Node(store, back(store, folder), solving=solving)
        held = Held(node, monkeypatch)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            with trio.fail_after(20):
                await asked.wait()
            assert store.height() == -1
            held.go.set()
            node.stop()


async def test_blocks_on_disk_are_told_of_in_order_and_hold_nothing_up(folder: Path) -> None:
    """The one who is told in a thread may take as long as two more blocks; all are told of before the end."""
    go, recorded, told = Event(), list[int](), list[int]()
    with opened(folder) as store:

        def record(commit: Commit) -> None:
            assert go.wait(20)
            recorded.append(commit.height)

        def tell(commit: Commit) -> None:
            assert commit.height in recorded
            told.append(commit.height)

        node = Node(store, back(store, folder), committed=record, told=tell)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            with trio.fail_after(20):
                while store.height() < 2:
                    await trio.sleep(0.005)
            assert told == []
            go.set()
            node.stop()
        assert told == recorded == list(range(store.height() + 1))


async def test_whoever_cannot_be_told_ends_the_node(folder: Path) -> None:
    """As a disk that fails does, with its own error."""
    with opened(folder) as store:

        def record(commit: Commit) -> None:
            raise ValueError("full")

        with trio.fail_after(20), pytest.raises(ValueError, match="full"):
            await Node(store, back(store, folder), committed=record).run()


def test_after_a_crash_at_any_point_of_a_height_the_same_is_said_again(folder: Path) -> None:
    """Byte for byte what the log holds, whatever else is waiting by then; and the height is decided."""
    fresh, said, lives = iter(items(50)), dict[tuple[object, ...], Message](), 0
    height = -1
    while height < 0:
        lives += 1
        assert lives < 20
        with opened(folder) as store:
            found = back(store, folder)
            effects = [*found.effects, *found.machine.submit(next(fresh))]
            if not said:
                effects += found.machine.timed_out(Timer(Timeout.WINDOW, 0, 0))
            for effect in effects:
                if isinstance(effect, Broadcast) and isinstance(effect.message, Vote | Proposal | Seen):
                    assert said.get(_place(effect.message), effect.message) == effect.message
            items_first, (disk, _), *_ = in_order(effects)
            Performer(store).write(items_first[0])
            Performer(store).write(disk)
            for effect in disk:
                for record in effect.records if isinstance(effect, Persist) else ():
                    if isinstance(record, Sent) and isinstance(record.message, Vote | Proposal | Seen):
                        said[_place(record.message)] = record.message
            height = store.height()
    assert (len(said), lives) == (4, 5)


def _place(message: Vote | Proposal | Seen) -> tuple[object, ...]:
    return (type(message), getattr(message, "ballot", None))


async def test_an_answer_lost_with_the_process_is_given_again_and_one_given_is_not(folder: Path) -> None:
    """After BATCH a restart asks for the auction to be solved, unless our seal waits already."""
    with opened(folder) as store:
        machine = back(store, folder).machine
        for item in items(5):
            Performer(store).write(divided(machine.submit(item))[0])
        disk, others = divided(machine.timed_out(Timer(Timeout.WINDOW, 0, 0)))
        assert any(isinstance(effect, Commit) for effect in disk)
        Performer(store).write(disk)
        assert any(isinstance(effect, Solve) for effect in others)
    with opened(folder) as store:
        found = back(store, folder)
        (asked,) = [effect for effect in found.effects if isinstance(effect, Solve)]
        answers = await in_thread("naive", 1.0)(asked.auction)
        Performer(store).write(divided(found.machine.solved(asked.auction.number, answers))[0])
    with opened(folder) as store:
        found = back(store, folder)
        assert not any(isinstance(effect, Solve) for effect in found.effects)
        assert [len(found.machine.app.waiting[phase]) for phase in (Phase.SEAL, Phase.SETTLE)] == [1, 1]


async def past_an_auction(folder: Path, solving: Solving) -> Node:
    """A node that has had an intent, and has ended since, an auction later."""
    with opened(folder) as store:
        node = Node(store, back(store, folder), solving=solving, one_by_one=True)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            await node.submit(items(1)[0])
            with trio.fail_after(60):
                while node.status.height < 5:
                    await trio.sleep(0.01)
            node.stop()
        assert node.status.auction >= 2
    return node


async def test_a_solver_that_finds_nothing_holds_nothing_up(folder: Path) -> None:
    """The auction passes without it."""

    async def nothing(auction: Auction) -> Sequence[Solution]:
        return ()

    node = await past_an_auction(folder, nothing)
    assert set(node.answers) == {"nothing"}
    assert SigningKey.from_seed(world.VALIDATOR).public == validator_key(folder).public


@pytest.mark.parametrize("fails", [True, False])
async def test_how_ones_own_solver_ended_is_counted_and_logged(
    folder: Path, fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """One that raises, or is not done in time: the auction passes, and the log says which it was."""

    async def unable(auction: Auction) -> None:
        if fails:
            raise RuntimeError("no idea")

    node = await past_an_auction(folder, unable)
    assert set(node.answers) == {"out_of_time"}
    said = "the solver failed" if fails else "the solver found nothing in time among 1 intents"
    assert said in caplog.text


async def test_an_answer_that_nobody_takes_any_more_is_counted_and_logged(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A solver that answers after the seals is told from one that never wins."""

    async def late(auction: Auction) -> Sequence[Solution]:
        await trio.sleep(0.5)
        return (Solution("late", 0, {}, (), ()),)

    with opened(folder) as store:
        node = Node(store, back(store, folder), solving=late)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            await node.submit(items(1)[0])
            with trio.fail_after(60):
                while not node.answers:
                    await trio.sleep(0.01)
            node.stop()
    assert set(node.answers) == {"late"}
    assert "the solver's answer came after the seals" in caplog.text


async def test_it_ends_though_it_is_told_things_until_the_last_moment(folder: Path) -> None:
    """What comes while it closes starts no timer any more, and is refused once it has ended."""
    later = SetTimer(Timer(Timeout.PROPOSE, 0, 0), 3_600_000)
    with opened(folder) as store:
        node, told = Node(store, back(store, folder, SLOW)), list[bool]()

        async def tell() -> None:
            try:
                while True:
                    await node.act(lambda: [later])
                    await trio.sleep(0)
            except Stopped:
                told.append(True)

        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            node.stop()
            with trio.fail_after(20):
                async with trio.open_nursery() as tellers:
                    for _ in range(20):
                        tellers.start_soon(tell)
        assert len(told) == 20
