"""Live nodes on loopback: one ledger for all, whoever comes late, comes back or does not belong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from intents.codec import intent_id
from node.catchup.library import Keeping
from node.chain.items import Submission, decode_item
from node.embedded.answering import in_thread
from node.live import wire
from node.live.node import LiveNode
from node.live.opening import open_live
from node.served import BlockDecided, Role
from settlement.ledger.orders import ORDERS
from tests.live_nodes import (
    FAST,
    Minter,
    addresses,
    follower,
    genesis,
    network,
    same_root,
    settings,
    solver_key,
    until,
)

FOUR, ONE = genesis(4), genesis(1)


def filled(node: LiveNode, item: bytes) -> bool:
    submission = decode_item(item)
    assert isinstance(submission, Submission)
    order = node.state.get(ORDERS, intent_id(submission.intent))
    return order is not None and order.filled > 0


async def test_an_intent_given_to_one_of_four_settles_on_all_with_one_root(tmp_path: Path) -> None:
    """Any one: here the last, while the first solves. All see each other, and who is connected with whom."""
    minter = Minter(FOUR)
    items = minter.items(12, 1)
    async with network(tmp_path, FOUR) as nodes:
        await until(lambda: all(node.status().ready for node in nodes))
        for item in items:
            await nodes[3].submit(item)
        await until(lambda: all(any(filled(node, item) for item in items) for node in nodes), 40)
        await until(lambda: same_root(*nodes))
        await until(lambda: all(len(view.neighbours) == 3 for view in nodes[1].peers()))
        assert {view.name for view in nodes[1].peers()} == {f"node-{number}" for number in range(4)}
        assert nodes[0].history.auctions(None, 1).rows[0].intents > 0


async def test_a_validator_that_was_away_catches_up_and_votes_on(tmp_path: Path) -> None:
    """Three go on without it; with it back all four have one root, and two of them with it are a quorum."""
    async with network(tmp_path, FOUR, but=2) as nodes:
        known = addresses(*nodes)
        async with open_live(settings(tmp_path / "2", FOUR, 2, known)) as third:
            async with open_live(settings(tmp_path / "3", FOUR, 3, known)) as fourth:
                await until(lambda: fourth.status().height >= 2, 40)
            await until(lambda: third.status().height >= fourth.status().height + 2, 40)
            async with open_live(settings(tmp_path / "3", FOUR, 3, known)) as back:
                assert back.status().height < third.status().height
                await until(lambda: same_root(*nodes, third, back) and back.status().ready, 40)
                third.stop()
                height = back.status().height
                await until(lambda: back.status().height >= height + 2, 40)


async def test_a_full_node_follows_by_decisions_and_passes_on_what_it_is_given(tmp_path: Path) -> None:
    """It has no vote, and comes late; an intent submitted to it settles."""
    items = Minter(ONE).items(8, 1)
    async with network(tmp_path, ONE) as nodes:
        await until(lambda: nodes[0].status().height >= 3, 40)
        async with open_live(follower(tmp_path / "late", ONE, 9, addresses(*nodes))) as late:
            await until(lambda: late.status().ready and same_root(late, *nodes), 40)
            async with late.events() as events:
                for item in items:
                    await late.submit(item)
                await until(lambda: any(filled(late, item) for item in items), 40)
                kinds = {type(events.receive_nowait()) for _ in range(events.statistics().current_buffer_used)}
                assert BlockDecided in kinds
            assert late.history.blocks(None, 100).rows[-1].height == 0


async def test_whoever_comes_too_late_for_decisions_gets_a_snapshot(tmp_path: Path) -> None:
    """The validator keeps few; the follower's journal begins in the middle, with the same root."""
    keeping = Keeping(snapshot_every=4, keep_decisions=2)
    async with network(tmp_path, ONE, keeping=keeping) as nodes:
        await until(lambda: nodes[0].status().height >= 12, 60)
        async with open_live(follower(tmp_path / "late", ONE, 9, addresses(*nodes), keeping=keeping)) as late:
            await until(lambda: late.status().height >= 12 and same_root(late, *nodes), 60)
            assert late.history.blocks(None, 100).rows[-1].height > 0


async def test_a_solver_without_a_vote_answers_from_afar(tmp_path: Path) -> None:
    """Its seal and what opens it go by gossip; nobody else solves here."""
    items = Minter(ONE).items(8, 1)
    slow = replace(FAST, window_ms=(100, 1500, 400))
    async with network(tmp_path, ONE, timeouts=slow, solver=None, solving=None) as nodes:
        more: dict[str, Any] = {"role": Role.SOLVER, "solver": solver_key(), "solving": in_thread("naive", 0.15)}
        async with open_live(
            follower(tmp_path / "solver", ONE, 9, addresses(*nodes), timeouts=slow, **more)
        ) as solver:
            await until(lambda: solver.status().ready and nodes[0].status().ready, 40)
            for item in items:
                await nodes[0].submit(item)
            await until(lambda: any(filled(nodes[0], item) for item in items), 60)


