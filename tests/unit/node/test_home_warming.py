"""A node's own solver, started once the node is ready: what its node has checked it does not check again, and how
it ends is told as it is."""

from __future__ import annotations

import logging
import resource
from collections.abc import Sequence
from pathlib import Path

import pytest
import trio

from intents.auction import AuctionOrder
from intents.codec import intent_id
from intents.intent import Owner, OwnerScheme
from intents.records import replace
from intents.signing import SigningKey
from node.home.warming import AGAIN_S, warm_solver
from settlement.solution import Solution
from solver.spec import parse_spec
from tests.hostile import written
from tests.solver_worlds import auction, pool, swap

ONE = auction([swap(1, "A", 10**6, "B", 9 * 10**5)], [pool("p", "A", 10**12, "B", 10**12)])
OWNER = SigningKey.from_seed(bytes(range(32)))
ENDINGS = {
    "offers": ("return [answer(1)]", 1, ""),
    "has nothing": ("return []", 0, ""),
    "runs on": ("time.sleep(60)", None, "timeout"),
    "fails": ("raise KeyError('no such pool')", None, "crash"),
}


@pytest.mark.parametrize("name", ENDINGS)
async def test_a_warm_solver_ends_in_one_of_three_ways(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers, nothing, or not got through it, which the log has as well: then batches must become smaller."""
    body, offered, logged = ENDINGS[name]
    seconds = 0.5 if name == "runs on" else 5.0
    with caplog.at_level(logging.WARNING, "walras.solver"):
        async with warm_solver(written(tmp_path, body), seconds, tmp_path / "scratch") as solving:
            await solving.warm()
            found = await solving(ONE)
    assert (None if found is None else len(found)) == offered
    assert (f"auction {ONE.number}: {logged}" in caplog.text) == bool(logged)
    assert not any(message.endswith((" ", ":")) for message in caplog.messages)


async def test_a_warm_solver_does_not_check_again_what_its_node_has_checked(tmp_path: Path) -> None:
    """``naive`` asks the law before it answers, and the law refuses an order whose signature is missing."""
    intent = replace(ONE.orders[0].intent, owner=Owner(OwnerScheme.ED25519, OWNER.public))
    unsigned = replace(ONE, orders=(AuctionOrder(intent_id(intent), intent, bytes(64), 10**6),))
    async with warm_solver(parse_spec("naive"), 5.0, tmp_path / "scratch") as solving:
        found = await solving(unsigned)
    assert found is not None
    assert [len(one.fills) for one in found] == [1]


async def test_a_slow_solver_turns_to_the_newest_auction(tmp_path: Path) -> None:
    """Auctions that were over while it was busy are given up: else each answer would be later than the last."""
    found: dict[int, Sequence[Solution] | None] = {}
    async with warm_solver(
        written(tmp_path, "time.sleep(2); return [answer(1)]"), 30.0, tmp_path / "own"
    ) as solving:
        await solving.warm()

        async def ask(number: int) -> None:
            found[number] = await solving(replace(ONE, number=number))

        started = trio.current_time()
        async with trio.open_nursery() as nursery:
            for number in range(1, 7):
                nursery.start_soon(ask, number)
                await trio.sleep(0.05)
        took_s = trio.current_time() - started
    assert [number for number in sorted(found) if found[number]] == [1, 6]
    assert took_s < 3 * 2


async def test_what_was_waited_is_part_of_the_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An auction whose time went by while the one before was solved is not begun."""
    body = "time.sleep(1.5); return [answer(1)]"
    async with warm_solver(written(tmp_path, body), 1.0, tmp_path / "own") as solving:
        await solving.warm()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(solving, ONE)
            await trio.sleep(0.05)
            assert await solving(replace(ONE, number=ONE.number + 1)) is None
    assert f"auction {ONE.number + 1}: busy or starting until it was too late" in caplog.text


async def test_a_solver_that_was_stopped_is_there_for_the_next_auction(tmp_path: Path) -> None:
    """Started at once, not when it is asked again: what starting takes is not taken from its next answer."""
    async with warm_solver(written(tmp_path, "time.sleep(60)"), 0.3, tmp_path / "own") as solving:
        await solving.warm()
        assert await solving(ONE) is None
        with trio.fail_after(30):
            while not solving.running:
                await trio.sleep(0.05)


async def test_a_node_out_of_files_lives_without_its_solver(tmp_path: Path) -> None:
    """Neither the start before an auction nor the one for its answer ends more than that answer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with warm_solver(parse_spec("naive"), 20.0, tmp_path / "own") as solving:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            await solving.warm()
            assert await solving(ONE) is None
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert await solving(replace(ONE, number=ONE.number + 1))


async def test_a_node_does_not_give_its_solver_up_for_good(tmp_path: Path) -> None:
    """After a start that took too long another is tried, once a crowded machine may have room."""
    async with warm_solver(parse_spec("naive"), 1.0, tmp_path / "own") as solving:
        assert solving._hosted.limits.again_s == AGAIN_S > solving._hosted.limits.start_s
