"""Answers over a node at work: intents in and followed, pages, proofs that hold, receipts that verify."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import coincurve
import pytest
import trio

from benchmarks.single_node import world
from intents.codec import INTENT, intent_id
from intents.eip712 import address_of, intent_digest
from intents.intent import Intent, Owner, OwnerScheme
from intents.records import replace
from intents.signing import SigningKey, sign_intent, verify_ed25519
from node.api.context import ASKING
from node.chain.items import Submission, decode_item, encode_item
from settlement.ledger.transactions import Cancel, Transaction, Transfer, encode_transaction
from tests.unit.node.api.desk import FAST, Desk, opened

OWNER = "0x00" + world.OWNERS[1].public.hex()


def an_intent() -> Intent:
    item = decode_item(world.Minter(Random(5)).item(3))
    assert isinstance(item, Submission)
    return item.intent


async def submitted(desk: Desk, count: int) -> list[str]:
    items = ["0x" + desk.item().hex() for _ in range(count)]
    answer = await desk.writer.post("/v1/intents/batch", json={"items": items})
    return [result["id"] for result in answer.json()["results"]]


async def pages(desk: Desk, path: str, rows: str, cursor: str, limit: int) -> list[dict[str, Any]]:
    """All of them, a page at a time."""
    found: list[dict[str, Any]] = []
    following: object = ""
    while following is not None:
        more = f"&{cursor}={following}" if following != "" else ""
        page = (await desk.client.get(f"{path}limit={limit}{more}")).json()
        assert len(page[rows]) <= limit
        found += page[rows]
        following = page["next"]
    return found


async def test_an_intent_goes_in_in_any_form_once() -> None:
    """As bytes or as JSON it is the same intent: the first time 202, then 200, and one item on disk."""
    async with opened() as desk:
        key = SigningKey.generate()
        intent = replace(an_intent(), owner=Owner(OwnerScheme.ED25519, key.public))
        signature = sign_intent(key, intent)
        as_json = {"intent": INTENT.to_json(intent), "signature": "0x" + signature.hex()}
        as_bytes = {"item": "0x" + encode_item(Submission(intent, signature)).hex()}
        first = await desk.writer.post("/v1/intents", json=as_json)
        again = [await desk.writer.post("/v1/intents", json=body) for body in (as_json, as_bytes, as_json)]
        assert (first.status_code, [answer.status_code for answer in again]) == (202, [200] * 3)
        assert all(answer.json() == first.json() for answer in again)
        assert first.json()["id"] == "0x" + intent_id(intent).hex()
        assert first.json()["state"] == "received"
        assert len(desk.stored()) == 1
        for number in (first.json()["id"], first.json()["item"]):
            life = (await desk.client.get(f"/v1/intents/{number}")).json()
            assert (life["intent"], life["state"]) == (first.json()["id"], "received")
            assert life["owner"] == "0x00" + key.public.hex()
        why = (await desk.client.get(f"/v1/intents/{first.json()['id']}/explain")).json()
        assert (why["state"], why["code"]) == ("received", "")
        assert "waits" in why["why"]


async def test_an_ethereum_wallets_intent_is_taken() -> None:
    """Signed over EIP-712 typed data; the same with another's signature is refused."""
    async with opened() as desk:
        wallet, other = coincurve.PrivateKey(b"\1" * 32), coincurve.PrivateKey(b"\2" * 32)
        address = address_of(wallet.public_key.format(compressed=False))
        intent = replace(an_intent(), owner=Owner(OwnerScheme.EIP712, address))
        for signer, status in ((other, 422), (wallet, 202)):
            signed = bytearray(signer.sign_recoverable(intent_digest(intent), hasher=None))
            signed[64] += 27
            body = {"intent": INTENT.to_json(intent), "signature": "0x" + signed.hex()}
            answer = await desk.writer.post("/v1/intents", json=body)
            assert answer.status_code == status, answer.text
        assert answer.json()["id"] == "0x" + intent_id(intent).hex()