async def test_a_node_of_another_network_is_refused_and_told_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither side takes anything of the other; both count it, and whoever runs one reads of it once a minute."""
    ours, other = genesis(1), genesis(1, "another")
    async with (
        open_live(settings(tmp_path / "a", ours, 0)) as node,
        open_live(settings(tmp_path / "b", other, 0, addresses(node), seed=b"b" * 32)) as stranger,
    ):
        refused = "hello_network"
        await until(lambda: node.counters().get(refused, 0) > 0 and stranger.counters().get(refused, 0) > 0)
        assert node.status().peers == stranger.status().peers == 0
        await until(lambda: node.counters().get("p2p_banned", 0) > 0)
    told = [record.getMessage() for record in caplog.records if record.name == "node.live.greeting"]
    assert len(told) == 2
    assert all(line.endswith("is of another network") for line in told)


async def test_a_validator_whose_store_is_gone_watches_before_it_votes(tmp_path: Path) -> None:
    """It may have voted: it says nothing until the others are past whatever it can have said."""
    async with network(tmp_path, FOUR, but=1) as nodes:
        mine = settings(tmp_path / "3", FOUR, 3, addresses(*nodes))
        async with open_live(mine) as fourth:
            await until(lambda: fourth.status().height >= 2, 40)
            assert fourth.machine.agreement.me == 3
        for path in mine.store.parent.glob("node.sqlite*"):
            if path.suffix != ".voted":
                path.unlink()
        async with open_live(mine) as back:
            assert back.machine.agreement.me is None
            assert not back.status().ready
            await until(lambda: back.machine.agreement.me == 3, 60)
            assert back.status().height >= 2
            await until(lambda: not mine.store.with_name("node.sqlite.lost").exists(), 40)


@pytest.mark.parametrize("alone", [True, False])
async def test_without_a_quorum_it_says_so(tmp_path: Path, alone: bool) -> None:
    """A validator by itself is not ready where others should be; where it is all there are, it is."""
    made = genesis(1 if alone else 4)
    async with open_live(settings(tmp_path, made, 0)) as node:
        await trio.sleep(0.05)
        assert node.status().ready is alone
        assert ("too few" in node.status().trouble) is not alone


async def test_a_block_too_long_to_be_sent_unasked_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both validators of two are needed, so what one proposes the other has read; the follower has read it too."""
    monkeypatch.setattr(wire, "MAX_PUSHED_BYTES", wire.MAX_SENT_BYTES)
    made = genesis(2)
    items = Minter(made).items(320, 1)
    slow = replace(FAST, window_ms=(3_000, 100, 100), early=False)
    async with (
        network(tmp_path, made, timeouts=slow) as nodes,
        open_live(follower(tmp_path / "full", made, 9, addresses(nodes[0]), timeouts=slow)) as full,
    ):
        await until(lambda: all(node.status().ready for node in (*nodes, full)))
        async with trio.open_nursery() as users:
            for item in items:
                users.start_soon(nodes[1].submit, item)
        await until(lambda: all(len(node.state.rows(ORDERS)) == 320 for node in (*nodes, full)), 60)
        decisions = map(nodes[0]._store.decision, range(nodes[0].status().height + 1))
        assert max(len(found.block) for found in decisions if found is not None) > wire.MAX_SENT_BYTES
        assert any(node.counters().get("fetched", 0) > 0 for node in nodes)
        assert full.counters().get("fetched", 0) > 0


async def test_what_a_validator_has_seen_of_a_large_batch_is_fetched_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids of thousands of items are more than is sent unasked, and without them nobody could propose."""
    for limit in ("MAX_SENT_BYTES", "MAX_PUSHED_BYTES"):
        monkeypatch.setattr(wire, limit, 1_000)
    made = genesis(2)
    items = Minter(made).items(60, 1)
    async with network(tmp_path, made, timeouts=replace(FAST, window_ms=(1_500, 100, 100))) as nodes:
        await until(lambda: all(node.status().ready for node in nodes))
        async with trio.open_nursery() as users:
            for item in items:
                users.start_soon(nodes[1].submit, item)
        await until(lambda: all(len(node.state.rows(ORDERS)) == 60 for node in nodes), 60)
