"""A program in JavaScript, written from docs/wire.md, on a live network: it signs, publishes, reads and asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from benchmarks.single_node import world
from intents.codec import intent_id
from intents.intent import IntentId
from node.agreement.messages import block_id
from node.chain.genesis import network_of
from node.chain.items import Submission, decode_item
from node.live.opening import open_live
from settlement.ledger.orders import ORDERS
from tests.js_peer import js_peer
from tests.live_nodes import Minter, addresses, genesis, settings, until

SEED = b"\x07" * 32
ONE = genesis(1)
NETWORK = network_of(ONE)
#: Of the world's first owner, at a price that its pool betters.
ORDER: dict[str, Any] = {
    "seed": "01" * 32,
    "nonce": 77,
    "give": ["AAA", str(world.WHOLE)],
    "want": ["BBB", str(world.WHOLE // 4)],
}


async def test_an_intent_signed_in_javascript_is_batched(tmp_path: Path) -> None:
    """And it reads, with its own decoder, an intent that a Walras node gossips, and where nodes say they are."""
    async with (
        open_live(settings(tmp_path, ONE, 0)) as node,
        js_peer(NETWORK.hex(), SEED) as js,
    ):
        await js.ask("dial", address=addresses(node)[0])
        heard = await js.event(lambda event: event["event"] == "hello")
        assert (heard["network"], heard["role"], heard["name"]) == (NETWORK.hex(), 0, "node-0")
        made = await js.ask("intent", **ORDER)
        with trio.fail_after(10):
            while not await js.ask("mesh"):
                await trio.sleep(0.1)
        assert await js.ask("publish", items=[made["item"]]) == 1
        number = IntentId(bytes.fromhex(made["id"]))
        await until(lambda: node.state.get(ORDERS, number) is not None, 30)
        (item,) = Minter(ONE).items(1, node.status().auction)
        await node.submit(item)
        submission = decode_item(item)
        assert isinstance(submission, Submission)
        ours = intent_id(submission.intent).hex()
        got = await js.event(
            lambda event: event["event"] == "items" and any(found.get("id") == ours for found in event["items"])
        )
        assert {found["kind"] for found in got["items"] if found.get("id") == ours} == {"intent"}
        told = await js.event(lambda event: event["event"] == "presence")
        assert (told["name"], told["role"]) == ("node-0", 0)


async def test_it_is_told_decisions_it_asks_for_and_refused_on_another_network(tmp_path: Path) -> None:
    """By its status as one that is behind, and by height; blocks have the ids it works out itself."""
    async with (
        open_live(settings(tmp_path, ONE, 0)) as node,
        js_peer(NETWORK.hex(), SEED) as js,
    ):
        peer = await js.ask("dial", address=addresses(node)[0])
        answer = await js.ask("hello", peer=peer)
        assert (answer["version"], answer["role"], answer["name"]) == (1, 0, "node-0")
        await until(lambda: node.status().height >= 3)
        assert await js.ask("status", peer=peer, height=1) == ""
        decided = await js.event(lambda event: event.get("message") == "decision" and event["height"] == 1)
        found = node.decision()
        assert found is not None
        assert decided["votes"] == 1
        height = found.height
        assert await js.ask("want_body", peer=peer, height=height, block=block_id(found.block).hex()) == ""
        told = await js.event(lambda event: event.get("message") == "decision" and event["height"] == height)
        assert told["id"] == block_id(found.block).hex()
        assert await js.ask("hello", peer=peer, to="00" * 32) == {"refused": "network"}
