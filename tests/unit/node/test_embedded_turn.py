"""Turns at a machine: one at a time, what others wait for before items, and items in the end."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
import trio.testing

from node.chain.blocks import Phase
from node.embedded.errors import Stopped
from node.embedded.node import LONG_ITEMS, Node
from node.embedded.turn import PASSING, Turn


async def turns(turn: Turn, wanted: list[tuple[str, bool]], order: list[str]) -> None:
    """Have all of them wait for a turn, in their order, while somebody has it; then let them."""

    async def take(name: str, patient: bool) -> None:
        async with turn.mine(patient=patient):
            order.append(name)
            await trio.lowlevel.checkpoint()
            order.append(f"{name} done")

    async with trio.open_nursery() as nursery, turn.mine():
        for name, patient in wanted:
            nursery.start_soon(take, name, patient)
            await trio.testing.wait_all_tasks_blocked()


async def test_those_that_hurry_go_first_and_each_kind_in_its_order() -> None:
    """Whatever came before them; never two at once."""
    order: list[str] = []
    await turns(Turn(), [("a", True), ("b", True), ("c", False), ("d", False)], order)
    assert order == [f"{name}{part}" for name in "cdab" for part in ("", " done")]


async def test_the_patient_have_their_turn_though_others_keep_coming() -> None:
    """One after so many that went before it."""
    order: list[str] = []
    await turns(Turn(), [("p", True), ("q", True), *((str(n), False) for n in range(3 * PASSING))], order)
    assert order.index("p") == 2 * PASSING
    assert order.index("q") == 2 * (2 * PASSING + 1)


async def test_a_turn_outlives_failures_and_those_who_stop_waiting() -> None:
    """One who fails in it, or is cancelled while waiting for it, leaves it to the others."""
    turn = Turn()
    with pytest.raises(KeyError):
        async with turn.mine():
            raise KeyError
    async with turn.mine():
        for patient in (True, False):
            with trio.move_on_after(0.01) as scope:
                async with turn.mine(patient=patient):
                    raise AssertionError("two at once")
            assert scope.cancelled_caught
    async with turn.mine(patient=True):
        pass


@pytest.mark.parametrize(("missing", "order"), [(set[bytes](), "vote, item"), ({b"1"}, "item, vote")])
async def test_a_node_hears_votes_before_items_it_does_not_wait_for(missing: set[bytes], order: str) -> None:
    """However many items came first; those a proposal waits for are as urgent as a vote."""
    app = SimpleNamespace(missing=missing, waiting={}, height=0)
    node = cast(Any, Node.__new__(Node))
    node._turn, node._ended, node._aside, node._acted = Turn(), False, False, None
    node.machine, node.event = SimpleNamespace(app=app), lambda effects: None
    heard: list[str] = []

    async def act(name: str, items: bool) -> None:
        def work() -> tuple[()]:
            heard.append(name)
            return ()

        await node.act(work, items=items)

    async with trio.open_nursery() as nursery, node._turn.mine():
        nursery.start_soon(act, "item", True)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(act, "vote", False)
        await trio.testing.wait_all_tasks_blocked()
    assert ", ".join(heard) == order


async def test_a_node_that_had_its_time_to_stop_waits_for_no_work() -> None:
    """Until then work goes on though nobody waits for it any more, and those whose turn is next wait for it."""
    app = SimpleNamespace(missing=set(), waiting={Phase.BATCH: range(LONG_ITEMS + 1)}, height=-1)
    node = cast(Any, Node.__new__(Node))
    node._turn, node._ended, node._aside, node._acted = Turn(), False, True, None
    node.machine = SimpleNamespace(app=app, agreement=SimpleNamespace(bodies={}))
    node._working, node.event = trio.CancelScope(), lambda effects: effects
    go_on, under_way = threading.Event(), threading.Event()

    def work() -> tuple[()]:
        under_way.set()
        assert go_on.wait(60)
        return ()

    waiting = trio.CancelScope()

    async def cancelled() -> None:
        with waiting:
            await node.act(work)

    async def stopped() -> None:
        with pytest.raises(Stopped):
            await node.act(work)

    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(cancelled)
            await trio.to_thread.run_sync(under_way.wait)
            waiting.cancel()
            under_way.clear()
            nursery.start_soon(node.act, work)
            await trio.testing.wait_all_tasks_blocked()
            assert not under_way.is_set()
            go_on.set()
            await trio.to_thread.run_sync(under_way.wait)
        assert await node.act(lambda: ()) == ()
        under_way.clear()
        go_on.clear()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stopped)
            await trio.to_thread.run_sync(under_way.wait)
            node.abandon()
        go_on.set()
        await stopped()