async def test_an_intent_is_followed_to_its_trade() -> None:
    """Steps in order up to its trade; the auction tells the same trade; the receipt of it verifies offline."""
    async with opened(FAST) as desk:
        numbers = await submitted(desk, 30)
        await desk.until(8)
        lives = [(await desk.client.get(f"/v1/intents/{number}")).json() for number in numbers]
        traded = [life for life in lives if life["trades"]]
        assert traded
        for life in traded:
            states = [step["state"] for step in life["steps"]]
            assert states[:2] == ["checked", "batched"]
            for trade in life["trades"]:
                auction = (await desk.client.get(f"/v1/auctions/{trade['auction']}")).json()
                same = [row for row in auction["trades"] if row["intent"] == life["intent"]]
                assert [(row["gave"], row["got"]) for row in same] == [
                    (trade["trade"]["gave"], trade["trade"]["got"])
                ]
            assert int(life["gave"]) == sum(int(trade["trade"]["gave"]) for trade in life["trades"])
        left = [life for life in lives if life["missed"]]
        assert left
        why = (await desk.client.get(f"/v1/intents/{left[0]['intent']}/explain")).json()
        if why["auction"] is not None:
            assert why["code"]
            assert why["why"]


async def test_a_receipt_verifies_and_says_what_the_auction_says(tmp_path: Path) -> None:
    """With ``walras auction verify``, which knows nothing of the node."""
    async with opened(FAST) as desk:
        await submitted(desk, 10)
        await desk.until(8)
        rows = (await desk.client.get("/v1/auctions")).json()["auctions"]
        row = next(row for row in rows if row["filled"])
        receipt = await desk.client.get(f"/v1/auctions/{row['number']}/receipt")
        assert receipt.headers["content-type"] == "application/json"
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt.content)
    command = [
        sys.executable,
        "-c",
        "from node.cli.main import main; main()",
        "auction",
        "verify",
        str(file),
        "--json",
    ]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["ok"], told["orders_settled"]) == (True, row["filled"])
    file.write_bytes(receipt.content.replace(b'"solver"', b'"folver"'))
    assert subprocess.run(command, capture_output=True, timeout=60).returncode != 0


async def test_pages_hold_every_row_once() -> None:
    """Forward through blocks, auctions and an owner's intents, in small pages and in one."""
    async with opened(FAST) as desk:
        await submitted(desk, 40)
        await desk.until(12)
        whole = (await desk.client.get("/v1/blocks?before=12&limit=200")).json()
        assert whole["next"] is None
        blocks = [block["height"] for block in whole["blocks"]]
        small: list[int] = []
        before: int | None = 12
        while before is not None:
            page = (await desk.client.get("/v1/blocks", params={"before": before, "limit": 5})).json()
            small += [block["height"] for block in page["blocks"]]
            before = page["next"]
        assert blocks == small == list(range(11, -1, -1))
        auctions = await pages(desk, "/v1/auctions?", "auctions", "before", 1)
        assert [row["number"] for row in auctions] == list(range(auctions[0]["number"], 0, -1))
        once = await pages(desk, f"/v1/intents?owner={OWNER}&", "intents", "cursor", 200)
        parts = await pages(desk, f"/v1/intents?owner={OWNER}&", "intents", "cursor", 1)
        assert [row["intent"] for row in once] == [row["intent"] for row in parts]
        assert len({row["intent"] for row in parts}) == len(parts) >= 2
        key = "ed25519:" + OWNER[4:]
        assert len((await desk.client.get("/v1/intents", params={"owner": key})).json()["intents"]) == len(parts)


async def test_an_account_and_the_transactions_it_signs() -> None:
    """Its nonce is that of its next transaction; handed in again the same answer; afterwards it is past."""
    async with opened(FAST) as desk:
        key, other = world.OWNERS[3], world.OWNERS[4]
        path = "/v1/accounts/0x00" + key.public.hex()
        before = (await desk.client.get(path)).json()
        assert before["nonce"] == 0
        signed = transaction(desk, key, before["nonce"], Transfer(b"\0" + other.public, world.A, 77))
        verify_ed25519(key.public, signed.signed(desk.node.network), signed.signature, "test")
        body = {"item": "0x" + encode_item(signed).hex()}
        assert (await desk.writer.post("/v1/transactions", json=body)).status_code == 202
        height = desk.node.status().height
        await desk.until(height + 4)
        after = (await desk.client.get(path)).json()
        held = {row["asset"]: int(row["amount"]) for row in before["balances"]}
        assert {row["asset"]: int(row["amount"]) for row in after["balances"]} == {**held, "AAA": held["AAA"] - 77}
        assert after["nonce"] == 1
        again = await desk.writer.post("/v1/transactions", json=body)
        assert (again.status_code, again.json()["state"]) == (200, "past")
        empty = (await desk.client.get("/v1/accounts/ed25519:" + "ab" * 32)).json()
        assert (empty["balances"], empty["bond"], empty["nonce"], empty["open"]) == ([], "0", 0, 0)
        assert encode_transaction(signed)


async def test_a_cancelled_intent_is_seen_to_be() -> None:
    """Its life ends with the step; the explanation says so."""
    async with opened(FAST) as desk:
        key = world.OWNERS[2]
        intent = replace(
            an_intent(), owner=Owner(OwnerScheme.ED25519, key.public), valid_from=10**6, valid_to=10**7
        )
        body = {"intent": INTENT.to_json(intent), "signature": "0x" + sign_intent(key, intent).hex()}
        number = (await desk.writer.post("/v1/intents", json=body)).json()["id"]
        await desk.until(desk.node.status().height + 4)
        assert (await desk.client.get(f"/v1/intents/{number}")).json()["state"] == "checked"
        cancel = transaction(desk, key, 0, Cancel((intent_id(intent),)))
        await desk.writer.post("/v1/transactions", json={"item": "0x" + encode_item(cancel).hex()})
        await desk.until(desk.node.status().height + 4)
        life = (await desk.client.get(f"/v1/intents/{number}")).json()
        assert life["state"] == "cancelled"
        assert life["steps"][-1]["state"] == "cancelled"
        again = await desk.writer.post("/v1/intents", json=body)
        assert (again.status_code, again.json()["state"]) == (200, "cancelled")
        why = (await desk.client.get(f"/v1/intents/{number}/explain")).json()
        assert "cancelled" in why["why"]


def transaction(desk: Desk, key: SigningKey, nonce: int, action: Any) -> Transaction:
    unsigned = Transaction(key.public, nonce, action)
    return replace(unsigned, signature=key.sign(unsigned.signed(desk.node.network)))


async def test_the_network_its_assets_venues_and_solvers() -> None:
    """As the genesis has them."""
    async with opened() as desk:
        network = (await desk.client.get("/v1/network")).json()
        assert network["network"] == (await desk.client.get("/v1/status")).json()["network"]
        assert network["rules"]["mechanism"] == "exact"
        assert network["rules"]["max_orders"] == 64
        assert [solver["name"] for solver in network["solvers"]] == ["solver"]
        assert [solver["bond"] for solver in network["solvers"]] == [str(world.BOND)]
        own = {"key": "0x" + world.genesis().validators[0].key.hex(), "name": "desk", "power": 1}
        assert network["validators"] == [own]
        assets = (await desk.client.get("/v1/assets")).json()
        assert assets["numeraire"] == "AAA"
        assert [(row["id"], row["price"], row["reference_price"]) for row in assets["assets"]] == [
            ("AAA", str(10**18), str(10**18)),
            ("BBB", str(2 * 10**18), str(2 * 10**18)),
        ]
        venues = (await desk.client.get("/v1/venues")).json()
        assert [venue["id"] for venue in venues["venues"]] == ["pool"]
        assert (await desk.client.get("/v1/venues?after=pool")).json() == {"venues": [], "next": None}


async def test_health_follows_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready or 503 with the reason; live in any case."""
    async with opened() as desk:
        assert (await desk.client.get("/health/ready")).json() == {"ready": True, "trouble": ""}
        status = replace(desk.node.status(), ready=False, trouble="behind by 12 blocks")
        monkeypatch.setattr(desk.node, "status", lambda: status)
        answer = await desk.client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "trouble": "behind by 12 blocks"})
        assert (await desk.client.get("/health/live")).json() == {"live": True}


async def test_who_hands_in_never_waits_for_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more questions under way than are worked out at once, short ones and writes are answered."""
    async with opened() as desk:
        go_on = threading.Event()

        def slow(number: int) -> None:
            go_on.wait(60)

        monkeypatch.setattr(desk.node.history, "auction", slow)
        async with trio.open_nursery() as nursery:
            for _ in range(2 * ASKING):
                nursery.start_soon(partial(desk.client.get, "/v1/auctions/1", timeout=60))
            await trio.sleep(0.1)
            body = {"item": "0x" + desk.item().hex()}
            assert (await desk.writer.post("/v1/intents", json=body)).status_code == 202
            for path in ("/v1/auctions", "/v1/blocks", "/v1/status", f"/v1/intents?owner={OWNER}"):
                assert (await desk.client.get(path)).status_code == 200
            go_on.set()
